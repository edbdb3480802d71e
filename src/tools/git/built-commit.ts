import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { guardConfig } from "./config-guard.ts";
import type { Person } from "./history.ts";
import { type GitCall, git } from "./run.ts";

export interface BuiltCommit {
  /** The commit it stands on. */
  readonly base: string;
  /** Files that are added or replaced, relative to the root, and where their bytes lie now. */
  readonly files: readonly { readonly path: string; readonly source: string }[];
  readonly message: string;
}

/**
 * Writes a commit that adds files to another one, as an object only: no branch, tag or work tree has it, which takes a
 * permit. The same input gives the same id wherever and whenever it is made, since its time is its base's.
 */
export async function writeBuiltCommit(
  { base, files, message }: BuiltCommit,
  { call, author }: { readonly call: GitCall; readonly author: Person },
): Promise<Outcome<string>> {
  const guarded = await guardConfig(call);
  if (!guarded.ok) return guarded;
  const time = await git(["show", "--no-patch", "--format=%ct", "--end-of-options", `${base}^{commit}`], call);
  if (!time.ok) return time;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-index-"));
  try {
    const inScratch = { ...call, env: { ...call.env, GIT_INDEX_FILE: join(scratch, "index") }, writes: true };
    const read = await git(["read-tree", "--end-of-options", base], inScratch);
    if (!read.ok) return read;
    for (const { path, source } of files) {
      const blob = await git(["hash-object", "-w", "--no-filters", "--", source], inScratch);
      if (!blob.ok) return blob;
      const entry = `100644,${blob.value.trim()},${path}`;
      const added = await git(["update-index", "--add", "--cacheinfo", entry], inScratch);
      if (!added.ok) return added;
    }
    const tree = await git(["write-tree"], inScratch);
    if (!tree.ok) return tree;
    const at = `${time.value.trim()} +0000`;
    const made = await git(["commit-tree", tree.value.trim(), "-p", base, "-F", "-"], {
      ...call,
      env: {
        ...call.env,
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_AUTHOR_DATE: at,
        GIT_COMMITTER_NAME: author.name,
        GIT_COMMITTER_EMAIL: author.email,
        GIT_COMMITTER_DATE: at,
      },
      input: `${message.trim()}\n`,
      writes: true,
    });
    return made.ok ? succeed(made.value.trim()) : made;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
