import type { LogReport } from "../../src/pillars/heal/read/report.ts";

/** Line ranges of a failing log that a person marked; counted from 1, both ends included. */
export interface PairLabel {
  readonly error: readonly (readonly [number, number])[];
  readonly context: readonly (readonly [number, number])[];
}

/** F1 of the lines said against those labelled as error; lines labelled as context count neither way. */
export function lineScore(report: LogReport, label: PairLabel): number {
  const truth = spread(label.error);
  const context = spread(label.context);
  const said = spread(report.failures.flatMap((failure) => [failure.logLines, ...failure.alsoAt]));
  for (const line of context) said.delete(line);
  const hit = [...said].filter((line) => truth.has(line)).length;
  return hit === 0 ? 0 : (2 * hit) / (said.size + truth.size);
}

function spread(ranges: readonly (readonly [number, number])[]): Set<number> {
  return new Set(
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index)),
  );
}
