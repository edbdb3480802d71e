import type { Line } from "../clean.ts";
import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { find } from "./text.ts";

// mypy, pyright:  a.py:3: error: Name "x" is not defined  [name-defined]    /x/a.py:3:5 - error: … (reportUndefinedVariable)
// ruff, flake8:   a.py:1:8: F401 [*] `os` imported but unused               pylint: a.py:3:0: E0602: Undefined variable 'x' (undefined-variable)
// ruff ≥ 0.13:    F401 [*] `os` imported but unused\n --> a.py:1:8\n  |
// black, isort:   would reformat a.py    ERROR: /x/a.py Imports are incorrectly sorted
const MYPY =
  /^(\S.*?\.pyi?):(\d+)(?::(\d+))?(?::\d+:\d+)?(?:: | - )error: (.*?)(?: {2}\[([\w-]+)\]| \((report\w+)\))?$/;
const RUFF =
  /^(\S.*?\.(?:pyi?|ipynb))(?::cell \d+)?:(\d+):(\d+):? ([A-Z]{1,5}\d{2,4}|invalid-syntax|SyntaxError):? (?:\[\*\] )?(.*?)(?: \(([\w-]+)\))?$/;
const RUFF_FULL = /^([A-Z]{1,5}\d{2,4}|invalid-syntax|[a-z]+(?:-[a-z]+)+)(?::)? (\[\*\] )?(.+)$/;
const ARROW = /^\s*--> (.+?):(\d+):(\d+)$/;
const FORMAT =
  /^(?:would reformat|Would reformat:) (.+)$|^ERROR: (\S+\.py) (Imports are incorrectly sorted and\/or formatted\.)$|^error: cannot format (\S+): (.*)$/;
// black ≥ 25:  error: cannot parse: a.py:1:11, then the source line, a caret and the parser's word
const BLACK_PARSE = /^error: cannot parse: (\S+?):(\d+):(\d+)$/;

export const pythonLint: ToolReader = {
  tool: "ruff",
  hints: [
    ".py:",
    ".pyi:",
    ".ipynb:",
    "ould reformat",
    "incorrectly sorted",
    "cannot format",
    "cannot parse",
    "[*] ",
    "-syntax: ",
    " --> ",
  ],
  start(line, lane) {
    const { text } = line;
    const mypy = MYPY.exec(text);
    if (mypy !== null) return mypyBlock(line, mypy);
    const ruff = RUFF.exec(text);
    if (ruff !== null)
      return [
        lintDraft(
          toolOf(ruff[4]!, ruff[5]!, ruff[6]),
          ruff[4]!,
          ruff[5]!,
          line.no,
          line.no,
          placeOf(ruff[1]!, ruff[2], ruff[3]),
          text.includes("[*]"),
        ),
      ];
    const parse = BLACK_PARSE.exec(text);
    if (parse !== null) {
      return gather(
        [line],
        ({ text: next }) => (/^\s|^\w*Error: /.test(next) ? "take" : "no"),
        (lines, range) => [
          {
            tool: "black",
            category: "compilation",
            message: lines.map((one) => /^\w*Error: (.*)$/.exec(one.text)?.[1]).find(Boolean) ?? "cannot parse",
            ...range,
            place: placeOf(parse[1]!, parse[2], parse[3]),
          },
        ],
      );
    }
    const format = FORMAT.exec(text);
    if (format !== null) {
      const file = format[1] ?? format[2] ?? format[4]!;
      const broken = format[5];
      return [
        {
          tool: format[2] === undefined ? "black" : "isort",
          category: broken === undefined ? "lint" : "compilation",
          message: broken ?? format[3] ?? "would reformat",
          first: line.no,
          last: line.no,
          place: placeOf(file),
          captures: { rule: "format" },
          key: "format",
        },
      ];
    }
    // The arrow carries a hint whatever the rule is called; its head is the line above.
    const arrow = ARROW.exec(text);
    const above = lane.back(1);
    const head = arrow === null || above === undefined ? null : RUFF_FULL.exec(above.text);
    if (
      arrow === null ||
      above === undefined ||
      head === null ||
      !/\.(?:pyi?|ipynb|toml)$/.test(arrow[1]!.replace(/:cell \d+$/, ""))
    )
      return undefined;
    return gather(
      [above, line],
      ({ text: next }) =>
        /^\s*(?:\d+ )?\s*[|+-](?:\s|$)|^\s*\d+ [|+-]|^\s*(?:\||\.\.\.)|^(?:help|note|info): /.test(next)
          ? "take"
          : "no",
      (_lines, range) => [
        lintDraft(
          "ruff",
          head[1]!,
          head[3]!,
          range.first,
          range.last,
          placeOf(arrow[1]!, arrow[2], arrow[3]),
          head[2] !== undefined,
        ),
      ],
    );
  },
};

/**
 * With --pretty mypy wraps the message, so that the rule can stand on the next line, and shows the source line with a
 * mark below it, both indented.
 */
function mypyBlock(line: Line, match: RegExpExecArray) {
  const ruled = (match[5] ?? match[6]) !== undefined;
  return gather(
    [line],
    ({ text }, held) => {
      if (/^ {4,}\S/.test(text)) return "take";
      if (text.startsWith(`${match[1]}:${match[2]}:`) && / note: /.test(text)) return "take";
      return !ruled && held.length === 1 && /^(?!\S+:\d+:).*\[[a-z-]+\]$/.test(text) ? "take" : "no";
    },
    (lines, range) => {
      const wrapped = ruled ? null : /^(.*?) *\[([a-z-]+)\]$/.exec(lines[1]?.text ?? "");
      const install = lines.map(({ text }) => /Hint: "python3 -m pip install ([\w.-]+)"/.exec(text)?.[1]).find(Boolean);
      const said = wrapped === null ? match[4]! : `${match[4]!.trim()} ${wrapped[1]}`.trim();
      const draft = mypyDraft(range.first, match, said, match[5] ?? match[6] ?? wrapped?.[2]);
      return [{ ...draft, last: range.last, captures: { ...draft.captures, install } }];
    },
  );
}

function mypyDraft(no: number, match: RegExpExecArray, said: string, rule: string | undefined): Draft {
  const module =
    find(said, /(?:module|stubs for|library stubs not installed for) (?:named )?"([\w.]+)"/) ??
    find(said, /Import "([\w.]+)" could not be resolved/);
  const types =
    /expression has type "(.+?)", variable has type "(.+?)"/.exec(said) ??
    /has incompatible type "(.+?)"; expected "(.+?)"/.exec(said) ??
    /got "(.+?)", expected "(.+?)"/.exec(said);
  return {
    tool: match[6] === undefined ? "mypy" : "pyright",
    category: rule === "syntax" ? "compilation" : "type",
    message: said,
    first: no,
    last: no,
    place: placeOf(match[1]!, match[2], match[3]),
    captures: {
      rule,
      module,
      package: module?.split(".")[0],
      identifier: find(said, /(?:Name|attribute|argument) "([^"]+)"/) ?? find(said, /"([^"]+)" is not defined/),
      suggestion: find(said, /[Mm]aybe(?: you meant)? "([^"]+)"/),
      actual: types?.[1],
      expected: types?.[2],
    },
    key: [rule, module].filter(Boolean).join(" "),
  };
}

function lintDraft(
  tool: string,
  rule: string,
  said: string,
  first: number,
  last: number,
  place: ReturnType<typeof placeOf>,
  fixable: boolean,
): Draft {
  const syntax = /^(?:invalid-syntax|SyntaxError|E999|E902)$/.test(rule);
  const category: Category = syntax ? "compilation" : "lint";
  return {
    tool,
    category,
    message: said,
    first,
    last,
    place,
    captures: { rule, identifier: find(said, /[`'"]([^`'"]+)[`'"]/), fixable: fixable ? "true" : undefined },
    key: rule,
  };
}

/** Pylint closes with the rule's name; flake8 and ruff write alike, but ruff begins with a capital or a code span. */
function toolOf(rule: string, said: string, name: string | undefined): string {
  if (name !== undefined && /^[CREWF]\d{4}$/.test(rule)) return "pylint";
  return /^[a-z'"]/.test(said) ? "flake8" : "ruff";
}
