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
// Control sequences; strings to the terminal (titles, links, Buildkite's times); single characters.
const ESCAPES =
  /\u001b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[\]_P^X][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_]|[()][A-Z0-9])/g;
// The same sequences in logs whose escape character was lost on the way: `[31m`, `[m`, `[0K`.
const BARE_COLOURS = /\[\d{1,3}(?:;\d{1,3})*m|\[m(?![A-Za-z])|\[[0-2]?K/g;
const ISO_STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)(?: |$)(?:\d\d[OE][ +])?/;
// `[10:00:00] `, `[2026-03-01T10:00:00.123Z] `, and TeamCity's `[10:00:00]W:\t [Step 1/2] `.
const BRACKET_STAMP =
  /^\[(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\](?:[ WEFi]:\t ?(?:\[Step \d+\/\d+\] ?)?| ?)/;
const CLOCK_STAMP = /^\d\d:\d\d:\d\d(?:[.,]\d+)?(?: {1,2}|$)/;
const ACTIONS_MARK = /^##\[(error|warning|debug|group|endgroup|command|section|notice)\]/;
const ACTIONS_COMMAND = /^::(error|warning|notice|debug|group|endgroup)(?: ([^:]*(?::[^:]+)*?))?::/;
const GH_VIEW = /^([^\t]{1,200})\t([^\t]{1,200})\t\ufeff?(?=\d{4}-\d\d-\d\dT)/;
const GO_TEST_JSON = /^\{"Time":"[^"]*","Action":"\w+",.*\}$/;

/** The lane of what BuildKit says itself of a step (`#12 ERROR: …`); the step's own output has a time (`#12 0.345 …`). */
export const BUILDKIT_LANE = "buildkit#";
/** Prefixes that name one of several outputs by their form alone: BuildKit's steps, compose's services, act's jobs, `concurrently`. */
const LANES: readonly (readonly [RegExp, string])[] = [
  [/^#(\d+) \d+\.\d{1,3}(?: |$)/, "#"],
  [/^#(\d+) (?=\S)/, BUILDKIT_LANE],
  [/^([a-z][\w.-]*)[ ]+\|(?: |$)/, "service "],
  [/^\[([^\][/]{1,80}\/[^\][]{1,80})\] {2,}\|(?: |$)/, "job "],
  [/^\[(\d{1,3})\](?: |$)/, "part "],
];
/**
 * Lines by which a prefix announces itself, and the prefix: Jenkins' parallel branches, pnpm's and turborepo's packages,
 * yarn's workspaces, and whatever stands before npm's `> name@version script`.
 */
const ANNOUNCED: readonly (readonly [RegExp, (name: string) => string])[] = [
  [/^\[Pipeline\] \{ \(Branch: (.+)\)$/, (name) => `[${name}] `],
  [/^([\w@./-]+ [\w:.-]+)\$ \S/, (name) => `${name}: `],
  [/^((?:@[\w.-]+\/)?[\w.-]+:[\w.-]+): cache (?:miss|hit|bypass)\b/, (name) => `${name}: `],
  [/^\[([\w@./-]+)\]: Process started$/, (name) => `[${name}]: `],
  [/^((?:\[[^\]]{1,60}\]|[\w@./-]{1,60}):? )> \S+@\d\S* \S+$/, (name) => name],
];
/** Texts of which an announcement holds one: such lines have to be cleaned though no reader asks for them. */
export const ANNOUNCEMENTS = ["(Branch: ", "$ ", ": cache ", "Process started", "> "];
/** Wrappings around wrappings: a container's stamp inside of a CI system's. */
const MOST_LAYERS = 6;

export type Cleaner = (no: number, raw: string) => Line;

/** One cleaner a log: it learns the prefixes of parallel outputs as they are announced. */
export function createCleaner(): Cleaner {
  const prefixes: string[] = [];
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
    if (text.includes("[")) text = text.replace(BARE_COLOURS, "");
    for (let layer = 0; layer < MOST_LAYERS; layer++) {
      const inner = withoutStamp(text);
      const prefix = prefixes.find((known) => inner.startsWith(known) || inner === known.trimEnd());
      const step = prefix === undefined ? laneOf(inner) : undefined;
      if (prefix !== undefined) {
        lane += `[${prefix}]`;
        text = inner.slice(prefix.length);
      } else if (step !== undefined) {
        lane += step.name;
        text = inner.slice(step.length);
      } else if (inner === text) break;
      else text = inner;
    }
    const announced = prefixIn(text);
    if (announced !== undefined && !prefixes.includes(announced)) prefixes.push(announced);
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
    return { no, text: text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text.trimEnd(), lane, mark };
  };
}

function laneOf(text: string): { name: string; length: number } | undefined {
  const first = text.charCodeAt(0);
  if (first !== 35 && first !== 91 && !text.includes(" |")) return undefined;
  for (const [pattern, kind] of LANES) {
    const match = pattern.exec(text);
    if (match !== null) return { name: kind + match[1], length: match[0].length };
  }
  return undefined;
}

function prefixIn(text: string): string | undefined {
  if (text.length > 400 || !ANNOUNCEMENTS.some((part) => text.includes(part))) return undefined;
  for (const [pattern, prefixOf] of ANNOUNCED) {
    const match = pattern.exec(text);
    if (match !== null) return prefixOf(match[1]!);
  }
  return undefined;
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
