import { ANNOUNCEMENTS, createCleaner, type Line } from "./clean.ts";
import type { FreshLines } from "./fresh-lines.ts";
import { createGeneralReader, GENERAL_HINTS } from "./general.ts";
import { compileHints } from "./hints.ts";
import type { Block, Draft, Lane } from "./reader.ts";
import { READERS } from "./readers/table.ts";
import type { OnLine } from "./scan.ts";
import { beginOfLastWords } from "./step-tail.ts";

/** Lines at hand for looking back. */
const RING = 64;
/** Failures held at most; a log with more says the same thing over and over. */
const MOST_DRAFTS = 5000;

/** Reader `READERS.length` is the general one; the bit after it is of lines that only the cleaner has to see. */
const GENERAL = READERS.length;
export const HINTS = compileHints([...READERS.map((reader) => reader.hints), GENERAL_HINTS, ANNOUNCEMENTS]);

export interface Engine {
  readonly onLine: OnLine;
  /** Ends all open blocks; call once, after the last line. `around`: see the general reader. */
  finish(around?: FreshLines["around"]): { readonly drafts: readonly Draft[]; readonly omitted: number };
}

/** A block that some reader opened. */
interface Opened {
  readonly block: Block;
  /** Index of the reader, and the hints of its first line: who is asked next, should the block turn out to hold nothing. */
  readonly reader: number;
  readonly low: number;
  readonly high: number;
  readonly lines: Line[];
}

/** Words of the CI system between and after steps: no tool's block runs over them. */
const STEP_ENDS =
  /^(?:Process completed with exit code \d+\.|Post job cleanup\.|\[Pipeline\] .*|ERROR: script returned exit code \d+|Build step '.+' marked build as failure|Finished: (?:FAILURE|UNSTABLE|ABORTED|SUCCESS)|The command ".*" (?:exited with|failed and exited with) \d+.*|ERROR: Job failed: .*|Cleaning up project directory and file based variables)$/;

const MOST_LAST_WORDS = 20;

/** Lines of a block that are kept for the readers that are asked next. */
const KEPT_FOR_OTHERS = 60;

/**
 * Offers each line to the readers whose hint it holds; a reader that claims it opens a block, which then sees the lines
 * of its lane first until it ends. Lines without a hint while no block is open are not even decoded.
 * @param seen counts of line shapes met so far and whether the last green log had one
 */
export function createEngine(seen: { fresh(shape: number): boolean }): Engine {
  const clean = createCleaner();
  const general = createGeneralReader();
  const open = new Map<string, Opened>();
  const drafts: Draft[] = [];
  const provisional: Draft[] = [];
  /** Where the last words begin before a line that says only that something failed. */
  const lastWords = new Map<Draft, number>();
  const withLastWords = (draft: Draft): Draft => ({ ...draft, first: lastWords.get(draft) ?? draft.first });
  let omitted = 0;

  const ringBytes = new Array<Uint8Array | undefined>(RING);
  const ringStart = new Int32Array(RING);
  const ringEnd = new Int32Array(RING);
  const ringNo = new Float64Array(RING);
  const ringLine = new Array<Line | undefined>(RING);
  let current = 0;

  const lineAt = (no: number): Line | undefined => {
    const slot = no % RING;
    const bytes = ringBytes[slot];
    if (no < 1 || bytes === undefined || ringNo[slot] !== no) return undefined;
    ringLine[slot] ??= clean(no, decode(bytes, ringStart[slot]!, ringEnd[slot]!));
    return ringLine[slot];
  };
  const lane: Lane = {
    back(n) {
      const here = lineAt(current)!.lane;
      for (let no = current - 1, left = n; no > current - RING && no > 0; no--) {
        const line = lineAt(no);
        if (line === undefined) return undefined;
        if (line.lane === here && --left === 0) return line;
      }
      return undefined;
    },
  };
  const keep = (found: readonly Draft[]) => {
    for (const draft of found) {
      if (draft.provisional === true) {
        provisional.push(draft);
        if (provisional.length > MOST_DRAFTS) provisional.splice(0, MOST_DRAFTS / 2);
      } else if (drafts.length < MOST_DRAFTS) drafts.push(draft);
      else omitted++;
    }
  };

  /** True when an open block took the line. */
  const offerToBlock = (line: Line): boolean => {
    const ended = open.size > 0 && STEP_ENDS.test(line.text);
    for (let opened = open.get(line.lane); opened !== undefined; opened = open.get(line.lane)) {
      const answer = ended ? "no" : opened.block.take(line);
      if (answer !== "no" && opened.lines.length < KEPT_FOR_OTHERS) opened.lines.push(line);
      if (answer === "take") return true;
      close(line.lane, opened);
      if (answer === "last") return true;
    }
    return false;
  };
  /** Ends a block. One that held nothing was another tool's: its lines go to the readers after it, then to the general one. */
  const close = (name: string, { block, reader, low, high, lines }: Opened): void => {
    open.delete(name);
    const found = block.finish();
    if (found.length > 0) {
      keep(found);
      return;
    }
    const now = current;
    current = lines[0]!.no;
    const taken = offerToReaders(lines[0]!, low, high, reader + 1);
    current = now;
    if (!taken) {
      for (const line of lines) general.on(line, { claimed: false, severe: true, fresh: true });
      return;
    }
    const next = open.get(name);
    if (next === undefined) return;
    for (const line of lines.slice(1)) {
      const answer = next.block.take(line);
      if (answer !== "no") next.lines.push(line);
      if (answer === "take") continue;
      close(name, next);
      return;
    }
  };
  /** Asks the readers from one on; true when one claims the line. */
  const offerToReaders = (line: Line, low: number, high: number, from = 0): boolean => {
    for (let index = from; index < GENERAL; index++) {
      if (((index < 32 ? low >>> index : high >>> (index - 32)) & 1) === 0) continue;
      const claim = READERS[index]!.start(line, lane);
      if (claim === undefined) continue;
      if ("take" in claim) open.set(line.lane, { block: claim, reader: index, low, high, lines: [line] });
      else {
        for (const draft of claim) {
          const begin = isCaller(draft) ? beginOfLastWords(lane) : undefined;
          if (begin !== undefined && lastWords.size < MOST_LAST_WORDS) lastWords.set(draft, begin);
        }
        keep(claim);
      }
      return true;
    }
    return false;
  };

  return {
    onLine(no, bytes, start, end, low, high, shape) {
      const slot = no % RING;
      ringBytes[slot] = bytes;
      ringStart[slot] = start;
      ringEnd[slot] = end;
      ringNo[slot] = no;
      ringLine[slot] = undefined;
      current = no;
      const fresh = seen.fresh(shape);
      if (low === 0 && high === 0 && open.size === 0 && !general.open) return;
      const line = lineAt(no)!;
      if (offerToBlock(line)) return;
      const claimed = (low !== 0 || high !== 0) && offerToReaders(line, low, high);
      const severe = ((GENERAL < 32 ? low >>> GENERAL : high >>> (GENERAL - 32)) & 1) === 1;
      if (severe || general.open) general.on(line, { claimed, severe, fresh });
    },
    finish(around) {
      for (const [name, first] of [...open]) {
        for (let opened: Opened | undefined = first; opened !== undefined; opened = open.get(name)) close(name, opened);
      }
      const told = new Set(drafts.flatMap(({ first, last }) => [first, last]));
      const guesses = general.finish(around && ((first, last) => around(first, last, (no) => told.has(no))));
      if (guesses.length === 0 && drafts.every(isCaller)) return { drafts: drafts.map(withLastWords), omitted };
      keep(guesses);
      return { drafts: [...drafts, ...provisional], omitted };
    },
  };
}

/** "Exit code 1" and its like: says that something failed, and not what. */
function isCaller({ rank, confidence }: Draft): boolean {
  return rank === "consequence" && confidence === "guess";
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}
