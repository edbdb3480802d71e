/**
 * Takes the wrapping of CI systems off a line: colours, progress bars, time stamps, group marks, prefixes of parallel
 * branches. What is left is what the tool wrote.
 */

/** A mark that the CI system put on the line (`##[error]`, `::warning::`), or none. */
export type Mark = "" | "error" | "warning" | "debug" | "group" | "endgroup" | "command";

export interface Line {
  /** Number in the log, from 1. */
  readonly no: number;
  readonly text: string;
  /** Which of several interleaved outputs it belongs to: a Jenkins branch, a docker build step, a compose service. */
  readonly lane: string;
  readonly mark: Mark;
}

/** Longest text handed to readers; what lies beyond says nothing to them and would cost every pattern its time. */
const LONGEST_TEXT = 8000;

// Jenkins' console notes are base64 between two escape sequences; they hold no text.
const CONSOLE_NOTE = /\u001b\[8mha:.*?\u001b\[0m/g;
const ESCAPES = /\u001b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_]|[()][A-Z0-9])/g;
// The same sequences in logs whose escape character was lost on the way: `[31m`, `[m`, `[0K`.
const BARE_COLOURS = /\[\d{1,3}(?:;\d{1,3})*m|\[m(?![A-Za-z])|\[[0-2]?K/g;
const ISO_STAMP = /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d) ?)(?:\d\d[OE][ +])?/;
const BRACKET_STAMP = /^\[(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\] ?/;
const CLOCK_STAMP = /^\d\d:\d\d:\d\d(?:[.,]\d+)? {1,2}(?=\S|$)/;
const ACTIONS_MARK = /^##\[(error|warning|debug|group|endgroup|command|section|notice)\]/;
const ACTIONS_COMMAND = /^::(error|warning|notice|debug|group|endgroup)(?: ([^:]*(?::[^:]+)*?))?::/;
const GH_VIEW = /^([^\t]{1,200})\t([^\t]{1,200})\t\ufeff?(?=\d{4}-\d\d-\d\dT)/;
const BRANCH = /^\[Pipeline\] \{ \(Branch: (.+)\)$/;
const GO_TEST_JSON = /^\{"Time":"[^"]*","Action":"\w+",.*\}$/;
const BUILDKIT = /^#(\d+) (?:\d+\.\d+ ?)?(?=\S|$)/;
const COMPOSE = /^([a-z][\w.-]*)[ ]+\| /;

export type Cleaner = (no: number, raw: string) => Line;

/** One cleaner a log: it learns the names of Jenkins' parallel branches as they are announced. */
export function createCleaner(): Cleaner {
  const branches = new Set<string>();
  return (no, raw) => {
    let text = raw;
    let lane = "";
    let mark: Mark = "";
    if (text.length > LONGEST_TEXT * 4) text = text.slice(0, LONGEST_TEXT * 2) + text.slice(-LONGEST_TEXT * 2);
    if (text.includes("\u001b")) text = text.replace(CONSOLE_NOTE, "").replace(ESCAPES, "");
    if (text.includes("\r")) text = lastOverwrite(text);
    if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    const viewed = text.includes("\t") ? GH_VIEW.exec(text) : null;
    if (viewed !== null) {
      lane = viewed[1]!;
      text = text.slice(viewed[0].length);
    }
    text = withoutStamp(text);
    if (text.includes("[") && BARE_COLOURS.test(text)) text = text.replace(BARE_COLOURS, "");
    BARE_COLOURS.lastIndex = 0;
    const branch = BRANCH.exec(text);
    if (branch !== null) branches.add(branch[1]!);
    for (let prefix = branchPrefix(text, branches); prefix !== undefined; prefix = branchPrefix(text, branches)) {
      lane += `[${prefix}]`;
      text = withoutStamp(text.slice(prefix.length + 3));
    }
    const actions = ACTIONS_MARK.exec(text) ?? ACTIONS_COMMAND.exec(text);
    if (actions !== null) {
      mark = (actions[1] === "notice" || actions[1] === "section" ? "" : actions[1]) as Mark;
      text = withPlace(actions[2], text.slice(actions[0].length));
    }
    const test = text.startsWith('{"Time":') ? goTestLine(text) : undefined;
    if (test !== undefined) {
      lane += test.lane;
      text = test.text;
    }
    const step = BUILDKIT.exec(text) ?? COMPOSE.exec(text);
    if (step !== null) {
      lane += `#${step[1]}`;
      text = text.slice(step[0].length);
    }
    return { no, text: text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text.trimEnd(), lane, mark };
  };
}

function withoutStamp(text: string): string {
  const first = text.charCodeAt(0);
  if (first >= 48 && first <= 57) return text.replace(ISO_STAMP, "").replace(CLOCK_STAMP, "");
  return first === 91 ? text.replace(BRACKET_STAMP, "") : text;
}

/** A terminal shows what was written last over a carriage return; a log viewer that keeps folds shows that too. */
function lastOverwrite(text: string): string {
  const parts = text.split("\r");
  for (let index = parts.length - 1; index >= 0; index--) {
    if (parts[index]!.trim() !== "") return parts[index]!;
  }
  return "";
}

function branchPrefix(text: string, branches: ReadonlySet<string>): string | undefined {
  if (branches.size === 0 || text.charCodeAt(0) !== 91) return undefined;
  const end = text.indexOf("] ");
  const name = end === -1 ? "" : text.slice(1, end);
  return branches.has(name) ? name : undefined;
}

/**
 * `::error file=a.js,line=3,col=5::message` says its place in the command; written before the message as compilers do,
 * unless the message begins with it already.
 */
function withPlace(properties: string | undefined, message: string): string {
  if (properties === undefined) return message;
  const values = Object.fromEntries(properties.split(",").map((pair) => pair.split("=", 2) as [string, string]));
  const file = values.file;
  const own = /^(\S+?):\d+/.exec(message)?.[1];
  if (!file || (own !== undefined && file.endsWith(own))) return message;
  return `${file}${values.line ? `:${values.line}` : ""}${values.col ? `:${values.col}` : ""}: ${message}`;
}

/** A line of `go test -json` holds one of go test's own; packages that are tested at once take turns. */
function goTestLine(text: string): { text: string; lane: string } | undefined {
  const output = GO_TEST_JSON.exec(text);
  if (output === null) return undefined;
  try {
    const { Package, Output } = JSON.parse(text) as { Package?: unknown; Output?: unknown };
    return { text: String(Output ?? "").trimEnd(), lane: String(Package ?? "") };
  } catch {
    // A line that was cut short says what it says.
    return undefined;
  }
}
