import { type Diagnostic, problem } from "../../core/diagnostic.ts";
import type { ProcessResult } from "../../core/process.ts";

/** What git's words mean. Messages are those of LC_ALL=C; the first match wins. */
const KNOWN: readonly {
  readonly pattern: RegExp;
  readonly make: (match: RegExpExecArray, cwd: string) => Diagnostic;
}[] = [
  {
    pattern: /not a git repository/,
    make: (_, cwd) =>
      problem("config", "git.not_a_repository", `${cwd} is not in a git repository`, {
        next: "run this in a clone, or make one with git init",
      }),
  },
  {
    pattern: /detected dubious ownership in repository at '([^']*)'/,
    make: (match) =>
      problem("config", "git.dubious_ownership", `${match[1]} belongs to another user, so git does not trust it`, {
        next: `git config --global --add safe.directory ${match[1]}`,
      }),
  },
  {
    pattern: /Unable to create '([^']*\.lock)': File exists/,
    make: (match) =>
      problem("infrastructure", "git.locked", `another git process holds ${match[1]}, or died and left it behind`, {
        next: "wait for the other process; if there is none, delete the lock file and run this again",
      }),
  },
  {
    pattern: /cannot lock ref '([^']*)'/,
    make: (match) =>
      problem("infrastructure", "git.ref_moved", `${match[1]} was moved by someone else meanwhile`, {
        next: "run this again: it starts from the new state",
      }),
  },
  {
    pattern: /'([^']*)' does not appear to be a git repository|repository '([^']*)' (?:does not exist|not found)/,
    make: (match) =>
      problem(
        "config",
        "git.no_remote",
        `there is no git repository at ${withoutCredentials(match[1] ?? match[2] ?? "the remote")}`,
        {
          next: "check the remote's address with git remote -v, and your access to it",
        },
      ),
  },
  {
    pattern: /No such remote '?([^'\n]*)'?/,
    make: (match) =>
      problem("config", "git.no_remote", `the repository has no remote named ${match[1]}`, {
        next: `git remote add ${match[1]} URL`,
      }),
  },
  {
    pattern:
      /Authentication failed|could not read Username|Permission denied \(|terminal prompts disabled|HTTP (?:Basic: )?Access denied/i,
    make: () =>
      problem("secret", "git.not_authorised", "the remote refused the credentials, or got none", {
        next: "check the token or ssh key that the account of this company names",
      }),
  },
  {
    pattern:
      /Could not resolve host|Connection refused|Connection timed out|unable to access|Could not read from remote/i,
    make: () =>
      problem("infrastructure", "git.unreachable", "the remote could not be reached", {
        next: "check the address and the network, then run this again",
      }),
  },
  {
    pattern:
      /(?:unknown revision|bad revision '([^']*)'|ambiguous argument '([^']*)'|Needed a single revision|not a valid object name:? '?([^'\n]*)|couldn't find remote ref (\S+)|invalid reference: (\S+))/i,
    make: (match) => {
      const ref = match.slice(1).find((part) => part !== undefined);
      return unknownRef(ref ?? "the ref");
    },
  },
  {
    pattern: /pathspec '([^']*)' did not match any files/,
    make: (match) =>
      problem("product", "git.path_missing", `there is no file ${match[1]} to commit`, {
        where: { file: match[1] ?? "" },
      }),
  },
  {
    pattern: /paths are ignored by one of your \.gitignore files:\n(.*)/,
    make: (match) =>
      problem("product", "git.path_ignored", `${match[1]} is ignored by .gitignore`, {
        next: "take it out of .gitignore, or out of the change",
      }),
  },
  {
    pattern: /No space left on device/,
    make: () =>
      problem("infrastructure", "git.disk_full", "the disk is full", { next: "free some space and run this again" }),
  },
];

export function unknownRef(ref: string): Diagnostic {
  return problem("config", "git.unknown_ref", `the repository has no ref or commit ${withoutCredentials(ref)}`, {
    next: "git branch -a and git tag list what there is; a shallow or single-branch clone has less than its origin",
  });
}

/** The diagnostic for a git call that did not succeed. */
export function diagnose(args: readonly string[], result: ProcessResult, cwd: string): Diagnostic {
  const words = withoutCredentials(result.stderr.trim());
  const details = words === "" ? {} : { details: words.slice(-4000) };
  if (result.ended === "timeout") {
    return problem("infrastructure", "git.timeout", `git ${args[0]} was ended after ${seconds(result)} s`, details);
  }
  if (result.ended === "cancelled") {
    return problem("infrastructure", "git.cancelled", `git ${args[0]} was cancelled`, details);
  }
  for (const { pattern, make } of KNOWN) {
    const match = pattern.exec(words);
    if (match) return { ...make(match, cwd), ...details };
  }
  const ending = result.signal ? `was ended by ${result.signal}` : `failed with exit code ${result.exitCode}`;
  return problem("infrastructure", "git.failed", `git ${args[0]} ${ending}: ${lastLine(words)}`, details);
}

function lastLine(text: string): string {
  return text.split("\n").findLast((line) => line.trim() !== "") ?? "it said nothing";
}

function seconds(result: ProcessResult): string {
  return (result.durationMs / 1000).toFixed(0);
}

/** A URL as it may be shown, stored and compared: user names, passwords and tokens in it are left out. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, "$1");
}
