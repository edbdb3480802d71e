import type { LogReport } from "../../src/pillars/heal/read/report.ts";

/** Line ranges of a failing log that a person marked; counted from 1, both ends included. */
export interface PairLabel {
  readonly error: readonly (readonly [number, number])[];
  readonly context: readonly (readonly [number, number])[];
}

/** F1 of the lines said against those labelled as error; lines labelled as context count neither way. */
export function lineScore(
  report: LogReport,
  label: PairLabel,
  numberOf: (newlineNo: number) => number = (no) => no,
): number {
  const truth = spread(label.error);
  const context = spread(label.context);
  const ranges = report.failures.flatMap((failure) => [failure.logLines, ...failure.alsoAt]);
  const said = new Set([...spread(ranges)].map(numberOf));
  for (const line of context) said.delete(line);
  const hit = [...said].filter((line) => truth.has(line)).length;
  return hit === 0 ? 0 : (2 * hit) / (said.size + truth.size);
}

/**
 * From a line's number by newlines, as the reader counts, to its number where a lone carriage return ends a line too, as
 * Java and editors count. The labels of logs with progress bars were made so: by newlines alone they lie beyond the end
 * of their log. Of a line that carriage returns cut, the last part that is not blank is meant: it is what a terminal
 * shows, and what the reader reads.
 */
export function numberingOfEditors(log: string): (newlineNo: number) => number {
  const numbers: number[] = [];
  let before = 0;
  for (const line of log.split("\n")) {
    const parts = line.replace(/\r$/, "").split("\r");
    const shown = parts.findLastIndex((part) => part.trim() !== "");
    numbers.push(before + (shown === -1 ? parts.length : shown + 1));
    before += parts.length;
  }
  return (no) => numbers[no - 1] ?? before;
}

function spread(ranges: readonly (readonly [number, number])[]): Set<number> {
  return new Set(
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index)),
  );
}
