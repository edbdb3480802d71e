import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Redactor } from "../../core/redact.ts";

/** Files of a branch, all of one commit; undefined for a path that the commit does not have. */
export interface BranchFiles {
  readonly commit: string;
  readonly texts: readonly (string | undefined)[];
}

/** A branch of a repository, by its address and name. */
export interface Branch {
  readonly url: string;
  readonly ref: string;
}

export interface MirrorOptions {
  readonly redactor?: Redactor;
  readonly signal?: AbortSignal;
}

/**
 * The newest commit of a remote branch, in one start of git; undefined where there is no such branch. Fails when the
 * remote cannot be asked. `cwd` is any folder that is there.
 */
export async function remoteCommit(
  { url, ref }: Branch,
  cwd: string,
  options: MirrorOptions = {},
): Promise<Outcome<string | undefined>> {
  const name = `refs/heads/${ref}`;
  const args = ["ls-remote", "--quiet", "--end-of-options", url, name];
  const { callGit } = await import("./run.ts");
  // In no repository: nothing but the user's own configuration takes part.
  const asked = await callGit(args, { ...options, cwd, network: true, env: { GIT_DIR: "/dev/null" } });
  if (!asked.ok) return asked;
  if (asked.value.exitCode !== 0) {
    const { diagnose } = await import("./diagnose.ts");
    return fail(diagnose(args, asked.value, cwd));
  }
  const commit = asked.value.stdout
    .split("\n")
    .map((line) => line.split("\t", 2))
    .find(([, found]) => found === name)?.[0];
  return succeed(commit);
}

/**
 * The newest commit of a branch of a repository on this machine, where it stands in a file of its own, as it does since
 * the last commit to it; that file comes before whatever else git keeps, so that git would answer the same. Undefined for
 * every other repository and state: git is asked.
 */
export function localCommit({ url, ref }: Branch): string | undefined {
  if (!isAbsolute(url)) return undefined;
  for (const folder of [join(url, ".git"), url]) {
    try {
      const commit = /^([0-9a-f]{40}|[0-9a-f]{64})\n$/.exec(readFileSync(join(folder, "refs", "heads", ref), "utf8"));
      return commit?.[1];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") return undefined;
    }
  }
  return undefined;
}

/**
 * Files of a commit out of a bare mirror, in one start of git and without a fetch. Answers undefined where the mirror has
 * to be made or brought up to date first.
 */
export async function mirroredFiles(
  { directory, commit }: { readonly directory: string; readonly commit: string },
  paths: readonly string[],
  options: MirrorOptions = {},
): Promise<Outcome<BranchFiles | undefined>> {
  const { callGit } = await import("./run.ts");
  const read = await callGit(["cat-file", "--batch"], {
    // Not redacted: the sizes that git tells are those of its own bytes.
    ...{ cwd: directory, signal: options.signal, env: { GIT_DIR: directory } },
    input: [`${commit}^{commit}`, ...paths.map((path) => `${commit}:${path}`)].map((line) => `${line}\n`).join(""),
  });
  if (!read.ok) return read;
  if (read.value.exitCode !== 0 || read.value.truncated) return succeed(undefined);
  const objects = batchObjects(read.value.stdout);
  if (objects?.length !== paths.length + 1 || objects[0]?.type !== "commit") return succeed(undefined);
  const files = objects.slice(1);
  // What is there but no file is told by the long way.
  if (files.some((file) => file !== undefined && file.type !== "blob")) return succeed(undefined);
  return succeed({ commit, texts: files.map((file) => file?.text) });
}

/**
 * The objects in the output of `git cat-file --batch`, undefined for one that is missing; nothing at all when the output
 * does not add up, as that of files that are no UTF-8.
 */
function batchObjects(output: string): ({ readonly type: string; readonly text: string } | undefined)[] | undefined {
  const bytes = Buffer.from(output, "utf8");
  const objects = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) return undefined;
    const header = bytes.toString("utf8", at, end);
    at = end + 1;
    if (header.endsWith(" missing")) {
      objects.push(undefined);
      continue;
    }
    const [, type, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(header) ?? [];
    if (type === undefined || bytes[at + Number(size)] !== 0x0a) return undefined;
    objects.push({ type, text: bytes.toString("utf8", at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return objects;
}
