import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import { diagnose } from "./diagnose.ts";

/**
 * Settings that hold for every call. A repository is untrusted input: its own configuration may name hooks, monitors
 * and helpers, so whatever git would start on its own is switched off here, and what cannot be switched off by name
 * (filters, ssh commands …) is looked for by `config-guard.ts` before anything acts.
 */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.pager=cat",
  "core.untrackedCache=false",
  "core.quotePath=false",
  "protocol.ext.allow=never",
  "log.showSignature=false",
  "log.mailmap=false",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
  "push.recurseSubmodules=no",
  "push.followTags=false",
  "push.gpgSign=false",
  "commit.gpgSign=false",
  "tag.gpgSign=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "advice.detachedHead=false",
].flatMap((setting) => ["-c", setting]);

const READ_LIMIT = 64 * 1024 * 1024;
export const LOCAL_TIMEOUT_MS = 120_000;
export const NETWORK_TIMEOUT_MS = 300_000;

export interface GitCall {
  /** Where git runs; any directory of the repository. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: readonly string[];
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Talks to another machine: hands down the user's ssh agent and keeps the longer time limit. */
  readonly network?: boolean;
  /** Writes to the repository; reading calls take no optional locks, so that they never disturb a person's work. */
  readonly writes?: boolean;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs git once and hands back how it ended, whatever that is; `git` itself missing is the only failure told here. */
export async function callGit(args: readonly string[], call: GitCall): Promise<Outcome<ProcessResult>> {
  const settings = (call.settings ?? []).flatMap((setting) => ["-c", setting]);
  const result = await runProcess("git", [...SETTINGS, ...settings, ...args], {
    cwd: call.cwd,
    env: {
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_EDITOR: "true",
      GIT_PAGER: "cat",
      ...(call.writes ? {} : { GIT_OPTIONAL_LOCKS: "0" }),
      ...call.env,
    },
    inherit: [
      "XDG_CONFIG_HOME",
      ...(call.network ? ["SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSL_CAINFO"] : []),
    ],
    timeoutMs: call.timeoutMs ?? (call.network ? NETWORK_TIMEOUT_MS : LOCAL_TIMEOUT_MS),
    keepBytes: READ_LIMIT,
    ...(call.input === undefined ? {} : { input: call.input }),
    ...(call.redactor ? { redactor: call.redactor } : {}),
    ...(call.signal ? { signal: call.signal } : {}),
  });
  if (result.ended === "not_started") {
    // A missing working directory gives ENOENT as well.
    return fail(
      problem("infrastructure", "git.missing", `git could not be started in ${call.cwd} (${result.startError})`, {
        next: "install git 2.30 or newer, and check that the directory exists",
      }),
    );
  }
  return succeed(result);
}

/** Runs git and hands back its standard output; every other ending than exit code 0 is a diagnosed failure. */
export async function git(args: readonly string[], call: GitCall): Promise<Outcome<string>> {
  const called = await callGit(args, call);
  if (!called.ok) return called;
  const result = called.value;
  if (result.ended !== "exited" || result.exitCode !== 0) return fail(diagnose(args, result, call.cwd));
  if (result.truncated) {
    return fail(
      problem("product", "git.output_too_large", `git ${args[0]} wrote more than ${READ_LIMIT / 1024 / 1024} MiB`, {
        next: "a file or a change of that size cannot be handled; take it out of the repository",
      }),
    );
  }
  return succeed(result.stdout);
}

/** Parts of NUL-terminated output. */
export function nulParts(text: string): string[] {
  const parts = text.split("\0");
  if (parts.at(-1) === "") parts.pop();
  return parts;
}
