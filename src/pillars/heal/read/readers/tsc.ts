import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { packageOf } from "./javascript-message.ts";
import { find, indentOf, isBlank } from "./text.ts";

// Plain:  src/a.ts(3,5): error TS2304: Cannot find name 'x'.
// Pretty: src/a.ts:3:5 - error TS2304: …   with the source line and ~~~~ below. Whole-program: error TS18003: …
const PLAIN = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/;
const PRETTY = /^(.+?):(\d+):(\d+) - error (TS\d+): (.*)$/;
const GLOBAL = /^(?:.*?: )?error (TS\d+): (.*)$/;

export const tsc: ToolReader = {
  tool: "tsc",
  hints: ["error TS", "TS1", "TS2", "TS5", "TS6", "TS7", "TS18"],
  start(line) {
    const plain = PLAIN.exec(line.text) ?? PRETTY.exec(line.text);
    const global = plain === null ? GLOBAL.exec(line.text) : null;
    if (plain === null && global === null) return undefined;
    const pretty = plain !== null && PRETTY.test(line.text);
    return gather(
      [line],
      ({ text }, held) => {
        if (PLAIN.test(text) || PRETTY.test(text) || GLOBAL.test(text)) return "no";
        if (isBlank(text)) return pretty && held.length < 12 ? "take" : "no";
        return indentOf(text) > 0 || (pretty && /^\d+\s/.test(text)) ? "take" : "no";
      },
      (lines, range) => [
        draftOf(
          plain,
          global,
          lines.slice(1).map(({ text }) => text.trim()),
          range,
        ),
      ],
    );
  },
};

function draftOf(
  placed: RegExpExecArray | null,
  global: RegExpExecArray | null,
  more: readonly string[],
  range: { first: number; last: number },
): Draft {
  const rule = placed?.[4] ?? global![1]!;
  const said = placed?.[5] ?? global![2]!;
  const name =
    find(said, /^Cannot find name '([^']+)'/) ??
    find(said, /^'([^']+)' is declared/) ??
    find(said, /has no exported member (?:named )?'([^']+)'/) ??
    find(said, /^Property '([^']+)'/) ??
    find(said, /^'([^']+)'/);
  const module =
    find(said, /(?:Cannot find module|declaration file for module) '([^']+)'/) ?? find(said, /^Module '"?([^"']+)"?'/);
  const types =
    /Type '(.+?)' is not assignable to type '(.+?)'/.exec(said) ??
    /Argument of type '(.+?)' is not assignable to parameter of type '(.+?)'/.exec(said);
  return {
    tool: "tsc",
    category: categoryOf(rule, module),
    message: said,
    ...range,
    place: placed === null ? undefined : placeOf(placed[1]!, placed[2], placed[3]),
    captures: {
      rule,
      identifier: name,
      suggestion: find(
        said,
        /Did you mean (?:the instance member |to (?:use|call|import|write) )?['"`]?(.+?)['"`]?(?: instead)?\?/,
      ),
      module,
      package: packageOf(module) ?? find(said, /npm (?:i|install) (?:--save-dev|-D) (\S+?)`/),
      install: find([said, ...more].join(" "), /Try `npm i(?:nstall)? (?:--save-dev|-D) (\S+)`/),
      actual: types?.[1],
      expected: types?.[2],
      type: find(said, /(?:does not exist on|missing in) type '(.+?)'/),
    },
    key: [rule, packageOf(module)].filter(Boolean).join(" "),
  };
}

function categoryOf(rule: string, module: string | undefined): Category {
  const code = Number(rule.slice(2));
  if (code === 2307 && packageOf(module) !== undefined) return "dependency_resolution";
  if (code === 2307 || code < 2000) return "compilation";
  if (code >= 5000 && code < 7000 && ![6133, 6192, 6196, 6198, 6138].includes(code)) return "configuration";
  if (code === 18003 || code === 18002) return "configuration";
  return "type";
}
