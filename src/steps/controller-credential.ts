import { JENKINS_CREDENTIAL, JENKINS_TOKEN } from "../org/controller.ts";
import type { CredentialNeed } from "./definition.ts";

/** For steps whose gates may ask people in Jenkins, and for heal, which reads its own build's log. */
export const CONTROLLER_CREDENTIAL: CredentialNeed = {
  variable: JENKINS_TOKEN,
  credentialsId: JENKINS_CREDENTIAL,
  kind: "usernamePassword",
  summary: "asks Jenkins itself: who approved, what a build logged (a user with Job/Read, and their API token)",
  half: "both",
  optional: true,
};
