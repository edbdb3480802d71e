import { findingLine } from "../judge.ts";
import type { SecurityReport } from "../report.ts";

/** Findings that a terminal shows one by one. */
const SHOWN = 40;

/** `payments: 1 high, 2 low (1 waived)`, or what could not be scanned. */
export function headline({ product, counts, complete, clean, scanners }: SecurityReport): string {
  const parts = (["critical", "high", "medium", "low"] as const).flatMap((name) =>
    counts[name] > 0 ? [`${counts[name]} ${name}`] : [],
  );
  const found = parts.length > 0 ? parts.join(", ") : complete ? "no findings" : "nothing found by what ran";
  const waived = counts.waived > 0 ? ` (${counts.waived} waived)` : "";
  const failed = scanners.filter((one) => one.failed !== null).length;
  const doubt = complete
    ? ""
    : scanners.length === 0
      ? "; nothing was scanned"
      : `; ${failed} of ${scanners.length} scans failed`;
  return `${clean ? "✔" : "✗"} ${product}: ${found}${waived}${doubt}`;
}

/** The report for a terminal: what fails and what is new first. */
export function tableOf(report: SecurityReport): string[] {
  const lines = [headline(report)];
  for (const { scanner, in: what, failed } of report.scanners) {
    if (failed !== null) lines.push(`  ✗ ${scanner} ${what}: ${failed}`);
  }
  for (const finding of report.findings.slice(0, SHOWN)) {
    lines.push(`  ${finding.fails ? "✗" : "·"} ${findingLine(finding)}`);
  }
  const more = report.findings.length - SHOWN;
  if (more > 0) lines.push(`  and ${more} more; --json or --out DIR has them all`);
  return lines;
}
