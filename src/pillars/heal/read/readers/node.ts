import type { Line } from "../clean.ts";
import { gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { javascriptCaptures, javascriptKey, ownFrame } from "./javascript-message.ts";
import { categoryOf, isBlank } from "./text.ts";

// An uncaught error of node (and of tools that print as node does):
//   file:///x/a.js:3            place, absent for errors thrown by node itself
//   import x from 'y' assert    source line
//                     ^^^^^^
//                               (blank, or not: module linking)
//   SyntaxError: Unexpected identifier 'assert'
//       at …
//   Node.js v24.1.0
const HEADER =
  /^(?:\s*Exception during run: |Uncaught |\(node:\d+\) )?(?:Unhandled ?Promise ?Rejection.*?: )?((?:[A-Z]\w*)?(?:Error|Exception|Warning)|AggregateError)(?: \[(\w+)\])?(?::\s?(.*))?$/;
const SOURCE = /^((?:file:\/\/|\/|[A-Za-z]:\\|node:)\S*?):(\d+)$/;
const CARET = /^\s*[\^~]+\s*$/;
const FRAME = /^\s+at\s/;
const VERSION = /^Node\.js v\d/;

export const node: ToolReader = {
  tool: "node",
  hints: ["Error:", "Error [", "Exception:", "Error"],
  start(line, lane) {
    const header = HEADER.exec(line.text);
    // ts-node's own error repeats what tsc says below it.
    if (header === null || header[1]!.endsWith("Warning") || header[1] === "TSError") return undefined;
    const before = picture(line, lane.back);
    // A Python, Ruby or JVM error has the same first line; node's is known by its picture or by the frames that follow.
    let proven = before.place !== undefined;
    let frames = 0;
    return gather(
      [...before.lines, line],
      ({ text }, held) => {
        if (VERSION.test(text)) {
          proven = true;
          return "last";
        }
        if (FRAME.test(text)) {
          frames++;
          if (
            /\((?:file:|node:|\/|[A-Za-z]:\\|internal\/)|at (?:async )?(?:file:|node:|\/|[A-Za-z]:\\)|<anonymous>/.test(
              text,
            )
          )
            proven = true;
          return "take";
        }
        if (isBlank(text)) return held.length - before.lines.length > 60 && frames === 0 ? "no" : "take";
        // The dump of the error's own properties: `{`, `  code: 'X',`, `}`, `[cause]`, "Require stack:", "- /x.js".
        if (/^(?:[{}]|\s+\S|- \/|Require stack:|Emitted |\s*\[cause\]|Did you mean)/.test(text)) return "take";
        return frames === 0 && held.length < before.lines.length + 8 && !proven && !/^\S+:/.test(text) ? "take" : "no";
      },
      (lines, range) => {
        if (!proven) return [];
        const texts = lines.map(({ text }) => text);
        const name = header[1]!;
        const end = lines.findIndex(({ text }) => FRAME.test(text));
        const more = lines
          .slice(before.lines.length + 1, end === -1 ? before.lines.length + 3 : end)
          .map(({ text }) => text.trim())
          .filter(Boolean);
        const said = [header[3] ?? "", ...more.filter((text) => !/^(?:Require stack:|- |\{|\}|Node\.js)/.test(text))]
          .join(" ")
          .trim();
        const frame = ownFrame(texts);
        const importer = /imported from (?:file:\/\/)?(.+?)$/.exec(said)?.[1];
        const place: { file: string; line?: string; column?: string } | undefined =
          before.place ?? frame ?? (importer === undefined ? undefined : { file: importer });
        const code = header[2] ?? texts.map((text) => /^\s+code: '(\w+)'/.exec(text)?.[1]).find(Boolean);
        return [
          {
            tool: "node",
            category: categoryFor(name, code, said),
            message: `${name}: ${said}`,
            ...range,
            place: place && placeOf(place.file, place.line, before.column ?? place.column),
            confidence: VERSION.test(texts.at(-1) ?? "") || before.place !== undefined ? "sure" : "likely",
            captures: { ...javascriptCaptures(said), error: name, rule: code, source: before.source },
            key: [name, code, javascriptKey(said)].filter(Boolean).join(" "),
          },
        ];
      },
    );
  },
};

function categoryFor(name: string, code: string | undefined, said: string): Category {
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || /^Cannot find (?:package|module)/.test(said))
    return "dependency_resolution";
  if (/^ERR_(?:PACKAGE_PATH|REQUIRE_ESM|UNSUPPORTED|INVALID_PACKAGE|UNKNOWN_FILE|IMPORT_ATTRIBUTE)/.test(code ?? ""))
    return "compilation";
  // What a compiler would have refused: a name nobody defines.
  if (name === "SyntaxError" || name === "ReferenceError") return "compilation";
  if (name === "AssertionError") return "test";
  return categoryOf(`${code ?? ""} ${said}`, "unknown");
}

/** The source line and caret above an error's first line. */
function picture(
  line: Line,
  back: (n: number) => Line | undefined,
): { lines: Line[]; place?: { file: string; line: string }; column?: number; source?: string } {
  const above: Line[] = [];
  for (let n = 1; n <= 12; n++) {
    const previous = back(n);
    if (previous === undefined || line.no - previous.no > 14) break;
    above.unshift(previous);
    const source = SOURCE.exec(previous.text);
    if (source === null) continue;
    const caret = above.findIndex(({ text }) => CARET.test(text));
    // At the end of a file there is nothing to point at.
    if (caret === -1)
      return above.slice(1).every(({ text }) => isBlank(text))
        ? { lines: above, place: { file: source[1]!, line: source[2]! } }
        : { lines: [] };
    const inNode = source[1]!.startsWith("node:");
    return {
      lines: above,
      ...(inNode
        ? {}
        : {
            place: { file: source[1]!, line: source[2]! },
            column: above[caret]!.text.search(/[\^~]/) + 1,
            source: above[caret - 1]!.text.trim(),
          }),
    };
  }
  return { lines: [] };
}
