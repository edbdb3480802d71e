import type { ActionName } from "../core/action.ts";

/** What a whole pipeline may ask for, whoever carries it out: the repair after a failure, a release, an announcement. */
export const PIPELINE_ACTIONS: readonly ActionName[] = [
  "git.commit",
  "git.push",
  "pr.open",
  "release.tag",
  "forge.release",
  "package.publish",
  "announce.post",
  "webhook.send",
  "secret.read",
  "model.ask",
];
