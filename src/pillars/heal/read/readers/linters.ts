import type { Line } from "../clean.ts";
import { type Draft, gather, type Lane, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";

/** Linters that say each finding in one line; what one line is, is a row of this table. */
interface Row {
  readonly tool: string;
  readonly pattern: RegExp;
  /** Names of the pattern's groups, in order: file, line, column, rule, message. */
  readonly groups: readonly string[];
  readonly category?: Category;
}

const ROWS: readonly Row[] = [
  // Coverage below what was asked for: c8 and nyc, Jest, Vitest, pytest-cov, coverage.py, JaCoCo.
  {
    tool: "coverage",
    pattern:
      /^(?:ERROR: |\[ERROR\] |FAIL |Jest: |ERROR: )?((?:Coverage for \w+ \([\d.]+%\) does not meet|"?[\w./ -]+"? coverage threshold for \w+ \([\d.]+%\) not met|Required test coverage of [\d.]+% not reached|Coverage failure: total of [\d.]+ is less than|Rule violated for \w+ .*(?:ratio|count) is [\d.]+, but expected).*)$/,
    groups: ["message"],
    category: "policy",
  },
  // ktlint:  a.kt:1:10: Unused import (standard:no-unused-imports)
  {
    tool: "ktlint",
    pattern: /^\s*(\S+\.kts?):(\d+):(\d+): (.+?) \(([a-z][\w/@:-]+)\)$/,
    groups: ["file", "line", "column", "message", "rule"],
  },
  // markdownlint:  a.md:1:1 [error ]MD018/no-missing-space-atx No space after hash …
  {
    tool: "markdownlint",
    pattern: /^(\S.*?\.(?:md|markdown|mdx)):(\d+)(?::(\d+))? (?:error )?(MD\d{3})(?:\/\S+)* (.+)$/,
    groups: ["file", "line", "column", "rule", "message"],
  },
  { tool: "commitlint", pattern: /^✖\s+(?!found \d)(.+?) \[([a-z-]+)\]$/, groups: ["message", "rule"] },
  { tool: "codespell", pattern: /^(\S+?):(\d+): (\S+ ==> .+)$/, groups: ["file", "line", "message"] },
  // hadolint:  Dockerfile:3 DL3008 warning: Pin versions in apt get install
  {
    tool: "hadolint",
    pattern: /^(\S+?):(\d+) ((?:DL|SC)\d{4}) (?:error|warning|info|style): (.+)$/,
    groups: ["file", "line", "rule", "message"],
  },
  // MSBuild, eslint's visualstudio format, dotnet:  /x/a.cs(3,1): error CS1002: ; expected [/x/a.csproj]
  {
    tool: "msbuild",
    pattern: /^\s*(\S[^(]*?)\((\d+),(\d+)(?:,\d+,\d+)?\)\s?: error\s+([\w-]+)?\s?: (.+?)(?: \[[^\]]+proj\])?$/,
    groups: ["file", "line", "column", "rule", "message"],
  },
  // Checkstyle, by Maven, Gradle and Ant:  [ERROR] /x/A.java:12:5: Missing a Javadoc comment. [JavadocVariable]
  {
    tool: "checkstyle",
    pattern: /^(?:\[ant:checkstyle\] )?\[ERROR\] (\S+\.(?:java|kt|xml|properties)):(\d+)(?::(\d+))?: (.+?) \[(\w+)\]$/,
    groups: ["file", "line", "column", "message", "rule"],
  },
  // RuboCop:  a.rb:1:2: C: [Correctable] Style/StringLiterals: Prefer …
  {
    tool: "rubocop",
    pattern:
      /^(\S+\.(?:rb|rake|gemspec)|Gemfile|Rakefile):(\d+):(\d+): [CWEF]: (?:\[Correctable\] )?([A-Z]\w+(?:\/\w+)+): (.+)$/,
    groups: ["file", "line", "column", "rule", "message"],
  },
  // PHP:  PHP Parse error:  syntax error, unexpected … in /x/a.php on line 3
  {
    tool: "php",
    pattern: /^(?:PHP )?(?:Parse|Fatal) error: +(.+) in (\S+\.php)(?: on line |:)(\d+)$/,
    groups: ["message", "file", "line"],
    category: "compilation",
  },
  // actionlint:  .github/workflows/ci.yml:3:5: unexpected key "x" for "job" section [syntax-check]
  {
    tool: "actionlint",
    pattern: /^(\.?[\w./-]+\.ya?ml):(\d+):(\d+): (?:\[error\] )?(.+?) [[(]([a-z-]+)[\])]$/,
    groups: ["file", "line", "column", "message", "rule"],
  },
];

// stylelint's rows stand below their file:  "  1:32  ✖  Unclosed block  CssSyntaxError"
const STYLELINT = /^\s+(\d+):(\d+)\s+[✖×]\s{2}(.+?)(?:\s{2,}(\S+))?$/;
// pydocstyle:  a.py:3 in public function `f`:\n        D103: Missing docstring
const PYDOCSTYLE = /^\s+(D\d{3}): (.+)$/;
const PYDOCSTYLE_HEAD = /^(\S+\.py):(\d+) (?:at|in) .*:$/;
// standard says its name, then its findings:  "  /x/a.js:1:10: 'a' is defined but never used. (no-unused-vars)"
const STANDARD = /^(?:standard|xo|semistandard): Use .* Style/;
const STANDARD_ROW = /^\s+(\S+?):(\d+):(\d+): (.+?)(?: \(([a-z][\w/@:-]+)\))?$/;
// shellcheck:  In a.sh line 3:\necho $x\n     ^-- SC2086 (info): Double quote …
const SHELLCHECK = /\^-*\^? (SC\d{4})(?: \(\w+\))?: (.+)$/;
const SHELLCHECK_HEAD = /^In (\S+) line (\d+):$/;
// Pictures as miette draws them (oxlint, rolldown, …):  "  × eslint(no-undef): 'x' is not defined." / "   ╭─[a.js:1:10]"
const PICTURE = /^\s*[×x✘] (?:(\S+?\([\w/-]+\)): )?(\S.*)$/;
const PICTURE_PLACE = /╭─\[\s?(\S+?):(\d+):(\d+)\s?\]/;

export const linters: ToolReader = {
  tool: "linter",
  hints: [
    "standard: Use",
    "overage for ",
    "coverage threshold",
    "Required test coverage",
    "Coverage failure",
    "Rule violated for",
    ".kt:",
    ".kts:",
    " MD0",
    "✖",
    "==>",
    " DL",
    "-- SC",
    "): error",
    ") : error",
    "[ERROR] ",
    "[ant:checkstyle]",
    ".rb:",
    "Gemfile:",
    "Rakefile:",
    ".rake:",
    "Parse error:",
    "Fatal error:",
    ".yml:",
    ".yaml:",
    "×",
    "        D",
  ],
  start(line, lane) {
    for (const row of ROWS) {
      const match = row.pattern.exec(line.text);
      if (match !== null) return [rowDraft(line, row, match)];
    }
    const style = STYLELINT.exec(line.text);
    if (style !== null) {
      const file = fileAbove((n) => lane.back(n)?.text);
      return file === undefined
        ? undefined
        : [draftOf("stylelint", line, style[3]!, style[4], file, style[1], style[2])];
    }
    const doc = PYDOCSTYLE.exec(line.text);
    const above = doc === null ? undefined : lane.back(1);
    const head = above === undefined ? null : PYDOCSTYLE_HEAD.exec(above.text);
    if (doc !== null && head !== null) {
      return [{ ...draftOf("pydocstyle", line, doc[2]!, doc[1], head[1], head[2]), first: above!.no }];
    }
    if (STANDARD.test(line.text)) return standard(line);
    const shell = SHELLCHECK.exec(line.text);
    if (shell !== null) return shellcheck(line, shell, lane);
    return PICTURE.test(line.text) ? picture(line) : undefined;
  },
};

function rowDraft(line: Line, { tool, groups, category }: Row, match: RegExpExecArray): Draft {
  const found = Object.fromEntries(groups.map((name, index) => [name, match[index + 1]]));
  const broken = found.rule === undefined && /^Parsing error|syntax error/i.test(found.message ?? "");
  const compiler = /^(?:CS|FS|VB|BC|MSB|NU|NETSDK|C|LNK)\d{3,5}$/.test(found.rule ?? "");
  return {
    ...draftOf(tool, line, found.message!, found.rule, found.file, found.line, found.column),
    category: category ?? (broken || (tool === "msbuild" && compiler) ? "compilation" : "lint"),
  };
}

function draftOf(
  tool: string,
  line: Line,
  message: string,
  rule: string | undefined,
  file: string | undefined,
  at?: string,
  column?: string,
): Draft {
  return {
    tool,
    category: rule === "CssSyntaxError" ? "compilation" : "lint",
    message,
    first: line.no,
    last: line.no,
    place: file === undefined ? undefined : placeOf(file, at, column),
    captures: { rule },
    key: rule,
  };
}

function fileAbove(back: (n: number) => string | undefined): string | undefined {
  for (let n = 1; n < 60; n++) {
    const text = back(n);
    if (text === undefined || text.trim() === "") return undefined;
    if (!/^\s/.test(text)) return /[./\\]/.test(text) && !/\s{2}|: /.test(text) ? text : undefined;
  }
  return undefined;
}

function standard(line: Line) {
  return gather(
    [line],
    ({ text }) => (STANDARD_ROW.test(text) || /^standard: /.test(text) ? "take" : "no"),
    (lines): Draft[] =>
      lines.flatMap((row) => {
        const match = STANDARD_ROW.exec(row.text);
        return match === null ? [] : [draftOf("standard", row, match[4]!, match[5], match[1], match[2], match[3])];
      }),
  );
}

/** The head stands above the source line; several findings of one line stand below one head. */
function shellcheck(line: Line, said: RegExpExecArray, lane: Lane): readonly Draft[] | undefined {
  for (let n = 1; n <= 12; n++) {
    const above = lane.back(n);
    if (above === undefined) return undefined;
    const head = SHELLCHECK_HEAD.exec(above.text);
    if (head === null) continue;
    const draft = draftOf("shellcheck", line, said[2]!, said[1], head[1], head[2]);
    return [n <= 2 ? { ...draft, first: above.no } : draft];
  }
  return undefined;
}

function picture(line: Line) {
  const head = PICTURE.exec(line.text)!;
  return gather(
    [line],
    ({ text }, held) =>
      /^\s*(?:[╭│╰·|]|\d+ [│|]|help: |note: |╰─)/.test(text) || (held.length === 1 && PICTURE_PLACE.test(text))
        ? "take"
        : "no",
    (lines, range): Draft[] => {
      const at = lines.map(({ text }) => PICTURE_PLACE.exec(text)).find((match) => match !== null);
      // Without its picture the line could be anything, a failed test's name for one.
      if (at === undefined) return [];
      const rule = head[1]?.replace(/^\w+\(|\)$/g, "");
      return [
        {
          ...draftOf(head[1]?.startsWith("eslint") ? "oxlint" : "linter", line, head[2]!, rule, at[1], at[2], at[3]),
          ...range,
          category: head[1] === undefined ? "compilation" : "lint",
        },
      ];
    },
  );
}
