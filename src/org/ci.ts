import { permitOf } from "../constitution/gate.ts";
import type { CiBackend, CiPermits } from "../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { forgeOf } from "../pillars/forge.ts";
import { localBackend } from "../pipeline/local/backend.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import { productRepository } from "../pipeline/session-git.ts";
import type { Build } from "../swarm/builds.ts";
import { githubActionsBackend } from "../tools/github-actions/backend.ts";
import { jenkinsBackend } from "../tools/jenkins/backend.ts";
import { openController } from "./controller.ts";

/** The CI system of the session's product. */
export interface ProductCi {
  readonly backend: CiBackend;
  /** The product's job for a branch. */
  job(branch: string): string;
  /** Pause between two questions about a running build: what the system takes without harm. */
  readonly pollMs: number;
}

const POLL_MS = { local: 300, jenkins: 2_000, "github-actions": 10_000 } as const;

/**
 * Opens the CI system that the configuration names for the product. Every start and stop in it is asked of the session's
 * gate as the pillar `watch`.
 *
 * @param startLocal carries a build of the local backend out
 */
export async function openCi(
  session: Session,
  startLocal: (build: Build) => Promise<Outcome<unknown>>,
): Promise<Outcome<ProductCi>> {
  const product = productOf(session);
  const { config, company, name } = product;
  const gate = session.gate.bound({ pillar: "watch", attempt: 1, trigger: session.trigger });
  const permits: CiPermits = async (action, target) => permitOf(await gate(action, target, {}));
  const pattern = config.get("ci.job");
  const filled = (text: string, branch: string) =>
    text.replaceAll("{company}", company).replaceAll("{product}", name).replaceAll("{branch}", branch);
  const kind = config.get("ci.backend") as CiBackend["name"];
  const pollMs = POLL_MS[kind];
  switch (kind) {
    case "local": {
      const companyOf = (job: string) => (job === name ? company : undefined);
      const backend = localBackend({ swarm: session.swarm, permits, companyOf, start: startLocal });
      return succeed({ backend, job: () => name, pollMs });
    }
    case "jenkins": {
      const jenkins = openController(session, `${name} is built in Jenkins`);
      if (!jenkins.ok) return jenkins;
      const backend = jenkinsBackend({ jenkins: jenkins.value, permits });
      // A branch is one segment of a multibranch job's name, in which Jenkins writes a slash as %2F.
      const job = (branch: string) => filled(pattern ?? "{company}/{product}/{branch}", encodeURIComponent(branch));
      return succeed({ backend, job, pollMs });
    }
    case "github-actions": {
      const git = await productRepository(session);
      if (!git.ok) return git;
      const forge = await forgeOf(session, git.value, "watch");
      if (!forge.ok) return forge;
      if ("missing" in forge.value) {
        return fail(
          problem("config", "ci.no_github", `${name} is built in GitHub Actions, but ${forge.value.missing}`, {
            next: "check the remote, and bind the token of the company's github account in fleet.yaml",
          }),
        );
      }
      const backend = githubActionsBackend({ ...forge.value, permits });
      return succeed({ backend, job: (branch) => filled(pattern ?? "ci.yml@{branch}", branch), pollMs });
    }
  }
}
