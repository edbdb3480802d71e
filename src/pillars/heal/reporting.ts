import { approvalAsked } from "../../constitution/gate.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import type { Landed } from "./land.ts";
import type { BuildFailure } from "./read/report.ts";
import type { HealReport } from "./report.ts";
import type { Worked } from "./work.ts";

/** The failure as a report names it. */
export function failureReport(failure: BuildFailure) {
  return {
    tool: failure.tool,
    category: failure.category,
    message: failure.message,
    ...(failure.place ? { file: failure.place.file } : {}),
    ...(failure.place?.line === undefined ? {} : { line: failure.place.line }),
    ...(failure.test === undefined ? {} : { test: failure.test }),
    occurrence: failure.occurrence,
    pattern: failure.pattern,
  };
}

/** What the act half adds to a report. */
export function landedReport(landed: Landed): Partial<HealReport> {
  return {
    verdict: landed.verdict,
    reason: landed.reason,
    gates: [...landed.gates],
    pushed: landed.pushed,
    ...(landed.branch === undefined ? {} : { branch: landed.branch }),
    ...(landed.commit === undefined ? {} : { fix_commit: landed.commit }),
    ...(landed.pullRequest === undefined ? {} : { pull_request: landed.pullRequest }),
    ...(landed.waitsFor ? { approval: approvalAsked(landed.waitsFor) } : {}),
  };
}

/** A report with what the work half found, its diff read back from the artefact store. */
export async function workReport(session: Session, base: HealReport, worked: Worked): Promise<Outcome<HealReport>> {
  const diff = worked.diff === undefined ? undefined : await session.artifacts.read(worked.diff);
  if (diff && !diff.ok) return diff;
  return succeed({
    ...base,
    verdict: worked.verdict,
    reason: worked.reason,
    fixes: [...worked.fixes],
    tried: [...worked.tried],
    files: [...worked.files],
    lines: worked.lines,
    reproduce_ms: worked.reproduceMs,
    fix_ms: worked.fixMs,
    verify_ms: worked.verifyMs,
    ...(worked.commandMs === undefined ? {} : { command_ms: worked.commandMs }),
    ...(worked.isolated === undefined ? {} : { isolated: worked.isolated }),
    ...(worked.patch === undefined ? {} : { patch: worked.patch }),
    ...(worked.evidence === undefined ? {} : { evidence: worked.evidence }),
    ...(diff ? { diff: Buffer.from(diff.value).toString("utf8") } : {}),
  });
}
