import { createCleaner } from "../read/clean.ts";
import { compileHints } from "../read/hints.ts";
import type { BuildFailure, LogSource } from "../read/report.ts";
import { scanLog } from "../read/scan.ts";

/** Some lines of a log with their numbers, without colours, time stamps and prefixes of the CI system. */
export interface Excerpt {
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** Lines of the range that are not shown. */
  readonly left: number;
}

/**
 * The log's lines of each failure, by `occurrence`; a second pass over the log in bounded memory.
 * @param most lines of one failure at most (default 20); of longer ones the beginning is kept
 */
export async function excerptsOf(
  source: LogSource,
  failures: readonly BuildFailure[],
  most = 20,
): Promise<ReadonlyMap<string, Excerpt>> {
  const wanted = new Map<number, { occurrence: string; lines: string[]; range: BuildFailure["logLines"] }[]>();
  const found = new Map<string, { lines: string[]; range: BuildFailure["logLines"] }>();
  for (const { occurrence, logLines } of failures) {
    if (found.has(occurrence)) continue;
    const entry = { occurrence, lines: [] as string[], range: logLines };
    found.set(occurrence, entry);
    for (let no = logLines[0]; no <= Math.min(logLines[1], logLines[0] + most - 1); no++) {
      const there = wanted.get(no);
      if (there === undefined) wanted.set(no, [entry]);
      else there.push(entry);
    }
  }
  const clean = createCleaner();
  await scanLog(source, compileHints([]), (no, bytes, start, end) => {
    const entries = wanted.get(no);
    if (entries === undefined) return;
    const { text } = clean(no, Buffer.from(bytes.subarray(start, end)).toString("utf8"));
    for (const entry of entries) entry.lines.push(text);
  });
  return new Map(
    [...found].map(([occurrence, { lines, range }]) => [
      occurrence,
      { firstLine: range[0], lines, left: range[1] - range[0] + 1 - lines.length },
    ]),
  );
}
