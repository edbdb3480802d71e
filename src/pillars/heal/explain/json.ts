import type { LogReport } from "../read/report.ts";
import { inOrderOfInterest } from "./explanation.ts";

/** Version of the object below; raised when a field changes its meaning or goes. */
export const EXPLAIN_VERSION = 1;

/** The report as `explain --json` prints it: snake_case keys, the root first. */
export function explainJson(report: LogReport, log: string): object {
  return {
    version: EXPLAIN_VERSION,
    log,
    lines: report.lines,
    bytes: report.bytes,
    omitted: report.omitted,
    root: report.root?.occurrence ?? null,
    failures: inOrderOfInterest(report).map((failure) => ({
      tool: failure.tool,
      category: failure.category,
      rank: failure.rank,
      root: failure.root,
      message: failure.message,
      place: failure.place ?? null,
      test: failure.test ?? null,
      log_lines: failure.logLines,
      also_at: failure.alsoAt,
      count: failure.count,
      captures: failure.captures,
      occurrence: failure.occurrence,
      pattern: failure.pattern,
    })),
  };
}
