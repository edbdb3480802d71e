import { plainLine } from "../release/markdown.ts";
import type { BuildFailure } from "./read/report.ts";
import type { HealFix } from "./report.ts";
import type { Worked } from "./work.ts";

const SUBJECT = 72;

/** What is repaired, for each category of failure that has a word of its own. */
const WHAT: Readonly<Record<string, string>> = {
  compilation: "the compilation",
  test: "a failed test",
  lint: "a lint finding",
  type: "a type error",
  dependency_resolution: "an import",
  dependency_lock: "the lock file",
  dependency_conflict: "a dependency conflict",
  configuration: "the configuration",
  warnings_as_errors: "a warning",
};

/**
 * Subject, and a body that says what failed, what was changed and how that was proven. Words of logs, repositories and
 * models stand in it as one line each without control characters: they form no trailer.
 */
export function commitMessage(about: {
  readonly failure: BuildFailure;
  readonly worked: Worked;
  readonly stage: string;
  readonly commit: string;
}): string {
  const { failure, worked, stage, commit } = about;
  const place = failure.place
    ? ` (${line(failure.place.file)}${failure.place.line ? `:${failure.place.line}` : ""})`
    : "";
  const test = failure.test ? `\nFailed test: ${line(failure.test)}` : "";
  return [
    shorten(`fix: ${subjectOf(failure, worked.fixes)}`),
    "",
    `The stage ${line(stage)} failed at ${commit.slice(0, 12)}: ${line(failure.message)}${place}.${test}`,
    "",
    ...worked.fixes.map((fix) => line(sentenceOf(fix))),
    `Proven in a clean checkout: the failure was seen again, then it was gone and the whole stage ${line(stage)} passed.`,
  ].join("\n");
}

function subjectOf(failure: BuildFailure, fixes: readonly HealFix[]): string {
  const [first] = fixes;
  const files = [...new Set(fixes.flatMap((fix) => fix.files))];
  const where = files.length === 1 ? files[0] : `${files.length} files`;
  if (fixes.length !== 1 || !first) return `repair ${fixes.length} faults in ${where}`;
  // A fixer and the search say what they did. A template's and a model's words are no subject: what failed is.
  if (first.kind === "builtin" || first.kind === "search") return first.summary;
  return `repair ${WHAT[failure.category] ?? "the build"} of ${where}`;
}

function sentenceOf(fix: HealFix): string {
  switch (fix.kind) {
    case "builtin":
      return `The built-in fixer ${fix.name} changed ${fix.files.join(", ")}: ${fix.summary}.`;
    case "template": {
      const from = fix.learned_in ? ` learned in ${fix.learned_in}` : "";
      const at = fix.learned_at ? ` at ${fix.learned_at.slice(0, 12)}` : "";
      return `The template ${fix.name}${from}${at} (trust ${fix.trust.toFixed(2)}) changed ${fix.files.join(", ")}.`;
    }
    case "search":
      return `Found by searching the lines that the failed test ran: ${fix.summary}.`;
    case "model":
      return `The model ${fix.name} proposed the change of ${fix.files.join(", ")}: ${fix.summary}.`;
  }
}

const LONGEST_LINE = 1_000;

function line(text: string): string {
  return plainLine(text, LONGEST_LINE);
}

function shorten(subject: string): string {
  const plain = plainLine(subject);
  return plain.length <= SUBJECT ? plain : `${plain.slice(0, SUBJECT - 1).trimEnd()}…`;
}

/** What ties a commit to its run, its failure and its source. */
export function commitTrailers(about: {
  readonly run: string;
  readonly failure: BuildFailure;
  readonly fixes: readonly HealFix[];
}): Record<string, string> {
  const weakest = Math.min(...about.fixes.map((fix) => fix.trust));
  return {
    "Heal-Run": about.run,
    "Heal-Fingerprint": about.failure.occurrence,
    "Heal-Source": plainLine(about.fixes.map((fix) => `${fix.kind} ${fix.name}`).join(", ")),
    "Heal-Trust": weakest.toFixed(2),
  };
}

/** `heal/unexpected-identifier-assert-a1b2c3d`, with the attempt where it is not the first. */
export function healBranchName(failure: BuildFailure, commit: string, attempt: number): string {
  const words = (failure.test ?? failure.message)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return `heal/${words || "build"}-${commit.slice(0, 7)}${attempt > 1 ? `-${attempt}` : ""}`;
}
