import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Redactor } from "../../core/redact.ts";
import { diagnose } from "./diagnose.ts";
import { callGit, type GitCall } from "./run.ts";

/** Files of a branch, all of one commit; undefined for a path that the commit does not have. */
export interface BranchFiles {
  readonly commit: string;
  readonly texts: readonly (string | undefined)[];
}

export interface MirrorOptions {
  readonly redactor?: Redactor;
  readonly signal?: AbortSignal;
}

/**
 * Files of a remote branch out of a bare mirror that already has its newest commit: two starts of git, and no fetch.
 * Answers undefined where the mirror has to be made or brought up to date first, and fails when the remote cannot be
 * asked.
 */
export async function upToDateFiles(
  mirror: { readonly directory: string; readonly url: string; readonly ref: string },
  paths: readonly string[],
  options: MirrorOptions = {},
): Promise<Outcome<BranchFiles | undefined>> {
  const call: GitCall = { cwd: mirror.directory, redactor: options.redactor, signal: options.signal };
  const name = `refs/heads/${mirror.ref}`;
  const args = ["ls-remote", "--quiet", "--end-of-options", mirror.url, name];
  // In no repository: nothing but the user's own configuration takes part.
  const asked = await callGit(args, { ...call, network: true, env: { GIT_DIR: "/dev/null" } });
  if (!asked.ok) return asked;
  if (asked.value.exitCode !== 0) return { ok: false, diagnostics: [diagnose(args, asked.value, mirror.directory)] };
  const commit = asked.value.stdout
    .split("\n")
    .map((line) => line.split("\t", 2))
    .find(([, found]) => found === name)?.[0];
  if (commit === undefined) return succeed(undefined);
  const read = await callGit(["cat-file", "--batch"], {
    // Not redacted: the sizes that git tells are those of its own bytes.
    ...{ cwd: mirror.directory, signal: options.signal, env: { GIT_DIR: mirror.directory } },
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
