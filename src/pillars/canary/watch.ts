import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import { openCanaries } from "./ladder.ts";
import type { CanaryReport } from "./report.ts";
import { advanceCanary } from "./start.ts";

/**
 * Goes on with all canaries of a product that are under way. One that cannot be gone on with does not hold up the others;
 * one that another process is at is left to it.
 */
export async function advanceCanaries(session: Session): Promise<Outcome<readonly CanaryReport[]>> {
  const open = await openCanaries(session);
  if (!open.ok) return open;
  const reports: CanaryReport[] = [];
  const warnings: Diagnostic[] = [];
  for (const canary of open.value) {
    const advanced = await advanceCanary(session, canary);
    if (advanced.ok) {
      reports.push(advanced.value);
      warnings.push(...advanced.warnings);
    } else if (!advanced.diagnostics.some(({ code }) => code === "journal.held")) {
      warnings.push(...advanced.diagnostics.map((one) => ({ ...one, severity: "warning" as const })));
    }
  }
  return succeed(reports, warnings);
}
