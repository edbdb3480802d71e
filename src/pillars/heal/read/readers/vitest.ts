import { gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { javascriptCaptures, javascriptKey } from "./javascript-message.ts";
import { find, isBlank } from "./text.ts";

//  FAIL  test/a.test.ts > suite > name            a suite that did not load: " FAIL  t/b.test.js [ t/b.test.js ]"
// AssertionError: expected 200 to be +0
//  ❯ test/a.test.ts:2:70
// ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/5]⎯                  workspaces: " FAIL  |unit| test/…"
const HEAD = /^\s*FAIL\s{2}(?:\|?([\w@/. -]+?)\|? )??(\S+\.[cm]?[jt]sx?)(?: > (.+)| \[ .* \])?$/;
const RULE = /^⎯{2,}/;
const UNHANDLED = /^⎯+ (Unhandled (?:Errors|Rejection|Error)|Uncaught Exception|Startup Error) ⎯+$/;
// Jest writes the same first line when it colours; its tests follow as a tree or below dots.
const JEST = /^\s+(?:● |[✕✓○] |Test suite failed to run)/;
const ERROR = /^\s*((?:[A-Z]\w*)?(?:Error|Exception)|Error)(?: \[\w+\])?: (.*)$/;

export const vitest: ToolReader = {
  tool: "vitest",
  hints: ["FAIL ", "⎯ Un", "⎯ Startup"],
  start(line) {
    const head = HEAD.exec(line.text);
    const unhandled = head === null ? UNHANDLED.exec(line.text) : null;
    if (head === null && unhandled === null) return undefined;
    let jest = false;
    return gather(
      [line],
      ({ text }, held) => {
        if (head !== null && JEST.test(text)) {
          jest = true;
          return "no";
        }
        // Several heads in a row share one error.
        if (HEAD.test(text)) return held.every((other) => HEAD.test(other.text)) ? "take" : "no";
        if (RULE.test(text))
          return unhandled !== null && held.length < 12 && UNHANDLED.test(text)
            ? "take"
            : /\[\d+\/\d+\]/.test(text)
              ? "last"
              : "no";
        return /^\s*(?:Test Files|Tests|Start at)\s/.test(text) ? "no" : "take";
      },
      (lines, range) => {
        if (jest) return [];
        const texts = lines.map(({ text }) => text);
        const at = texts.findIndex((text) => ERROR.test(text));
        const name = at === -1 ? undefined : ERROR.exec(texts[at]!)![1]!;
        const said =
          at === -1
            ? (texts
                .slice(1)
                .find((text) => !isBlank(text) && !HEAD.test(text))
                ?.trim() ?? "test failed")
            : ERROR.exec(texts[at]!)![2]!;
        const frame = texts
          .map((text) => /^\s*❯ (?:.*?\s)?(\S+?):(\d+):(\d+)$/.exec(text))
          .find((match) => match !== null && !/node_modules|^node:/.test(match[1]!));
        const location = /^\s*❯? ?(\S+\.[cm]?[jt]sx?):(\d+):(\d+)$/;
        const place =
          frame ??
          texts
            .slice(1)
            .map((text) => location.exec(text))
            .find((match) => match !== null);
        const base = {
          tool: "vitest",
          category: categoryOf(name, said, head !== null && head[3] === undefined),
          message: name === undefined ? said : `${name}: ${said}`,
          ...range,
          captures: { ...javascriptCaptures(said), error: name, ...expectation(texts, said) },
          key: javascriptKey(said),
        };
        const heads = texts.map((text) => HEAD.exec(text)).filter((match) => match !== null);
        if (heads.length === 0)
          return [{ ...base, ...(place ? { place: placeOf(place[1]!, place[2], place[3]) } : {}) }];
        return heads.map((match) => ({
          ...base,
          test: match[3] ?? match[2]!,
          place: place ? placeOf(place[1]!, place[2], place[3]) : placeOf(match[2]!),
          captures: { ...base.captures, test_file: match[2] },
        }));
      },
    );
  },
};

function categoryOf(name: string | undefined, said: string, suite: boolean): Category {
  if (/Cannot find (?:package|module)|Failed to (?:resolve import|load url)/.test(said)) return "dependency_resolution";
  if (suite && (name === "SyntaxError" || /Transform failed|Unexpected token|Expected .* but found/.test(said)))
    return "compilation";
  return "test";
}

function expectation(texts: readonly string[], said: string): Record<string, string | undefined> {
  const minus = texts.filter((text) => /^- (?!Expected)/.test(text)).map((text) => text.slice(2).trim());
  const plus = texts.filter((text) => /^\+ (?!Received)/.test(text)).map((text) => text.slice(2).trim());
  const compared = /expected (.+?) to (?:be|equal|deeply equal|strictly equal|match) (.+?)(?: \/\/ .*)?$/.exec(said);
  return {
    expected: minus.length > 0 ? minus.join(" ") : compared?.[2],
    actual: plus.length > 0 ? plus.join(" ") : compared?.[1],
    snapshot: find(said, /Snapshot `(.+?)` mismatched/),
  };
}
