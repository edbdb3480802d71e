import type { Line } from "../clean.ts";
import { type Draft, gather, listedTest, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { cargoAsks } from "./dependency-asks.ts";
import { categoryOf, find, isBlank } from "./text.ts";

// error[E0425]: cannot find value `c` in this scope
//  --> src/lib.rs:2:41                                  (clippy and -D warnings: the same without a code)
//   | …                                                 ends at a blank line
// error: no matching package named `x` found            cargo itself: no arrow
const HEAD = /^(error|warning)(?:\[(E\d+)\])?: (.*)$/;
const SHORT = /^(\S+\.rs):(\d+):(\d+): error(?:\[(E\d+)\])?: (.*)$/;
const ARROW = /^\s*(?:-->|:::) (.+?):(\d+):(\d+)$/;
const PANIC = /^thread '(.+?)'(?: \(\d+\))? panicked at (?:'(.*)', )?(.+?):(\d+):(\d+):?$/;
const STDOUT = /^---- (.+?) (?:stdout|stderr) ----$/;

export const rust: ToolReader = {
  tool: "rust",
  hints: ["error[", "error: ", "error", "panicked at", "---- ", "... FAILED"],
  start(line) {
    const stdout = STDOUT.exec(line.text);
    if (stdout !== null) return testBlock(line, stdout[1]!);
    const failed = /^test (.+?) \.\.\. FAILED$/.exec(line.text);
    if (failed !== null) return [listedTest("cargo test", plainTest(failed[1]!), line)];
    if (PANIC.test(line.text)) return panicBlock(line);
    const short = SHORT.exec(line.text);
    if (short !== null) {
      const place = placeOf(short[1]!, short[2], short[3]);
      return [compilerDraft(short[4], short[5]!, [], { first: line.no, last: line.no }, place)];
    }
    const head = HEAD.exec(line.text);
    return head === null || head[1] === "warning" || !/^error(?:\[E\d+\])?: \S/.test(line.text)
      ? undefined
      : errorBlock(line, head);
  },
};

/** Cargo's own sentences; other tools write `error: …` too, and a compiler's has a code or an arrow below. */
const CARGO =
  /^(?:could not compile `|no matching package|failed to (?:select a version|parse manifest|load (?:manifest|source)|get `|run custom build command|verify the checksum|read `|download|resolve)|the lock file .* needs to be updated|cannot update the lock file|test failed, to rerun|doctest failed, to rerun|\d+ targets? failed|unable to (?:update|get packages)|checksum for `|package `.*` (?:cannot be built|depends on|requires)|linking with `|aborting due to|multiple packages link|failed to compile `|invalid (?:character|TOML)|no targets specified|could not find `Cargo\.toml`|manifest path|no such command|target .* failed|toolchain '|component '|feature `|process didn't exit successfully|`cargo \w+` failed|the package `|package collision|cyclic package|no bin target|edition )/;

function errorBlock(line: Line, head: RegExpExecArray) {
  const said = head[3]!;
  return gather(
    [line],
    ({ text }, held) => {
      if (isBlank(text)) return blankGoesOn(held, said);
      if (HEAD.test(text)) return "no";
      if (
        /^\s|^Caused by:|^location searched|^required by|^perhaps you meant|^versions that meet|^the package|^the lock file|^as a result|^help:|^note:|^candidate versions|^all possible versions conflict|^\.\.\.|^\d+ [|+~-]|^failed to select|^previously selected|^If you want|^To learn|^If you/.test(
          text,
        )
      )
        return "take";
      return "no";
    },
    (lines, range) => {
      const texts = lines.map(({ text }) => text);
      const arrow = texts.map((text) => ARROW.exec(text)).find((match) => match !== null) ?? undefined;
      // Without code, arrow or cargo's wording it is some other tool's error.
      if (head[2] === undefined && arrow === undefined && !CARGO.test(said)) return [];
      return [compilerDraft(head[2], said, texts.slice(1), range, arrow && placeOf(arrow[1]!, arrow[2], arrow[3]))];
    },
  );
}

/** Cargo's own errors go on after a blank line with "Caused by:"; a compiler's picture ends at the first. */
function blankGoesOn(held: readonly Line[], said: string) {
  return CARGO.test(said) &&
    !/^could not compile|^aborting|^test failed/.test(said) &&
    !isBlank(held.at(-1)!.text) &&
    held.length < 60
    ? ("take" as const)
    : ("no" as const);
}

function compilerDraft(
  code: string | undefined,
  said: string,
  more: readonly string[],
  range: { first: number; last: number },
  place: ReturnType<typeof placeOf> | undefined,
): Draft {
  const all = more.join("\n");
  const lint = find(all, /`-[DF] ([\w:-]+)`/) ?? find(all, /#\[deny\(([\w:]+)\)\]/);
  const implied = /implied by `-D warnings`|requested on the command line with `-D warnings`/.test(all);
  const names = [...said.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
  const version = /requirement `(.+?)`/.exec(said + all);
  const suggestion =
    find(all, /^\d+\s+[+~]\s+(.*)$/m) ??
    find(all, /help: .*?: `([^`]+)`/) ??
    find(all, /(?:similar name|perhaps you meant):?.*?`([^`]+)`/) ??
    find(all, /perhaps you meant:?\s+(\S+)/);
  const consequence =
    /^(?:could not compile|aborting due to|test failed, to rerun|doctest failed|\d+ targets? failed|process didn't exit|`cargo)/.test(
      said,
    );
  const manifest = place?.file.endsWith(".toml") === true;
  return {
    tool: lint?.startsWith("clippy::")
      ? "clippy"
      : manifest || (place === undefined && code === undefined)
        ? "cargo"
        : "rustc",
    category: manifest ? "configuration" : rustCategory(code, said, all, lint, implied, place !== undefined),
    message: said,
    ...range,
    place,
    ...(consequence ? { rank: "consequence" as const } : {}),
    captures: {
      rule: code ?? lint?.replaceAll("-", "_"),
      identifier: names[0],
      suggestion,
      package: /package|crate/.test(said) ? names[0]?.split(" ")[0] : undefined,
      version: version?.[1],
      module: code === "E0432" || code === "E0433" ? names[0] : undefined,
      expected: find(all, /expected `([^`]+)`, found/) ?? find(said, /expected `([^`]+)`/),
      actual: find(all, /expected .+?, found `?([^`\n]+)`?/),
      ...cargoAsks(`${said}\n${all}`),
    },
    key:
      code ??
      lint ??
      (place === undefined && names[0] !== undefined && /package|crate|version/.test(said) ? names[0] : undefined),
  };
}

function rustCategory(
  code: string | undefined,
  said: string,
  all: string,
  lint: string | undefined,
  implied: boolean,
  placed: boolean,
): Category {
  if (/lock file .* needs to be updated|cannot update the lock file|checksum for `/.test(said + all))
    return "dependency_lock";
  if (/failed to select a version/.test(said + all))
    return /all possible versions conflict|conflict/.test(all) ? "dependency_conflict" : "dependency_resolution";
  if (
    /no matching package|failed to load source|failed to get `|unable to (?:update|get packages)|failed to download|failed to resolve: use of (?:undeclared|unresolved) (?:crate|module)/.test(
      said,
    )
  )
    return categoryOf(said + all, placed ? "compilation" : "dependency_resolution");
  if (lint?.startsWith("clippy::")) return "lint";
  if (lint !== undefined && code === undefined) return implied ? "warnings_as_errors" : "lint";
  if (/^(?:test failed|doctest failed)/.test(said)) return "test";
  if (
    /failed to parse manifest|invalid (?:character|TOML)|could not find `Cargo\.toml`|no such command|toolchain '|edition /.test(
      said + all,
    )
  )
    return "configuration";
  return placed ? "compilation" : categoryOf(said + all, "compilation");
}

function testBlock(line: Line, test: string) {
  return gather(
    [line],
    ({ text }) => (STDOUT.test(text) || /^failures:$|^test result: |^successes:$/.test(text) ? "no" : "take"),
    (lines, range) => [
      panicDraft(
        lines.map(({ text }) => text),
        range,
        plainTest(test),
      ),
    ],
  );
}

/** The test's name without what libtest says of it. */
function plainTest(name: string): string {
  return name.replace(/ - should panic$/, "");
}

function panicBlock(line: Line) {
  return gather(
    [line],
    ({ text }, held) => {
      if (/^note: (?:run with|Some details)/.test(text)) return "last";
      if (/^\s+\d+: |^\s+at |^stack backtrace:|^\s*(?:left|right): /.test(text)) return "take";
      return held.length < 4 && !isBlank(text) && !PANIC.test(text) ? "take" : "no";
    },
    (lines, range) => [
      {
        ...panicDraft(
          lines.map(({ text }) => text),
          range,
          undefined,
        ),
        confidence: "likely",
      },
    ],
  );
}

function panicDraft(texts: readonly string[], range: { first: number; last: number }, test: string | undefined): Draft {
  const at = texts.findIndex((text) => PANIC.test(text));
  const panic = at === -1 ? null : PANIC.exec(texts[at]!);
  const after = texts.slice(at + 1).find((text) => !isBlank(text));
  const only = texts.slice(1).find((text) => !isBlank(text));
  // `note: test did not panic as expected at src/lib.rs:20:8`, and what a test returned: `Error: "shut"`
  const calm =
    at === -1 ? /^note: (test did not panic as expected)(?: at (\S+?):(\d+):(\d+))?$/.exec(only ?? "") : null;
  const said = panic?.[2] ?? calm?.[1] ?? (at === -1 ? only : after) ?? "panicked";
  const where = panic === null ? (calm?.[2] === undefined ? undefined : calm.slice(1)) : panic.slice(2);
  const value = (name: string) =>
    texts.map((text) => new RegExp(`^\\s*${name}: \`?(.+?)\`?,?$`).exec(text)?.[1]).find(Boolean);
  return {
    tool: test === undefined ? "rust" : "cargo test",
    category: test === undefined ? "unknown" : "test",
    message: said,
    ...(test === undefined ? {} : { test }),
    ...range,
    place: where === undefined ? undefined : placeOf(where[1]!, where[2], where[3]),
    captures: { actual: value("left"), expected: value("right") },
  };
}
