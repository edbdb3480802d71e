import type { Fleet } from "../pipeline/fleet.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that the shared library binds, by the service of an account in fleet.yaml. */
const BOUND: Readonly<Record<string, string>> = {
  github: "GITHUB_TOKEN",
  npm: "NPM_TOKEN",
  pypi: "PYPI_TOKEN",
  crates_io: "CARGO_REGISTRY_TOKEN",
  docker: "DOCKER_TOKEN",
};

/**
 * The environment in which a company's product is worked on. In Jenkins every company has its credentials in a folder of
 * its own under the same ids, so that steps bind them to the same variables; in a job of that folder those are what the
 * company's accounts name by variables of their own. Elsewhere nothing says whose they are, and nothing is changed.
 */
export function companyEnvironment(environment: Environment, fleet: Fleet, company: string): Environment {
  if (!environment.JENKINS_URL || !environment.JOB_NAME?.startsWith(`${company}/`)) return environment;
  const named: Record<string, string> = {};
  for (const [service, { token_env }] of Object.entries(fleet.companies[company]?.accounts ?? {})) {
    const bound = environment[BOUND[service] ?? ""];
    if (token_env !== undefined && bound !== undefined && environment[token_env] === undefined)
      named[token_env] = bound;
  }
  return { ...environment, ...named };
}
