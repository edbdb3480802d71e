import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import { fateOf, thisProcess } from "../../swarm/holder.ts";
import { guardConfig } from "./config-guard.ts";
import { callGit, type GitCall, git, nulParts } from "./run.ts";

export interface Worktree {
  readonly path: string;
  readonly head: string;
  /** Short name of the branch it has checked out; undefined when detached. */
  readonly branch: string | undefined;
}

/**
 * Checks a commit out in a directory of its own, detached; the directory must not exist or be empty. Whose it is lies
 * beside it, so that those of killed processes are taken away here.
 */
export async function addWorktree(directory: string, commit: string, call: GitCall): Promise<Outcome<string>> {
  const guarded = await guardConfig(call);
  if (!guarded.ok) return guarded;
  const swept = await removeDeadWorktrees(call);
  if (!swept.ok) return swept;
  await makeFolder(dirname(directory));
  await writeFile(ownerFile(directory), JSON.stringify(thisProcess()));
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
  await discard(directory);
  return await prune(call);
}

async function discard(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  await rm(ownerFile(directory), { force: true });
}

async function prune(call: GitCall): Promise<Outcome<void>> {
  const pruned = await git(["worktree", "prune"], { ...call, writes: true });
  return pruned.ok ? succeed(undefined) : pruned;
}

const ownerSchema = z.object({ host: z.string(), pid: z.int(), processStart: z.string() });

function ownerFile(directory: string): string {
  return `${directory}.owner`;
}

/** Takes away the work trees of processes that were killed, and what is registered without its directory. */
export async function removeDeadWorktrees(call: GitCall): Promise<Outcome<void>> {
  const all = await worktrees(call);
  if (!all.ok) return all;
  for (const { path } of all.value) {
    const owner = await ownerOf(path);
    if (!owner || fateOf(owner) !== "dead") continue;
    // git locks a work tree while it makes it; where it died at that, nothing would ever prune it.
    const unlocked = await callGit(["worktree", "unlock", "--", path], { ...call, writes: true });
    if (!unlocked.ok) return unlocked;
    await discard(path);
  }
  return await prune(call);
}

/** Undefined for a work tree that a person made, and for one whose owner had no time to write all of its name. */
async function ownerOf(directory: string) {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(ownerFile(directory), "utf8")));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
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
