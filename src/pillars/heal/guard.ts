import type { FileChange } from "./candidate.ts";
import { lineHunks } from "./edit/difference.ts";

/** One thing in an edit that would make the build green without making the product right. */
export interface Weakening {
  readonly path: string;
  /** In the new text, or in the old one for what was taken away; from 1. */
  readonly line: number;
  readonly what: string;
}

const TEST_PATH =
  /(?:^|\/)(?:tests?|__tests__|spec|specs|testdata|e2e)\/|(?:\.|_|-)(?:test|spec|tests)\.[a-z]+$|(?:^|\/)(?:test_[^/]*|conftest)\.py$|(?:Test|Tests|IT)\.(?:java|kt|groovy|cs)$/;

/** True for files that hold tests or what tests compare with, by the usual names of all ecosystems. */
export function isTestPath(path: string): boolean {
  return TEST_PATH.test(path);
}

const TEST_CASE =
  /^\s*(?:(?:async\s+)?def\s+test\w*|func\s+Test\w+|(?:public\s+)?(?:void|fun)\s+test\w+|#\[(?:\w+::)?test\b|@(?:Parameterized)?Test\b)|\b(?:it|test|describe|suite)(?:\.\w+)*\s*\(/;
const ASSERTION =
  /\bexpect\s*[(.]|\bassert\w*\s*[(!.]|^\s*assert\b|\bself\.(?:assert|fail)\w*\(|\b(?:require|t)\.(?:Equal|NoError|Error|True|False|Nil|Fatal|Fatalf|Errorf|Fail)\w*\(|\bshould\b[.(]|\bpanic!\(|pytest\.(?:raises|warns|approx)/;

/** Text that switches a check off wherever it is written; with a third part, in files of that name only. */
const DROPPED = "an error is dropped";

const SWITCH_OFF: readonly (readonly [pattern: RegExp, what: string, path?: RegExp])[] = [
  [
    /\bprocess\.env\.(?:VITEST|JEST_WORKER_ID|NODE_TEST_CONTEXT)\b|\bprocess\.env\.NODE_ENV\s*[!=]==?\s*["']test|\bPYTEST_CURRENT_TEST\b|["'](?:pytest|unittest)["']\s+(?:not\s+)?in\s+sys\.modules|\bimport\.meta\.vitest\b|\bcfg!\(test\)|\btesting\.Testing\(\)/,
    "the product looks whether it is being tested",
  ],
  [/#\[should_panic\b/, "a test is made to expect its failure"],
  [/\bwarnings\.(?:simplefilter|filterwarnings)\(\s*["']ignore|-W\s*ignore\b/, "a warning is switched off"],
  [/\b(?:uncaughtException|unhandledRejection)\b|\bsys\.excepthook\s*=/, "an error is hidden"],
  [/^\s*#\s*define\s+NDEBUG\b|-DNDEBUG\b/, "assertions are switched off"],
  [
    /<(?:skipTests|skip|testFailureIgnore|skipITs)>\s*true|<(?:failOnError|failOnViolation|failIfNoTests)>\s*false|\bignoreFailures\s*=\s*true|\bignoreExitValue\s*=?\s*true/,
    "a failing command is made to pass",
  ],
  [/^\t-/, "a failing command is made to pass", /(?:^|\/)(?:GNU)?[Mm]akefile$|\.mk$/],
  [/^\s*_(?:\s*,\s*_)*\s*:?=\s*\w/, DROPPED, /\.go$/],
  [/^\s*\/\/\s*(?:go:build|\+build)\b/, "a test is left out of the build", /_test\.go$/],
  [/:\s*Any\b(?=\s*[,)=]|\s*$)|->\s*Any\b/, "the type check is switched off", /\.pyi?$/],
  [
    /\.(?:skip|todo|only|fixme|failing|skipIf|runIf)\b\s*[(`]|\b(?:xit|xtest|xdescribe|fit|fdescribe)\s*\(|\bthis\.skip\(|\{\s*(?:skip|todo)\s*:/,
    "a test is skipped",
  ],
  [
    /@?pytest\.mark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail)\(|@unittest\.(?:skip|expectedFailure)\w*|\bself\.skipTest\(|\bcollect_ignore/,
    "a test is skipped",
  ],
  [
    /\bt\.Skip(?:f|Now)?\(|#\[ignore\b|@(?:Disabled|Ignore)\b|@Test\(enabled\s*=\s*false|\bAssum(?:e|ptions)\.\w+\(/,
    "a test is skipped",
  ],
  [
    /\beslint-disable|\bbiome-ignore|\bprettier-ignore|\boxlint-disable|\btslint:disable|\bstylelint-disable|\bjshint\s+ignore/,
    "a lint rule is switched off",
  ],
  [
    /#\s*noqa\b|#\s*ruff:\s*noqa|#\s*pylint:\s*disable|#\s*flake8:\s*noqa|#\s*nosec\b|#\s*fmt:\s*(?:off|skip)|#\s*isort:\s*skip/,
    "a lint rule is switched off",
  ],
  [
    /@ts-(?:ignore|nocheck|expect-error)\b|#\s*(?:type|pyright|mypy):\s*ignore|#\s*mypy:\s*\S*(?:ignore|disable)|\bas\s+any\b|\bas\s+unknown\s+as\b|:\s*any\b(?=\s*[,)=;{[]|\s*$)/,
    "the type check is switched off",
  ],
  [
    /#!?\[(?:allow|expect)\(|\/\/\s*nolint\b|\/\/\s*#nosec\b|@SuppressWarnings\b|#pragma\s+(?:GCC|clang)\s+diagnostic\s+ignored|#pragma\s+warning\s*\(\s*disable/,
    "a warning is switched off",
  ],
  [/(?:istanbul|c8|v8)\s+ignore|#\s*pragma:\s*no cover|GCOV_EXCL|LCOV_EXCL/, "coverage is switched off"],
  [
    /\|\|\s*(?:true|:)(?=\s|$|")|\bset\s+\+e\b|--no-verify\b|--passWithNoTests\b|\bcontinue-on-error\s*:\s*true|\bignore_errors\s*:\s*(?:true|yes)|\bcontinueOnError\b|--exit-zero\b|-DskipTests\b|-Dmaven\.test\.skip|--no-fail\b/,
    "a failing command is made to pass",
  ],
  [
    /\bprocess\.exit\(\s*(?:0\s*)?\)|\bprocess\.exitCode\s*=\s*0|\b(?:sys\.exit|os\._exit|exit)\(\s*0?\s*\)|\bos\.Exit\(\s*0\s*\)|\bstd::process::exit\(\s*0\s*\)|\bSystem\.exit\(\s*0\s*\)/,
    "the process ends as a success",
  ],
  [
    /\.catch\(\s*(?:\(\w*\)|\w+|function\s*\(\w*\))\s*(?:=>)?\s*(?:\{\s*\}|null|undefined|void 0)\s*\)|\bcontextlib\.suppress\(|\bexcept\b[^:]*:\s*(?:pass|\.\.\.|return(?:\s+None)?)\s*$|\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|\brescue\s+nil\b/,
    "an error is hidden",
  ],
];

const CATCHES = /^\s*(?:\}\s*)?catch\b|\bcatch\s*(?:\([^)]*\))?\s*\{|^\s*except\b|\.catch\(/;
const RETHROWS = /\b(?:throw|raise|reject|panic!?|Promise\.reject)\b/;
const RECOVERS = /\brecover\(\)|\bcatch_unwind\b/;

const LINT_CONFIG =
  /(?:^|\/)(?:\.?eslint[^/]*|biome\.jsonc?|\.oxlintrc[^/]*|\.prettierrc[^/]*|tsconfig[^/]*\.json|jsconfig\.json|ruff\.toml|\.ruff\.toml|\.flake8|\.pylintrc|pylintrc|mypy\.ini|\.mypy\.ini|pyrightconfig\.json|pytest\.ini|tox\.ini|clippy\.toml|\.clippy\.toml|rustfmt\.toml|\.golangci\.[a-z]+|checkstyle[^/]*\.xml|pmd[^/]*\.xml|\.shellcheckrc|\.yamllint[^/]*|\.ansible-lint[^/]*|\.stylelintrc[^/]*|\.editorconfig|codecov\.ya?ml|\.nycrc[^/]*|\.c8rc[^/]*|(?:vitest|jest|karma|playwright|mocha)[^/]*\.[cm]?[jt]s|\.mocharc[^/]*)$/;

/** Every way in which an edit would weaken a test, a check or an error. An edit with any is refused. */
export function weakenings(changes: readonly FileChange[]): readonly Weakening[] {
  return changes.flatMap((change) => [
    ...wholeFile(change),
    ...addedText(change),
    ...hiddenErrors(change),
    ...testText(change),
    ...(/(?:^|\/)package\.json$/.test(change.path) ? scripts(change) : []),
  ]);
}

function wholeFile(change: FileChange): Weakening[] {
  const at = (what: string): Weakening[] => [{ path: change.path, line: 1, what }];
  if (change.after === undefined && isTestPath(change.path)) return at("a test file is deleted");
  if (
    /(?:^|\/)(?:pyproject\.toml|setup\.cfg)$/.test(change.path) &&
    checksOf(change.before) !== checksOf(change.after)
  ) {
    return at("the configuration of a check is changed");
  }
  if (LINT_CONFIG.test(change.path)) return at("the configuration of a check is changed");
  return [];
}

/** The sections of a pyproject.toml or a setup.cfg that configure checks. */
function checksOf(text: string | undefined): string {
  let checks = false;
  const lines = (text ?? "").split("\n").filter((line) => {
    const header = /^\s*\[+\s*([^\]]+?)\s*\]+/.exec(line)?.[1];
    if (header !== undefined) checks = CHECK_SECTION.test(header);
    return checks && line.trim() !== "" && !line.trim().startsWith("#");
  });
  return lines.map((line) => line.trim()).join("\n");
}

const CHECK_SECTION =
  /^(?:tool:pytest|mypy|flake8|pycodestyle|pydocstyle|pylint|isort|coverage|bandit|tox|pyright)(?:$|[-:])|^tool\.(?:ruff|mypy|pytest|coverage|pylint|flake8|black|isort|bandit|pyright|tox|hatch\.envs|nox)\b/;

/**
 * Go: `x := f()` became `_ = f()`. Nothing read `x`, else Go would not build it now, and by its name it was no error; the
 * call itself stays.
 */
function onlyUnnamed(line: string, before: readonly string[]): boolean {
  const call = /^\s*_\s*=\s*(.*\S)\s*$/.exec(line)?.[1];
  return before.some((old) => {
    const [, name = "err", value] = /^\s*(?:var\s+)?(\w+)\s*:?=\s*(.*\S)\s*$/.exec(old) ?? [];
    return value === call && !/err/i.test(name);
  });
}

function addedText(change: FileChange): Weakening[] {
  const found: Weakening[] = [];
  for (const hunk of lineHunks(change.before ?? "", change.after ?? "")) {
    const old = hunk.before.join("\n");
    for (const [index, line] of hunk.after.entries()) {
      for (const [pattern, what, path] of SWITCH_OFF) {
        if (path && !path.test(change.path)) continue;
        if (what === DROPPED && onlyUnnamed(line, hunk.before)) continue;
        // What the old lines had already is not brought in by this edit.
        const text = pattern.exec(line)?.[0];
        if (text !== undefined && !old.includes(text)) {
          found.push({ path: change.path, line: hunk.afterStart + index + 1, what });
          break;
        }
      }
    }
  }
  return found;
}

/** A new handler that does not throw on: it may be right, but no machine can tell it from hiding the error. */
function hiddenErrors(change: FileChange): Weakening[] {
  const found: Weakening[] = [];
  for (const hunk of lineHunks(change.before ?? "", change.after ?? "")) {
    const count = (lines: readonly string[], pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
    const more = count(hunk.after, CATCHES) - count(hunk.before, CATCHES);
    const rethrows = count(hunk.after, RETHROWS) - count(hunk.before, RETHROWS);
    const recovers = count(hunk.after, RECOVERS) > count(hunk.before, RECOVERS);
    if ((more > 0 && rethrows < more) || recovers) {
      const index = hunk.after.findIndex((line) => CATCHES.test(line) || RECOVERS.test(line));
      found.push({ path: change.path, line: hunk.afterStart + index + 1, what: "an error is caught and hidden" });
    }
  }
  return found;
}

/** From which line (from 0) on a file holds tests: all of a test file, of a Rust source its test module. */
function testsFrom(change: FileChange): number {
  if (isTestPath(change.path)) return 0;
  if (!change.path.endsWith(".rs")) return Number.POSITIVE_INFINITY;
  const at = (change.before ?? "")
    .split("\n")
    .findIndex((line) => /^\s*#\[(?:cfg\(test\)|(?:\w+::)?test\b)/.test(line));
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

/** Leaves a test before what it asserts. */
const LEAVES = /^\s*return(?:\s+None)?\s*;?\s*$/;

function testText(change: FileChange): Weakening[] {
  const from = testsFrom(change);
  if (from === Number.POSITIVE_INFINITY) return [];
  const before = change.before ?? "";
  const after = change.after ?? "";
  const found: Weakening[] = [];
  const count = (text: string, pattern: RegExp) => text.split("\n").filter((line) => pattern.test(line)).length;
  if (count(after, TEST_CASE) < count(before, TEST_CASE)) {
    found.push({ path: change.path, line: 1, what: "a test is deleted" });
  }
  for (const hunk of lineHunks(before, after)) {
    const left = hunk.after.findIndex((line) => LEAVES.test(line) && !hunk.before.includes(line));
    if (left >= 0 && hunk.beforeStart >= from) {
      found.push({ path: change.path, line: hunk.afterStart + left + 1, what: "a test ends before it asserts" });
    }
    if (hunk.beforeStart + hunk.before.length <= from) continue;
    const loosened = hunk.before.findIndex((line) => ASSERTION.test(line) && !hunk.after.includes(line));
    if (loosened >= 0) {
      found.push({ path: change.path, line: hunk.beforeStart + loosened + 1, what: "an assertion is changed" });
    }
  }
  return found;
}

/** What `npm test` and its like run is what proves the product; a repair does not choose its own proof. */
function scripts(change: FileChange): Weakening[] {
  const of = (text: string | undefined): string => {
    try {
      return JSON.stringify((JSON.parse(text ?? "{}") as { scripts?: unknown }).scripts ?? {});
    } catch (error) {
      // A manifest that does not parse has no scripts that could be compared; its text is, see below.
      if (error instanceof SyntaxError) return "";
      throw error;
    }
  };
  const before = of(change.before);
  const after = of(change.after);
  if (before === after) return [];
  const line = (change.after ?? "").split("\n").findIndex((text) => text.includes('"scripts"')) + 1;
  // The old manifest was broken: its scripts are compared as text.
  if (before === "" && after !== "" && sameScriptsText(change.before ?? "", after)) return [];
  return [{ path: change.path, line: Math.max(line, 1), what: "a script of the manifest is changed" }];
}

function sameScriptsText(broken: string, scriptsJson: string): boolean {
  const squeezed = broken.replace(/\s+/g, "");
  return Object.entries(JSON.parse(scriptsJson) as Record<string, string>).every(([name, command]) =>
    squeezed.includes(`${JSON.stringify(name)}:${JSON.stringify(command)}`.replace(/\s+/g, "")),
  );
}
