import { readFileSync } from "node:fs";
import { fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Session, Workplace } from "../pipeline/session.ts";
import { connectJenkins, type JenkinsConnection } from "../tools/jenkins/connection.ts";

/** The variables that a bound `usernamePassword` credential leaves: the user, and their API token. */
export const JENKINS_TOKEN = "CODEMONKEYS_JENKINS_TOKEN";
export const JENKINS_USER = `${JENKINS_TOKEN}_USER`;
/** Id under which the shared library looks for it. */
export const JENKINS_CREDENTIAL = "codemonkeys-jenkins";

/**
 * The controller that this process runs under, with the token that was bound for it. Its address is the organisation's
 * `jenkins.url`; without one, JENKINS_URL as Jenkins sets it.
 *
 * @param what for the message: what cannot be done without it
 */
export function openController(
  session: Pick<Workplace, "environment" | "redactor" | "signal"> & { readonly product?: Session["product"] },
  what: string,
): Outcome<JenkinsConnection> {
  const { environment, product, redactor, signal } = session;
  const url = product?.config.get("jenkins.url") ?? environment.JENKINS_URL;
  const token = environment[JENKINS_TOKEN];
  const user = environment[JENKINS_USER];
  if (!url) {
    return fail(
      problem("config", "jenkins.no_url", `${what}: this process knows no Jenkins`, {
        next: "set Jenkins' address under Manage Jenkins → System, or jenkins.url in the organisation's configuration",
      }),
    );
  }
  if (!token || !user) {
    return fail(
      problem("secret", "jenkins.no_token", `${what}: no token for ${url} is bound`, {
        next: `add a username-with-password credential '${JENKINS_CREDENTIAL}': a user who may read the job, and their API token`,
      }),
    );
  }
  redactor.add(token);
  const ca = readAuthority(product?.config.get("jenkins.ca_file"));
  return ca.ok ? connectJenkins({ url, user, token, signal, ca: ca.value }) : ca;
}

function readAuthority(path: string | undefined): Outcome<string | undefined> {
  if (path === undefined) return succeed(undefined);
  try {
    return succeed(readFileSync(path, "utf8"));
  } catch (error) {
    return fail(
      problem("config", "jenkins.ca_file", `the certificate authority of Jenkins cannot be read: ${messageOf(error)}`, {
        next: "jenkins.ca_file names a PEM file on the machine that runs this",
      }),
    );
  }
}
