import type { Draft, ToolReader } from "../reader.ts";
import { categoryOf } from "./text.ts";

/**
 * What runs the tools and says that one failed: make, ninja, npm's kin, the CI system's own last line. Consequences,
 * all of them; one is the root only of a log that says nothing else.
 */
interface Rule {
  readonly tool: string;
  readonly pattern: RegExp;
  /** Index of the group that names what failed. */
  readonly target?: number;
}

const RULES: readonly Rule[] = [
  {
    tool: "make",
    pattern:
      /^(?:g?make|mingw32-make)(?:\[\d+\])?: \*\*\* \[(?:.*?:\d+: )?(.+?)\] (?:Error \d+|Segmentation fault|Killed|Terminated).*$/,
    target: 1,
  },
  {
    tool: "make",
    pattern: /^(?:g?make|mingw32-make)(?:\[\d+\])?: \*\*\* (?:Waiting for unfinished jobs|\[.*\] Interrupt).*$/,
  },
  {
    tool: "make",
    pattern: /^(?:g?make|mingw32-make)(?:\[\d+\])?: Target '(.+)' not remade because of errors\.$/,
    target: 1,
  },
  { tool: "ninja", pattern: /^ninja: build stopped: .*$/ },
  { tool: "yarn", pattern: /^error Command failed with exit code \d+\.$/ },
  { tool: "pnpm", pattern: /^\s*(?:ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL|ELIFECYCLE)\s+(.*)$/, target: 1 },
  {
    tool: "bazel",
    pattern: /^(?:FAILED: Build did NOT complete successfully|ERROR: Build did NOT complete successfully|FAILED:)\s*$/,
  },
  { tool: "github-actions", pattern: /^Process completed with exit code (\d+)\.$/ },
  { tool: "travis", pattern: /^The command "(.+)" (?:exited with|failed and exited with) [1-9]\d*.*$/, target: 1 },
  { tool: "jenkins", pattern: /^ERROR: script returned exit code (\d+)$/ },
  { tool: "jenkins", pattern: /^Build step '.+' marked build as failure$/ },
  { tool: "jenkins", pattern: /^Finished: FAILURE$/ },
  {
    tool: "gitlab",
    pattern: /^ERROR: Job failed: (?:exit (?:code|status) \d+|command terminated with exit code \d+)$/,
  },
  { tool: "circleci", pattern: /^Exited with code exit status \d+$/ },
  { tool: "shell", pattern: /^exit status (\d+)$/ },
];

export const runner: ToolReader = {
  tool: "runner",
  hints: [
    "make",
    "ninja: ",
    "Command failed",
    "elifecycle",
    "recursive_run",
    "did not complete",
    "Process completed",
    'The command "',
    "script returned",
    "marked build",
    "Finished: F",
    "Job failed",
    "exit status",
    "not remade",
  ],
  start(line) {
    for (const { tool, pattern, target } of RULES) {
      const match = pattern.exec(line.text);
      if (match === null) continue;
      const draft: Draft = {
        tool,
        category: categoryOf(line.text, "unknown"),
        message: line.text.trim(),
        first: line.no,
        last: line.no,
        rank: "consequence",
        confidence: "guess",
        captures: { target: target === undefined ? undefined : match[target] },
      };
      return [draft];
    }
    return undefined;
  },
};
