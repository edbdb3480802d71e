import type { Line } from "../clean.ts";
import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import { find } from "./text.ts";

// stylish:  /x/src/a.js                             compact: /x/a.js: line 1, col 7, Error - … (rule)
//             1:7  error  'a' is not defined  no-undef   unix: /x/a.js:1:7: … [Error/no-undef]
// A file's rows are one failure each.
const ROW = /^\s+(\d+):(\d+)\s+(error|warning)\s+(.+?)(?:\s{2,}(\S+))?$/;
const COMPACT = /^(\S.*?): line (\d+), col (\d+), Error - (.*?)(?: \(([^()\s]+)\))?$/;
const UNIX = /^(\S.*?):(\d+):(\d+): (.*) \[Error(?:\/(\S+))?\]$/;
const TOTAL = /^✖ (\d+) problems? \((\d+) errors?, (\d+) warnings?\)$/;
const TOO_MANY = /^(?:ESLint found too many warnings \(maximum: (\d+)\)\.|.*Oops! Something went wrong! :\()$/;

export const eslint: ToolReader = {
  tool: "eslint",
  hints: [
    " error  ",
    " error ",
    "Error - ",
    "[Error/",
    "too many warnings",
    "Oops! Something",
    "problems (",
    "problem (",
  ],
  start(line, lane) {
    const row = ROW.exec(line.text);
    if (row !== null) return row[3] === "warning" ? undefined : rowDraft(line, row, fileAbove(lane.back));
    const flat = COMPACT.exec(line.text) ?? UNIX.exec(line.text);
    if (flat !== null) return [draftOf(line, flat[4]!, flat[5], flat[1]!, flat[2], flat[3])];
    const many = TOO_MANY.exec(line.text);
    if (many !== null) {
      if (many[1] === undefined) return brokenBlock(line);
      return [
        {
          tool: "eslint",
          category: "warnings_as_errors",
          message: line.text.trim(),
          first: line.no,
          last: line.no,
        },
      ];
    }
    const total = TOTAL.exec(line.text);
    if (total === null || total[2] === "0") return undefined;
    return [
      {
        tool: "eslint",
        category: "lint",
        message: line.text.slice(2),
        first: line.no,
        last: line.no,
        rank: "consequence",
        confidence: "likely",
      },
    ];
  },
};

/** "Oops! Something went wrong! :(", the version, and then what it was, up to the next blank line. */
function brokenBlock(line: Line) {
  const said = (held: readonly Line[]) =>
    held.slice(1).filter(({ text }) => text.trim() !== "" && !/^ESLint: \d/.test(text));
  return gather(
    [line],
    ({ text }, held) =>
      /^(?:##\[|npm |ELIFECYCLE|error Command)/.test(text) ||
      (text.trim() === "" && said(held).length > 0) ||
      held.length > 60
        ? "no"
        : "take",
    (lines, range) => [
      {
        tool: "eslint",
        category: "configuration",
        message: (said(lines)[0] ?? line).text.trim(),
        ...range,
      },
    ],
  );
}

function rowDraft(line: Line, row: RegExpExecArray, file: string | undefined): readonly Draft[] | undefined {
  return file === undefined ? undefined : [draftOf(line, row[4]!, row[5], file, row[1], row[2])];
}

function draftOf(
  line: Line,
  said: string,
  rule: string | undefined,
  file: string,
  at: string | undefined,
  column: string | undefined,
): Draft {
  // yamllint draws the same rows, with the rule in parentheses.
  const yaml = rule === undefined ? /^(.+?)\s+\(([a-z-]+)\)$/.exec(said) : null;
  if (yaml !== null && /\.ya?ml$|^\/dev\/|^stdin$/.test(file)) {
    const syntax = yaml[2] === "syntax";
    return {
      tool: "yamllint",
      category: syntax ? "compilation" : "lint",
      message: yaml[1]!,
      first: line.no,
      last: line.no,
      place: placeOf(file, at, column),
      captures: { rule: yaml[2] },
      key: yaml[2],
    };
  }
  const parsing = find(said, /^(?:Parsing error: |Fatal: )(.*)$/);
  return {
    tool: "eslint",
    category: parsing === undefined ? "lint" : "compilation",
    message: said,
    first: line.no,
    last: line.no,
    place: placeOf(file, at, column),
    captures: { rule, identifier: find(said, /['‘`"]([^'’`"]+)['’`"]/) },
    key: rule,
  };
}

/** The file's own line stands above its rows, without indentation. */
function fileAbove(back: (n: number) => Line | undefined): string | undefined {
  for (let n = 1; n < 60; n++) {
    const text = back(n)?.text;
    if (text === undefined || text.trim() === "") return undefined;
    if (!/^\s/.test(text)) return /[./\\]/.test(text) && !/\s{2}|: /.test(text) ? text : undefined;
  }
  return undefined;
}
