import type { Line } from "../clean.ts";
import { type Draft, gather, type Lane, placeOf, type ToolReader } from "../reader.ts";

// prettier --check:  [warn] src/a.js            [error] src/b.ts: SyntaxError: ':' expected. (1:29)
// gofmt -l:          a.go                       below a line that names gofmt
// rustfmt --check:   Diff in /x/src/lib.rs:3:   (before 1.77 "at line 3:"), then the lines that would change
// gofmt -d, black --diff, terraform fmt -diff, clang-format, git diff --exit-code: a unified diff
// ruff format ≥ 0.15: unformatted: File would be reformatted\n  --> a.py:3:1
const PRETTIER = /^\[(warn|error)\] (?!Code style issues|Error occurred|All matched|jsxBracket|Ignored)(\s*\S.*)$/;
const PRETTIER_END = /^(?:\[warn\] |\[error\] )?(?:Code style issues|Error occurred when checking code style) .*$/;
const PRETTIER_SYNTAX = /^(\S+?): (\w*Error: .*?)(?: \((\d+):(\d+)\))?$/;
const RUSTFMT = /^Diff in (\S+?):?(?: at line |:)(\d+):?$/;
const NEW_FILE = /^\+\+\+ (?:b\/|new\/)?(\S+)/;
const OLD_FILE = /^--- \S/;
const DIFF_HEAD =
  /^(?:diff |index [0-9a-f]+\.\.|new file mode|deleted file mode|old mode|new mode|\S+\.(?:tf|tfvars|hcl)$)/;
const GO_FILE = /^(?:\.\/|\/)?[\w./@-]+\.go$/;
const NAMES_GOFMT = /\b(?:gofmt|goimports|gofumpt|fmtcheck|gofmtcheck|not formatted|need(?:s)? formatting)\b/i;
const RUFF_FORMAT = /^unformatted: (.+)$/;

export const formatters: ToolReader = {
  tool: "formatter",
  hints: [
    "[warn] ",
    "Checking formatting...",
    "[error] ",
    "checking code style",
    "Diff in ",
    "+++ ",
    ".go",
    "unformatted: ",
  ],
  start(line, lane) {
    const { text } = line;
    if (PRETTIER.test(text) || text === "Checking formatting...") return prettier(line);
    if (PRETTIER_END.test(text)) return [formatDraft("prettier", text.replace(/^\[\w+\] /, ""), line, true)];
    const rust = RUSTFMT.exec(text);
    if (rust !== null) return rustfmt(line, rust);
    if (NEW_FILE.test(text)) return unifiedDiff(line, lane);
    if (GO_FILE.test(text)) return goList(line, lane);
    const ruff = RUFF_FORMAT.exec(text);
    return ruff === null ? undefined : ruffFormat(line, ruff[1]!);
  },
};

function formatDraft(tool: string, message: string, line: Line, consequence = false): Draft {
  return {
    tool,
    category: "lint",
    message,
    first: line.no,
    last: line.no,
    ...(consequence ? { rank: "consequence" as const } : {}),
    captures: { rule: "format" },
    key: "format",
  };
}

/** One list of files; only a list that prettier closes with its verdict is prettier's. */
function prettier(line: Line) {
  let ended = false;
  return gather(
    [line],
    ({ text }) => {
      ended = PRETTIER_END.test(text);
      return ended ? "last" : PRETTIER.test(text) ? "take" : "no";
    },
    (lines): Draft[] => {
      if (!ended || !lines.some(({ text }) => PRETTIER.test(text))) return [];
      const drafts: Draft[] = [];
      for (const [index, { no, text }] of lines.entries()) {
        const row = PRETTIER.exec(text);
        if (row === null && index === 0) continue;
        if (row === null) {
          drafts.push(formatDraft("prettier", text.replace(/^\[\w+\] /, ""), lines[index]!, true));
          continue;
        }
        const syntax = row[1] === "error" ? PRETTIER_SYNTAX.exec(row[2]!) : null;
        const last = drafts.at(-1);
        if (syntax !== null) {
          drafts.push({
            ...formatDraft("prettier", syntax[2]!, lines[index]!),
            category: "compilation",
            place: placeOf(syntax[1]!, syntax[3], syntax[4]),
            captures: {},
            key: undefined,
          });
        } else if (row[1] === "error" && last !== undefined) {
          // The picture of the source below a syntax error.
          drafts[drafts.length - 1] = { ...last, last: no };
        } else {
          drafts.push({ ...formatDraft("prettier", "would reformat", lines[index]!), place: placeOf(row[2]!) });
        }
      }
      return drafts;
    },
  );
}

function rustfmt(line: Line, match: RegExpExecArray) {
  return gather(
    [line],
    ({ text }) => (/^(?:[ +-]|$|\(B)/.test(text) ? "take" : "no"),
    (_lines, range) => [
      { ...formatDraft("rustfmt", "would reformat", line), ...range, place: placeOf(match[1]!, match[2]) },
    ],
  );
}

function unifiedDiff(line: Line, lane: Lane) {
  const old = lane.back(1);
  if (old === undefined || !OLD_FILE.test(old.text)) return undefined;
  const above: Line[] = [old];
  for (let n = 2; n <= 5; n++) {
    const head = lane.back(n);
    if (head === undefined || !DIFF_HEAD.test(head.text)) break;
    above.unshift(head);
  }
  const file = NEW_FILE.exec(line.text)![1]!.replace(/\.orig$/, "");
  let hunks = 0;
  return gather(
    [...above, line],
    ({ text }) => {
      if (text.startsWith("@@")) {
        hunks++;
        return "take";
      }
      return hunks > 0 && /^(?:[ +\\]|-(?!-- )|$)/.test(text) ? "take" : "no";
    },
    (lines, range): Draft[] => {
      if (hunks === 0) return [];
      const at = lines.map(({ text }) => /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(text)?.[1]).find(Boolean);
      return [
        {
          tool: toolOfDiff(file, above),
          category: "lint",
          message: "differs from what the tool would write",
          ...range,
          place: placeOf(file, at),
          // A diff can be shown for other ends; where a tool names a failure it stands back.
          confidence: "likely",
          captures: { rule: "format" },
          key: "format",
        },
      ];
    },
  );
}

function toolOfDiff(file: string, above: readonly Line[]): string {
  const heads = above.map(({ text }) => text).join("\n");
  if (/^diff --git /m.test(heads)) return "git diff";
  if (/\.go$/.test(file)) return "gofmt";
  if (/\.(?:tf|tfvars|hcl)$/.test(file)) return "terraform fmt";
  return /\.pyi?$/.test(file) ? "black" : "diff";
}

function goList(line: Line, lane: Lane): readonly Draft[] | undefined {
  for (let n = 1; n <= 20; n++) {
    const above = lane.back(n)?.text;
    if (above === undefined) return undefined;
    if (GO_FILE.test(above)) continue;
    return NAMES_GOFMT.test(above)
      ? [{ ...formatDraft("gofmt", "is not formatted", line), place: placeOf(line.text) }]
      : undefined;
  }
  return undefined;
}

function ruffFormat(line: Line, said: string) {
  return gather(
    [line],
    ({ text }) => (/^\s*(?:-->|\d+\s|\||[-+] |-{10,}|$)/.test(text) ? "take" : "no"),
    (lines, range) => {
      const at = lines.map(({ text }) => /^\s*--> (.+?):(\d+):(\d+)$/.exec(text)).find((match) => match !== null);
      return [
        {
          ...formatDraft("ruff", said, line),
          ...range,
          place: at === undefined ? undefined : placeOf(at[1]!, at[2], at[3]),
        },
      ];
    },
  );
}
