import { type Clock, isoTime } from "../core/clock.ts";
import type { Outcome } from "../core/diagnostic.ts";
import type { Emit } from "../core/events.ts";
import type { ApprovalAsked, StepResult } from "../core/result.ts";
import { RESULT_VERSION } from "../core/result-version.ts";
import type { StepDefinition, StepReport } from "../steps/definition.ts";

/** What is known of a call besides its outcome, also when it fails. */
export interface Seen {
  dryRun: boolean;
  product?: string | undefined;
  /** The step's parameters, once they were read. */
  params?: unknown;
  run?: string | undefined;
  /** The newest question that a gate asked people. */
  asked?: ApprovalAsked | undefined;
}

/** Notes the run and the question that events tell of, and passes them on. */
export function watchEvents(seen: Seen, emit: Emit): Emit {
  return (event) => {
    if (event.type === "run.started") seen.run = event.run;
    if (event.type === "gate" && event.approval) seen.asked = event.approval;
    emit(event);
  };
}

/** Says that somebody has to answer first: what a run that waits fails with, and what a gate does that asks. */
const WAITS = ["journal.waiting", "gate.asks"];

/** The result.json of a call, but for what it comes to in a line. */
export function stepResult(
  step: StepDefinition,
  outcome: Outcome<StepReport<unknown>>,
  call: { readonly startedAt: number; readonly clock: Clock; readonly seen: Seen },
): Omit<StepResult, "shown"> {
  const { product, asked, dryRun } = call.seen;
  const run = outcome.ok ? (outcome.value.run ?? call.seen.run) : call.seen.run;
  const base = {
    version: RESULT_VERSION,
    step: step.name,
    ...(product ? { product } : {}),
    ...(run ? { run } : {}),
    started_at: isoTime({ now: () => call.startedAt }),
    duration_ms: call.clock.now() - call.startedAt,
    dry_run: dryRun,
    observed: false,
  } as const;
  if (!outcome.ok) {
    const diagnostics = [...outcome.diagnostics];
    const waiting = diagnostics.some(({ code }) => WAITS.includes(code));
    const asks = diagnostics.some(({ code }) => code === "gate.asks");
    const first = diagnostics.find(({ severity }) => severity === "error") ?? diagnostics[0];
    return {
      ...base,
      verdict: waiting ? "waiting" : "failure",
      ...(first ? { kind: first.kind } : {}),
      diagnostics,
      junit: [],
      coverage: [],
      sarif: [],
      artifacts: [],
      links: [],
      metrics: {},
      ...(asks && asked ? { approval: asked } : {}),
      summary: diagnostics.map((d) => `- ${d.message}`).join("\n"),
      data: null,
    };
  }
  const report = outcome.value;
  const verdict = report.verdict ?? "success";
  const approval = report.approval ?? (verdict === "waiting" ? asked : undefined);
  return {
    ...base,
    verdict,
    ...(report.kind ? { kind: report.kind } : {}),
    diagnostics: [...(report.diagnostics ?? []), ...outcome.warnings],
    junit: report.junit ?? [],
    coverage: report.coverage ?? [],
    sarif: report.sarif ?? [],
    artifacts: report.artifacts ?? [],
    links: report.links ?? [],
    metrics: report.metrics ?? {},
    ...(approval ? { approval } : {}),
    ...(report.handover ? { handover: report.handover } : {}),
    summary: report.summary,
    data: report.data ?? null,
  };
}
