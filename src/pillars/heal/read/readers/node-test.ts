import type { Line } from "../clean.ts";
import { gather, placeOf, type ToolReader } from "../reader.ts";
import { javascriptCaptures, javascriptKey, ownFrame } from "./javascript-message.ts";
import { indentOf, isBlank } from "./text.ts";

// Spec: "✖ name (1.2ms)" as tests run, then after "✖ failing tests:" each with its place and error.
// TAP: "not ok 1 - name" with a YAML block. Other TAP producers (tape, bats, prove) share the first line.
const SPEC = /^(\s*)✖ (.+?) \((\d+(?:\.\d+)?)ms\)(?: # (.*))?$/;
const AT = /^test at (.+):(\d+):(\d+)$/;
const NOT_OK = /^(\s*)not ok \d+(?: -)? ?(.*?)(?: # (TODO|SKIP)\b.*)?$/i;

export const nodeTest: ToolReader = {
  tool: "node:test",
  hints: ["✖ ", "not ok "],
  start(line, lane) {
    const spec = SPEC.exec(line.text);
    if (spec !== null)
      return specBlock(line, spec, AT.exec(lane.back(1)?.text ?? "") === null ? undefined : lane.back(1));
    const tap = NOT_OK.exec(line.text);
    return tap === null || tap[3] !== undefined ? undefined : tapBlock(line, tap);
  },
};

function specBlock(line: Line, spec: RegExpExecArray, at: Line | undefined) {
  const indent = spec[1]!.length;
  return gather(
    at === undefined ? [line] : [at, line],
    ({ text }) =>
      isBlank(text) || (indentOf(text) > indent && !SPEC.test(text) && !/^\s*[✔▶ℹ]/.test(text)) ? "take" : "no",
    (lines, range) => {
      const error = errorOf(lines.slice(at === undefined ? 1 : 2).map(({ text }) => text));
      const place = at === undefined ? null : AT.exec(at.text);
      const frame = ownFrame(lines.map(({ text }) => text));
      // In the running list a line stands for a test or for the suite around it; only the list at the end has errors.
      if (error === undefined && at === undefined) {
        return [
          {
            tool: "node:test",
            category: "test",
            message: `test failed: ${spec[2]}`,
            test: spec[2]!,
            ...range,
            rank: "consequence",
            echo: true,
          },
        ];
      }
      const message = error ?? `test failed: ${spec[2]}`;
      return [
        {
          tool: "node:test",
          category: "test",
          message,
          test: spec[2]!,
          ...range,
          place:
            frame !== undefined
              ? placeOf(frame.file, frame.line, frame.column)
              : place === null
                ? undefined
                : placeOf(place[1]!, place[2], place[3]),
          ...(/^'\d+ subtests? failed'|test failed'?$/.test(message) ? { rank: "consequence" as const } : {}),
          captures: {
            ...javascriptCaptures(bare(message)),
            ...expectation(lines),
            test_file: place === null ? undefined : placeOf(place[1]!).file,
          },
          key: javascriptKey(bare(message)),
        },
      ];
    },
  );
}

function tapBlock(line: Line, tap: RegExpExecArray) {
  const indent = tap[1]!.length;
  let yaml = false;
  return gather(
    [line],
    ({ text }) => {
      if (/^\s*---$/.test(text) && !yaml) {
        yaml = true;
        return "take";
      }
      if (yaml && /^\s*\.\.\.$/.test(text)) return "last";
      if (yaml) return indentOf(text) > indent || isBlank(text) ? "take" : "no";
      return /^\s*#(?! Subtest)/.test(text) && indentOf(text) >= indent ? "take" : "no";
    },
    (lines, range) => {
      const body = lines.slice(1).map(({ text }) => text);
      const field = (name: string) => yamlField(body, name);
      const kind = field("failureType");
      const location = /^(.+):(\d+):(\d+)$/.exec(field("location") ?? "");
      const error =
        field("error") ?? body.filter((text) => /^\s*#/.test(text)).map((text) => text.replace(/^\s*#\s*/, ""))[0];
      const name = field("name");
      const message =
        error === undefined
          ? `test failed: ${tap[2]}`
          : `${name === undefined || error.startsWith(name) ? "" : `${name}: `}${error}`;
      const stack = body
        .slice(body.findIndex((text) => /^\s*stack:/.test(text)) + 1)
        .map((text) => `at ${text.trim()}`);
      const frame = ownFrame(stack);
      return [
        {
          tool: "node:test",
          category: "test",
          message,
          test: tap[2]!,
          ...range,
          place:
            frame !== undefined
              ? placeOf(frame.file, frame.line, frame.column)
              : location === null
                ? undefined
                : placeOf(location[1]!, location[2], location[3]),
          ...(kind === "subtestsFailed" ? { rank: "consequence" as const } : {}),
          captures: {
            ...javascriptCaptures(error ?? ""),
            expected: field("expected"),
            actual: field("actual"),
            test_file: location === null ? undefined : placeOf(location[1]!).file,
          },
          key: javascriptKey(error ?? ""),
        },
      ];
    },
  );
}

/** A scalar of TAP's YAML block: plain, quoted, or the lines of a `|-` block joined. */
function yamlField(body: readonly string[], name: string): string | undefined {
  const at = body.findIndex((text) => text.trimStart().startsWith(`${name}:`));
  if (at === -1) return undefined;
  const value = body[at]!.trimStart()
    .slice(name.length + 1)
    .trim();
  if (!/^\|[-+]?$|^>[-+]?$/.test(value)) return value === "" ? undefined : value.replace(/^(['"])(.*)\1$/, "$2");
  const indent = indentOf(body[at]!);
  const inner: string[] = [];
  for (const text of body.slice(at + 1)) {
    if (!isBlank(text) && indentOf(text) <= indent) break;
    if (!isBlank(text)) inner.push(text.trim());
  }
  return inner.join(" ");
}

function errorOf(body: readonly string[]): string | undefined {
  const said: string[] = [];
  for (const text of body) {
    if (/^\s+at\s/.test(text)) break;
    if (isBlank(text)) continue;
    said.push(text.trim().replace(/ \{$/, ""));
    if (said.length === 12) break;
  }
  return said.length === 0 ? undefined : said.join(" ").replace(/^\[(.*)\]$/, "$1");
}

function bare(message: string): string {
  return message.replace(/^\w*(?:Error|Exception)(?: \[\w+\])?: /, "");
}

function expectation(lines: readonly Line[]): Record<string, string | undefined> {
  const value = (name: string) =>
    lines
      .map(({ text }) => new RegExp(`^\\s+${name}: (.+?),?$`).exec(text)?.[1])
      .find(Boolean)
      ?.replace(/^'(.*)'$/, "$1");
  return { expected: value("expected"), actual: value("actual") };
}
