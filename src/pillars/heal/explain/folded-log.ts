import { createCleaner } from "../read/clean.ts";
import { compileHints } from "../read/hints.ts";
import type { BuildFailure, LogSource } from "../read/report.ts";
import { scanLog } from "../read/scan.ts";

export interface FoldedLine {
  readonly no: number;
  readonly text: string;
  /** True for lines that a failure was read from; the others stand around them. */
  readonly failing: boolean;
}

/** The parts of a log that tell of its failures, in its order; what lies between them was left out. */
export interface FoldedLog {
  readonly parts: readonly (readonly FoldedLine[])[];
  readonly lines: number;
}

/** Lines before a failure, where its command stands, and after it. */
const BEFORE = 30;
const AFTER = 10;
/** Lines kept at most, so that a page stays a page. The root's come first, then the log's order. */
const MOST = 3000;

/** A second pass over the log in bounded memory: keeps the lines of its failures and those around them. */
export async function foldLog(source: LogSource, failures: readonly BuildFailure[]): Promise<FoldedLog> {
  const failing = new Set<number>();
  const wanted = new Set<number>();
  const rank = (failure: BuildFailure) => (failure.root ? 0 : failure.rank === "cause" ? 1 : 2);
  for (const failure of [...failures].sort((a, b) => rank(a) - rank(b))) {
    for (const [first, last] of [failure.logLines, ...failure.alsoAt]) {
      if (wanted.size >= MOST) break;
      const end = Math.min(last, first + MOST - wanted.size);
      for (let no = first; no <= end; no++) failing.add(no);
      for (let no = Math.max(1, first - BEFORE); no <= end + AFTER; no++) wanted.add(no);
    }
  }
  const parts: FoldedLine[][] = [];
  const clean = createCleaner();
  const { lines } = await scanLog(source, compileHints([]), (no, bytes, start, end) => {
    if (!wanted.has(no)) return;
    const { text } = clean(no, Buffer.from(bytes.subarray(start, end)).toString("utf8"));
    const line = { no, text, failing: failing.has(no) };
    const part = parts.at(-1);
    if (part !== undefined && part.at(-1)!.no === no - 1) part.push(line);
    else parts.push([line]);
  });
  return { parts, lines };
}
