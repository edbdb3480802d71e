import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type Change, treeChange } from "./change.ts";
import { guardConfig } from "./config-guard.ts";
import { type GitCall, git } from "./run.ts";

/** A change that could be committed: the tree it would make, and how that differs from its base. */
export interface Candidate {
  /** Full id of the commit it starts from. */
  readonly base: string;
  /** The tree's object id. */
  readonly tree: string;
  /** SHA-256 that names the tree in a `git.commit` target. */
  readonly treeDigest: string;
  readonly change: Change;
}

/** The `tree_digest` of a `git.commit` target: SHA-256 of the tree's object id, in the one digest form targets use. */
export function treeDigestOf(tree: string): string {
  return sha256(`tree ${tree}`);
}

/**
 * The tree that `base` becomes with the work tree's changes to `paths` (all changes, untracked files included, when
 * `paths` is absent). Written with an index of its own, so that neither the person's index nor a lock on it matters;
 * with `keep: false` the objects go to scratch as well and the repository stays untouched.
 */
export async function writeCandidate(
  worktree: string,
  base: string,
  options: { readonly paths?: readonly string[] | undefined; readonly keep: boolean; readonly call: GitCall },
): Promise<Outcome<Candidate>> {
  const bad = options.paths?.find((path) => !isPlainPath(path));
  if (bad !== undefined) {
    return fail(
      problem("product", "git.path_not_usable", `cannot commit the path ${JSON.stringify(bad)}`, {
        next: "give paths relative to the repository's root, in UTF-8, without . or .. parts",
      }),
    );
  }
  // Adding runs clean filters.
  const guarded = await guardConfig({ ...options.call, cwd: worktree });
  if (!guarded.ok) return guarded;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-index-"));
  try {
    const call = { ...options.call, cwd: worktree };
    const objects = await git(["rev-parse", "--path-format=absolute", "--git-path", "objects"], call);
    if (!objects.ok) return objects;
    const store = objects.value.trimEnd();
    const env: Record<string, string> = {
      ...call.env,
      GIT_INDEX_FILE: join(scratch, "index"),
      GIT_LITERAL_PATHSPECS: "1",
      ...(options.keep
        ? {}
        : { GIT_OBJECT_DIRECTORY: join(scratch, "objects"), GIT_ALTERNATE_OBJECT_DIRECTORIES: quote(store) }),
    };
    const inScratch = { ...call, env, writes: true };
    if (!options.keep) {
      // git makes its object directory only in `init`.
      await mkdir(join(scratch, "objects"));
    }
    const read = await git(["read-tree", "--end-of-options", base], inScratch);
    if (!read.ok) return read;
    const added = options.paths
      ? await git(["add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"], {
          ...inScratch,
          input: options.paths.map((path) => `${path}\0`).join(""),
        })
      : await git(["add", "--all", "--", "."], { ...inScratch, cwd: worktree });
    if (!added.ok) return added;
    const written = await git(["write-tree"], inScratch);
    if (!written.ok) return written;
    const tree = written.value.trim();
    const change = await treeChange(base, tree, inScratch);
    if (!change.ok) return change;
    return succeed({ base, tree, treeDigest: treeDigestOf(tree), change: change.value });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Relative, no `..`, and not a lossy rendering of a name that is no UTF-8. */
function isPlainPath(path: string): boolean {
  return (
    path !== "" &&
    !path.startsWith("/") &&
    !path.includes("\0") &&
    !path.includes("\uFFFD") &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}

/** Object directories are a colon-separated list; a path with a colon or a quote in it is given quoted. */
function quote(path: string): string {
  return /[:"\\]/.test(path) ? `"${path.replaceAll(/["\\]/g, "\\$&")}"` : path;
}
