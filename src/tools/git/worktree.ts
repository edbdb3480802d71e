import { rm } from "node:fs/promises";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { guardConfig } from "./config-guard.ts";
import { type GitCall, git, nulParts } from "./run.ts";

export interface Worktree {
  readonly path: string;
  readonly head: string;
  /** Short name of the branch it has checked out; undefined when detached. */
  readonly branch: string | undefined;
}

/** Checks a commit out in a directory of its own, detached; the directory must not exist or be empty. */
export async function addWorktree(directory: string, commit: string, call: GitCall): Promise<Outcome<string>> {
  const guarded = await guardConfig(call);
  if (!guarded.ok) return guarded;
  // What a killed run left registered without its directory would be in the way.
  const pruned = await git(["worktree", "prune"], { ...call, writes: true });
  if (!pruned.ok) return pruned;
  const added = await git(["worktree", "add", "--quiet", "--detach", "--", directory, commit], {
    ...call,
    writes: true,
  });
  if (added.ok) return succeed(directory);
  if (added.diagnostics.some((diagnostic) => /already exists/.test(diagnostic.details ?? ""))) {
    return fail(
      problem("infrastructure", "git.worktree_exists", `${directory} exists already and is not empty`, {
        next: "remove it, or give another directory",
      }),
    );
  }
  return added;
}

/** Removes a work tree with whatever is in it; one that is gone already is fine. */
export async function removeWorktree(directory: string, call: GitCall): Promise<Outcome<void>> {
  await rm(directory, { recursive: true, force: true });
  const pruned = await git(["worktree", "prune"], { ...call, writes: true });
  return pruned.ok ? succeed(undefined) : pruned;
}

export async function worktrees(call: GitCall): Promise<Outcome<Worktree[]>> {
  const listed = await git(["worktree", "list", "--porcelain", "-z"], call);
  if (!listed.ok) return listed;
  const found: { path: string; head: string; branch: string | undefined }[] = [];
  for (const part of nulParts(listed.value)) {
    const [key = "", ...rest] = part.split(" ");
    const value = rest.join(" ");
    const last = found.at(-1);
    if (key === "worktree") found.push({ path: value, head: "", branch: undefined });
    else if (last && key === "HEAD") last.head = value;
    else if (last && key === "branch") last.branch = value.replace(/^refs\/heads\//, "");
  }
  return succeed(found);
}
