import type { Line } from "./clean.ts";
import { type Draft, placeOf } from "./reader.ts";
import { categoryOf, indentOf, isBlank } from "./readers/text.ts";

/**
 * The reader for what no other knows. It scores severe lines by how plainly they say that something is wrong, whether
 * the last green log has them, and how near they stand to the end of the step; the best become guesses.
 */
export const GENERAL_HINTS = [
  "error",
  "fail",
  "fatal",
  "panic",
  "exception",
  "cannot",
  "can't",
  "could not",
  "couldn't",
  "unable to",
  "not found",
  "no such",
  "denied",
  "refused",
  "timed out",
  "timeout",
  "invalid",
  "missing",
  "abort",
  "segmentation",
  "killed",
  "undefined",
  "unexpected",
  "not up-to-date",
  "out of date",
  "mismatch",
  "unknown",
  "unsupported",
  "violat",
  "conflict",
  "##[",
  "exit code",
  "exit status",
  "::error",
  "not ok",
  "✖",
  "✗",
  "✘",
  "×",
  "❌",
  // Compilers and shells of machines whose language is not English.
  "fehler",
  "erreur",
  "errore:",
  "ошибка",
  "Ошибка",
  "错误",
  "エラー",
];

/** Plain announcements of an error by some program. */
const PLAIN =
  /^(?:\S{1,40}: )?(?:\[?(?:ERROR|FATAL|FATAL ERROR|Error|Fatal|CRITICAL|SEVERE|E)\]?[: !]|error[: ]|fatal[: ]|panic: |FAILED?[: ]|FAILURE[: ]|✗|✘|❌|\*\*\* )|^\s*(?:[✖✗✘×❌] ?\S|(?:-{3,} |={3,} |\[ *)?FAIL(?:ED|URE)?\b(?!\s*[:=(]?\s*0\b)|not ok \d)|^\s*(?:[\w$]+\.)*[A-Z]\w*(?:Exception|Error)(?::|$)|^\s*(?:[>*] )?\S+:\d+(?::\d+)?:? (?:fatal )?error\b|^\s+(?:FAIL|FAILED|ERROR) |(?:^|[\s:])(?:[Ff]ehler|[Ee]rreur|[Ee]rrore|[Оо]шибка|错误|エラー) ?[:：]/;
/** Says that something failed, and not what. */
const EMPTY =
  /^\W*(?:the )?(?:build|compilation|command|job|tests?|task|\d+ tests?|errors?|\d+ errors?|(?:nox > )?session \w+)(?: has| have)?(?: failed| found| occurred)?[.!:]?$|with exit code \d+\.?$|^tar: Exiting/i;
const WORDS =
  /\b(?:error|fatal|panic|exception|failed|failure|cannot|can't|could not|couldn't|unable to|not found|no such file|permission denied|access denied|refused|timed out|segmentation fault|core dumped|aborted|killed|out of memory|undefined reference|unexpected|not up-to-date|out of date|mismatch|unsupported|violation)\b/i;
/** Severe words that say the opposite, or only name something. */
const HARMLESS =
  /\b(?:0|no|without|zero) (?:errors?|failures?|failed|warnings?)\b|\b(?:errors?|failures?|failed|failing)(?: tests?)?(?:: ?|=| ?\()\s*0\b|error(?:s)?[-_./]\w|\w[-_/.](?:error|errors|exception|fail|failure)\b|^\s*(?:\[?(?:INFO|DEBUG|TRACE|WARN(?:ING)?)\b|info:|warn(?:ing)?:|npm warn|ok\s|PASS|✓|✔|√|\+ |\$ |> |>> |#|\/\/|\*|\|)|\bwarning\b|--[\w-]*(?:fail|error)|(?:downloading|downloaded|installing|unpacking|copying|compiling|adding|creating|extracting|get:|selecting|inflating|fetching|collecting|setting up)\b|\b(?:if|when|on|in case of|ignore|ignoring|ignored|expected|retry|retrying|will be|allow(?:ed)?|continue[- ]on)[- ](?:an? |any |the )?(?:\w+ )?(?:error|fail|exception)|deprecat/i;

interface Candidate {
  score: number;
  readonly lines: Line[];
  last: number;
}

const MOST = 400;
const CONTEXT = 30;

export type Around = (first: number, last: number) => readonly [first: number, last: number];

export interface GeneralReader {
  /** True while lines that follow a candidate belong to it. */
  readonly open: boolean;
  on(line: Line, about: { claimed: boolean; severe: boolean; fresh: boolean }): void;
  /** @param around the lines next to a range that are new since the last green log, where there is one */
  finish(around: Around | undefined): readonly Draft[];
}

export function createGeneralReader(): GeneralReader {
  const found: Candidate[] = [];
  /** The candidate of each lane that still takes lines. */
  const open = new Map<string, Candidate>();
  const close = (lane: string) => {
    const current = open.get(lane);
    if (current === undefined) return;
    open.delete(lane);
    found.push(current);
    // Early lines are the least likely to have ended the build.
    if (found.length > MOST) found.splice(0, found.length - MOST + 50);
  };
  return {
    get open() {
      return open.size > 0;
    },
    on(line, { claimed, severe, fresh }) {
      if (claimed) {
        close(line.lane);
        return;
      }
      const score = severe ? scoreOf(line, fresh) : 0;
      const current = open.get(line.lane);
      if (current !== undefined) {
        if (belongs(line, current)) {
          current.lines.push(line);
          if (!isBlank(line.text)) current.last = line.no;
          current.score = Math.max(current.score, score);
          return;
        }
        close(line.lane);
      }
      if (score > 0) open.set(line.lane, { score, lines: [line], last: line.no });
    },
    finish(around) {
      for (const lane of [...open.keys()]) close(lane);
      return draftsOf(
        found.sort((a, b) => a.lines[0]!.no - b.lines[0]!.no),
        around,
      );
    },
  };
}

function scoreOf({ text, mark }: Line, fresh: boolean): number {
  if (mark === "group" || mark === "command" || mark === "debug" || mark === "warning" || mark === "endgroup") return 0;
  if (mark === "error") return 6;
  let score = 0;
  if (PLAIN.test(text)) score = 4;
  else if (WORDS.test(text)) score = 2;
  if (score === 0 || (HARMLESS.test(text) && score < 4)) return 0;
  if (/\b(?:0|no) (?:errors?|failures?)\b|(?:errors?|failures?|failed): ?0\b/i.test(text)) return 0;
  if (EMPTY.test(text.trim())) return 1;
  return score + (fresh ? 1 : 0);
}

/**
 * Indented lines, stack frames, pictures of the source and "Caused by" below a severe line explain it, also behind one
 * blank line; below one that ends with a colon, all up to the next blank line.
 */
function belongs(line: Line, candidate: Candidate): boolean {
  if (candidate.lines.length >= CONTEXT || line.mark !== "") return false;
  const first = candidate.lines[0]!;
  if (isBlank(line.text)) return !isBlank(candidate.lines.at(-1)!.text);
  return (
    indentOf(line.text) > indentOf(first.text) ||
    /^(?:Caused by|\.\.\. \d+ more|hint:|help:|note:)/i.test(line.text) ||
    /^\s*(?:[|│╷╵╰╭^~]|-->|={1,2} |\d+ ?[|│]|at )/.test(line.text) ||
    (/:$/.test(first.text) && candidate.lines.every(({ text }) => !isBlank(text)))
  );
}

const PLACE =
  /(?:^|[\s("'])((?:[A-Za-z]:)?(?:[\w@.+~-]*[\\/])*[\w@+-][\w@.+-]*\.[A-Za-z]\w{0,9})(?::(\d+)(?::(\d+))?|\((\d+)(?:,(\d+))?\))/;

/** The first file with a line number that the lines name: most tools write `file:line:column`. */
function placeIn(lines: readonly Line[]): Draft["place"] {
  for (const { text } of lines) {
    const match = PLACE.exec(text);
    if (match === null || /^(?:https?|node)$/.test(match[1]!)) continue;
    return placeOf(match[1]!, match[2] ?? match[4], match[3] ?? match[5]);
  }
  return undefined;
}

/** The best-scored candidates: at most a handful, of the highest score and next to it, latest preferred. */
function draftsOf(found: readonly Candidate[], around: Around | undefined): readonly Draft[] {
  if (found.length === 0) return [];
  const best = Math.max(...found.map(({ score }) => score));
  const floor = Math.min(best, 4);
  const kept = found.filter(({ score }) => score >= floor).slice(-50);
  const drafts: Draft[] = [];
  for (const { lines, last: end } of kept) {
    const [first, last] = around?.(lines[0]!.no, end) ?? [lines[0]!.no, end];
    // What is new around one candidate can hold the next: then it is all one.
    const before = drafts.at(-1);
    if (before !== undefined && around !== undefined && first <= before.last) {
      drafts[drafts.length - 1] = { ...before, last: Math.max(before.last, last) };
      continue;
    }
    const message = lines[0]!.text.trim();
    drafts.push({
      tool: "general",
      category: categoryOf(message, "unknown"),
      message: message.slice(0, 500),
      place: placeIn(lines),
      first,
      last,
      confidence: "guess",
    });
  }
  return drafts;
}
