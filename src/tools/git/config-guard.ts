import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type GitCall, git, nulParts } from "./run.ts";

/**
 * Keys of a repository's own configuration that make git run a program or talk to somewhere else, and that no command
 * line switch turns off for good. Product code can write `.git/config`; the act half must not run what it wrote there.
 * The user's and the machine's configuration are trusted and not looked at.
 */
const DANGEROUS: readonly RegExp[] = [
  /^filter\..*\.(clean|smudge|process)$/,
  /^core\.(sshcommand|gitproxy|askpass|alternaterefscommand)$/,
  /^credential(\..*)?\.helper$/,
  /^remote\..*\.(receivepack|uploadpack|vcs|proxy)$/,
  /^url\..*\.(insteadof|pushinsteadof)$/,
  /^http(\..*)?\.(proxy|sslverify|sslcainfo|sslcapath|cookiefile|curloptresolve)$/,
  /^include(if\..*)?\.path$/,
  /^merge\..*\.driver$/,
  /^ssh\.variant$/,
];

/** What `git lfs install --local` writes; the program is the user's own git-lfs. */
const HARMLESS = new Set([
  "filter.lfs.clean\ngit-lfs clean -- %f",
  "filter.lfs.smudge\ngit-lfs smudge -- %f",
  "filter.lfs.process\ngit-lfs filter-process",
]);

/** Fails when the repository's own configuration would make an acting git command run or reach something of its choice. */
export async function guardConfig(call: GitCall): Promise<Outcome<void>> {
  const listed = await git(["config", "--list", "-z", "--show-scope", "--no-includes"], call);
  if (!listed.ok) return listed;
  const parts = nulParts(listed.value);
  const found = new Set<string>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const scope = parts[at];
    const entry = parts[at + 1] ?? "";
    if (scope !== "local" && scope !== "worktree") continue;
    const key = entry.split("\n", 1)[0] ?? "";
    if (DANGEROUS.some((pattern) => pattern.test(key.toLowerCase())) && !HARMLESS.has(entry)) found.add(key);
  }
  if (found.size === 0) return succeed(undefined);
  const keys = [...found].sort();
  return fail(
    problem(
      "policy",
      "git.config_not_trusted",
      `the repository's own configuration runs a program or reaches another place: ${keys.join(", ")}`,
      {
        next: `if this is yours, set it for your user (git config --global) and remove it here: git config --unset-all ${keys[0]}`,
      },
    ),
  );
}
