import type { Line } from "../clean.ts";
import { gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { javascriptCaptures, javascriptKey, ownFrame } from "./javascript-message.ts";
import { find, indentOf } from "./text.ts";

// FAIL src/a.test.js
//   ● refund › is idempotent          also "● Test suite failed to run"; repeated under "Summary of all failing tests"
//
//     expect(received).toBe(expected)
const HEAD = /^\s{2}● (?!Console|Deprecation|Validation)(.+)$/;
const FILE = /^\s*FAIL {1,2}(?:(\S+) )?(\S+\.[cm]?[jt]sx?)(?: \([\d.]+ m?s\))?$/;

export const jest: ToolReader = {
  tool: "jest",
  hints: ["● "],
  start(line, lane) {
    const head = HEAD.exec(line.text);
    if (head === null) return undefined;
    const file = fileAbove(lane.back);
    return gather(
      [line],
      ({ text }) => (text.trim() === "" || (indentOf(text) >= 4 && !HEAD.test(text)) ? "take" : "no"),
      (lines, range) => {
        const texts = lines.slice(1).map(({ text }) => text);
        const body = texts.filter((text) => text.trim() !== "").map((text) => text.trim());
        const stop = body.findIndex((text) => /^(?:>? ?\d+ \||at )/.test(text));
        const told = body.slice(0, stop === -1 ? 6 : Math.max(stop, 1));
        const error = /^((?:[A-Z]\w*)?(?:Error|Exception)): (.*)$/.exec(told[0] ?? "");
        const expected =
          find(body.join("\n"), /^Expected(?: \w+)*: +(.*)$/m) ??
          find(body.join("\n"), /^Snapshot: +(.*)$/m) ??
          // node:assert under jest: the value stands on the next line.
          find(body.join("\n"), /^Expected value to .*:\n(.*)$/m);
        const actual =
          find(body.join("\n"), /^Received(?: \w+)*: +(.*)$/m) ?? find(body.join("\n"), /^Received:\n(.*)$/m);
        const message =
          error === null && expected !== undefined && actual !== undefined
            ? `${told[0]} expected ${expected}, received ${actual}`
            : (told[0] ?? "test failed");
        const frame = ownFrame(texts);
        const suite = head[1] === "Test suite failed to run";
        const said = error?.[2] ?? message;
        const place =
          frame !== undefined
            ? placeOf(frame.file, frame.line, frame.column)
            : (parsePlace(body) ?? (file === undefined ? undefined : placeOf(file)));
        return [
          {
            tool: "jest",
            category: categoryOf(said, error?.[1], suite),
            message,
            test: suite ? (file ?? head[1]!) : head[1]!.replaceAll(" › ", " > "),
            ...range,
            place,
            captures: {
              ...javascriptCaptures(body.join("\n")),
              error: error?.[1],
              expected,
              actual,
              test_file: file,
              snapshot: find(body.join("\n"), /^Snapshot name: `(.+)`$/m),
            },
            key: javascriptKey(body[0] ?? ""),
          },
        ];
      },
    );
  },
};

/** ts-jest and babel write `src/a.ts:3:5 - error TS…` or `SyntaxError: /x/a.js: Unexpected token (1:10)`. */
function parsePlace(body: readonly string[]) {
  const match = body
    .map((text) => /^(\S+\.[cm]?[jt]sx?):(\d+):(\d+)/.exec(text) ?? /SyntaxError: (\S+?): .*\((\d+):(\d+)\)/.exec(text))
    .find((found) => found !== null);
  return match ? placeOf(match[1]!, match[2], match[3]) : undefined;
}

function categoryOf(said: string, error: string | undefined, suite: boolean): Category {
  if (/Cannot find (?:package|module)/.test(said)) return "dependency_resolution";
  if (suite && /error TS\d+|TSError/.test(said)) return "type";
  if (suite && (error === "SyntaxError" || /Jest encountered an unexpected token|Unexpected token/.test(said)))
    return "compilation";
  if (suite && /Configuration error|Could not locate module|Validation Error/.test(said)) return "configuration";
  return "test";
}

function fileAbove(back: (n: number) => Line | undefined): string | undefined {
  for (let n = 1; n < 60; n++) {
    const line = back(n);
    if (line === undefined) return undefined;
    const file = FILE.exec(line.text);
    if (file !== null) return file[2];
  }
  return undefined;
}
