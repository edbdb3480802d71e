import * as z from "zod";

/**
 * Everything this program can do to the world outside its scratch space. Each action has a target: the exact thing it
 * acts on. A permit is bound to the hash of action and target, so the target must name all that a rule's author would
 * care about: which repository, which ref, which bytes. The schema of a target is made when one is judged.
 */
const digest = () => z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in lower-case hex");
const commit = () => z.string().regex(/^[0-9a-f]{40,64}$/, "a full commit id");
const repository = () => z.string().min(1).describe("the repository's identity: its remote URL, else its path");

export const ACTIONS = {
  "git.commit": () => z.object({ repository: repository(), branch: z.string(), base: commit(), tree_digest: digest() }),
  "git.push": () => z.object({ repository: repository(), remote: z.string(), ref: z.string(), commit: commit() }),
  "pr.open": () => z.object({ repository: repository(), branch: z.string(), into: z.string(), commit: commit() }),
  "pr.close": () => z.object({ repository: repository(), number: z.int() }),
  "pr.comment": () => z.object({ repository: repository(), number: z.int(), digest: digest() }),
  "release.tag": () => z.object({ repository: repository(), tag: z.string(), commit: commit() }),
  "forge.release": () =>
    z.object({
      repository: repository(),
      tag: z.string(),
      commit: commit(),
      digest: digest().describe("of the page's notes and files"),
    }),
  "package.publish": () =>
    z.object({
      ecosystem: z.string(),
      registry: z.string().describe("the registry's address as the tool is configured, without credentials"),
      name: z.string(),
      version: z.string(),
      digest: digest(),
    }),
  "package.retract": () =>
    z.object({ ecosystem: z.string(), registry: z.string(), name: z.string(), version: z.string() }),
  "service.deploy": () =>
    z.object({
      environment: z.string(),
      service: z.string(),
      digest: digest(),
      hosts: z.array(z.string()),
      share: z.int().optional().describe("of a canary: percent of the traffic that it gets"),
    }),
  "service.withdraw": () =>
    z.object({
      environment: z.string(),
      service: z.string(),
      digest: digest().describe("of the version that loses its traffic"),
      hosts: z.array(z.string()),
    }),
  "host.provision": () => z.object({ role: z.string(), digest: digest(), hosts: z.array(z.string()) }),
  "infra.apply": () => z.object({ environment: z.string(), plan_digest: digest() }),
  "browser.run": () => z.object({ script_digest: digest(), origins: z.array(z.string()) }),
  "announce.post": () => z.object({ channel: z.string(), to: z.string(), digest: digest(), key: z.string() }),
  "webhook.send": () => z.object({ to: z.string(), digest: digest(), key: z.string() }),
  "secret.read": () => z.object({ names: z.array(z.string()) }),
  "secret.write": () => z.object({ repository: repository(), path: z.string(), names: z.array(z.string()) }),
  "model.ask": () => z.object({ endpoint: z.string(), model: z.string(), prompt_digest: digest() }),
  "repo.create": () =>
    z.object({
      owner: z.string(),
      name: z.string(),
      visibility: z.enum(["private", "internal", "public"]),
    }),
  "files.generate": () => z.object({ repository: repository(), paths: z.array(z.string()), digest: digest() }),
  "ci.trigger": () => z.object({ backend: z.string(), job: z.string(), parameters_digest: digest() }),
  "ci.cancel": () => z.object({ backend: z.string(), job: z.string(), build: z.string() }),
} as const satisfies Record<string, () => z.ZodObject>;

export type ActionName = keyof typeof ACTIONS;
export type Target<A extends ActionName> = z.infer<ReturnType<(typeof ACTIONS)[A]>>;

export const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[];

export function isActionName(name: string): name is ActionName {
  return Object.hasOwn(ACTIONS, name);
}

/** `git.*` covers `git.push`; `*` covers all; else the names must be equal. */
export function actionMatches(pattern: string, action: string): boolean {
  if (pattern === "*") return true;
  if (pattern.endsWith(".*")) return action.startsWith(pattern.slice(0, -1));
  return pattern === action;
}

/** What each action does to the world, for people. */
export const ACTION_MEANINGS: Readonly<Record<ActionName, string>> = {
  "git.commit": "Make a commit on a branch of a product's repository",
  "git.push": "Move a branch or a tag at the remote",
  "pr.open": "Open a pull request",
  "pr.close": "Close a pull request",
  "pr.comment": "Comment on a pull request",
  "forge.release": "Make the GitHub release of a tag, with its notes and files",
  "release.tag": "Make a release's tag",
  "package.publish": "Put one version of a package into a registry",
  "package.retract": "Take a version back: yank, unpublish, deprecate",
  "service.deploy": "Put a service's new version on hosts",
  "service.withdraw": "Take the traffic of a canary back to the version before, which never stopped",
  "host.provision": "Make hosts what a playbook says: packages, files, services",
  "infra.apply": "Carry out an infrastructure plan",
  "browser.run": "Run a browser script against given origins",
  "announce.post": "Tell a release to a channel",
  "webhook.send": "Post to another system",
  "secret.read": "Read secrets into memory",
  "secret.write": "Write encrypted entries into a secrets file of a work tree",
  "model.ask": "Send a prompt to a model",
  "repo.create": "Create a repository",
  "files.generate": "Write generated files into a product's work tree",
  "ci.trigger": "Start a build in CI, or its failed part again",
  "ci.cancel": "Stop a build in CI",
};
