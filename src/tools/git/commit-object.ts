import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { writeCandidate } from "./candidate.ts";
import { guardConfig } from "./config-guard.ts";
import type { Person } from "./history.ts";
import { type GitCall, git } from "./run.ts";

/** What a commit says, and of which files it is. */
export interface CommitInput {
  /** Subject, blank line, body. */
  readonly message: string;
  /** Appended as trailers, in order: `{ "Heal-Run": "r-7f3a" }`. Line ends in a value become spaces. */
  readonly trailers?: Readonly<Record<string, string>>;
  /** What to commit, relative to the root; absent: every change, untracked files included. */
  readonly paths?: readonly string[];
  /** The work tree that holds the change; default: the one this repository was opened at. */
  readonly worktree?: string;
  /** Its time, milliseconds since the epoch; now without it. With it, the same input gives the same id. */
  readonly time?: number;
}

/** Whose commits these are, and how git is called. */
export interface Committing {
  readonly author: Person;
  readonly call: GitCall;
}

/** Writes a commit of a tree as an object that nothing names yet; answers its id. */
export async function writeCommit(
  { tree, base }: { readonly tree: string; readonly base: string },
  { message, trailers = {}, time }: Pick<CommitInput, "message" | "trailers" | "time">,
  { author, call }: Committing,
): Promise<Outcome<string>> {
  const at = time === undefined ? undefined : `${Math.floor(time / 1000)} +0000`;
  const made = await git(["commit-tree", tree, "-p", base, "-F", "-"], {
    ...call,
    env: {
      ...identityVariables(author),
      ...(at === undefined ? {} : { GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at }),
    },
    input: messageWith(message, trailers),
    writes: true,
  });
  return made.ok ? succeed(made.value.trim()) : made;
}

/** A commit that is not made yet, and what a gate is asked for it. */
export interface Draft {
  readonly commit: string;
  readonly treeDigest: string;
}

/**
 * The commit that the work tree's change would be on top of `base`: an object that no branch, tag or work tree has, which
 * takes a permit. `commitAll` with the same input, its time included, makes the very same one.
 */
export async function draftCommit(
  worktree: string,
  base: string,
  input: CommitInput & { readonly time: number },
  committing: Committing,
): Promise<Outcome<Draft>> {
  const { call } = committing;
  const guarded = await guardConfig(call);
  if (!guarded.ok) return guarded;
  const candidate = await writeCandidate(worktree, base, { paths: input.paths, keep: true, call });
  if (!candidate.ok) return candidate;
  const { tree, treeDigest } = candidate.value;
  const commit = await writeCommit({ tree, base }, input, committing);
  return commit.ok ? succeed({ commit: commit.value, treeDigest }) : commit;
}

function messageWith(message: string, trailers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(trailers).map(([key, value]) => {
    if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(key)) throw new Error(`not a trailer key: ${key}`);
    return `${key}: ${value.replaceAll(/\s+/g, " ").trim()}`;
  });
  const text = message.replaceAll("\0", "").replaceAll("\r\n", "\n").trim();
  return lines.length === 0 ? `${text}\n` : `${text}\n\n${lines.join("\n")}\n`;
}

/** Author and committer, whatever this machine's git is set up for. */
export function identityVariables({ name, email }: Person): Record<string, string> {
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}
