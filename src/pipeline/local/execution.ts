import { availableParallelism } from "node:os";
import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Verdict } from "../../core/result.ts";
import { recordTiming } from "../../swarm/timings.ts";
import type { CommandStage, ParallelStage, PipelineStep, PlanStage, PlanWhen, StepStage } from "../plan.ts";
import { productOf, type Session } from "../session.ts";
import { recordStage } from "./builds.ts";
import type { Checkout } from "./checkout.ts";
import { runCommand, taskOf } from "./command.ts";
import { refusedBy } from "./conditions.ts";
import type { StageRecord } from "./records.ts";

/** How a step of the program is started: by the CLI, as Jenkins would. */
export type StartStep = (
  step: PipelineStep | "heal",
  at: { readonly build: string; readonly stage: string },
) => Promise<Outcome<{ readonly verdict: Verdict; readonly reason?: string }>>;

/** A build while it is carried out. */
export interface Execution {
  readonly session: Session;
  readonly build: string;
  readonly folder: string;
  readonly checkout: Checkout;
  readonly signal: AbortSignal;
  /** What earlier attempts at the same build left. */
  readonly before: ReadonlyMap<string, StageRecord>;
  readonly startStep: StartStep | undefined;
  readonly ignoreConditions: boolean;
  /** Whether a later call goes on with this build when this process is interrupted. */
  readonly resumable: boolean;
}

/** Diagnostics with which a run says that it waits for somebody; a later call goes on. */
const WAITING_CODES = new Set(["journal.waiting", "gate.asks"]);

/**
 * Carries out stages one after the other. The first that fails decides: what comes after it is not run. A step that
 * waits holds up what comes after it, and nothing failed.
 */
export async function runInOrder(execution: Execution, stages: readonly PlanStage[]): Promise<Outcome<StageRecord[]>> {
  const done: StageRecord[] = [];
  let stopped: StageRecord | undefined;
  for (const stage of stages) {
    const ran = stopped ? await leaveOut(execution, stage, stopped) : await runOne(execution, stage);
    if (!ran.ok) return ran;
    done.push(...ran.value);
    stopped ??= firstStop(ran.value);
  }
  return succeed(done);
}

/** The record that stops the pipeline. */
function firstStop(records: readonly StageRecord[]): StageRecord | undefined {
  return earliest(records.filter((one) => one.state === "failed" || one.state === "cancelled" || one.waiting));
}

/** Of several that ended side by side, the one that ended first. */
export function earliest(records: readonly StageRecord[]): StageRecord | undefined {
  return records.toSorted((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))[0];
}

async function runOne(execution: Execution, stage: PlanStage): Promise<Outcome<StageRecord[]>> {
  if (stage.kind === "parallel") return await runGroup(execution, stage);
  const kept = keptFrom(execution, stage.name);
  if (kept) return succeed([kept]);
  const record = await runLeaf(execution, stage, undefined, stage.when);
  return record.ok ? succeed([record.value]) : record;
}

async function runGroup(execution: Execution, group: ParallelStage): Promise<Outcome<StageRecord[]>> {
  const queue = [...group.branches.entries()];
  const outcomes: Outcome<StageRecord>[] = [];
  // All branches run to their end, so that each has its whole log, whichever of them failed first.
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, branch] = next;
      const kept = keptFrom(execution, branch.name);
      outcomes[index] = kept ? succeed(kept) : await runLeaf(execution, branch, group.name, group.when, branch.when);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker));
  const failed = outcomes.find((outcome) => !outcome.ok);
  if (failed && !failed.ok) return failed;
  return succeed(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : [])));
}

/** What an interrupted attempt at the same build has done already is not done again. */
function keptFrom(execution: Execution, name: string): StageRecord | undefined {
  const before = execution.before.get(name);
  return before && ["passed", "unstable", "skipped"].includes(before.state) ? before : undefined;
}

async function runLeaf(
  execution: Execution,
  stage: CommandStage | StepStage,
  group: string | undefined,
  ...conditions: (PlanWhen | undefined)[]
): Promise<Outcome<StageRecord>> {
  const base = { name: stage.name, kind: stage.kind, ...(group === undefined ? {} : { group }) };
  if (execution.signal.aborted)
    return await note(execution, { ...base, state: "cancelled", finishedAt: now(execution) });
  const refused = execution.ignoreConditions ? undefined : refusedBy(conditions, execution.checkout.context);
  if (refused !== undefined) {
    skipTask(execution, stage.name, refused);
    return await note(execution, { ...base, state: "skipped", reason: refused });
  }
  const begun = await note(execution, { ...base, state: "running" });
  if (!begun.ok) return begun;
  const record =
    stage.kind === "command"
      ? await runCommand(execution.session, stage, {
          folder: execution.folder,
          signal: execution.signal,
          ...(group === undefined ? {} : { group }),
        })
      : await runStep(execution, stage);
  const noted = await note(execution, record);
  if (!noted.ok) return noted;
  const timed = await time(execution, record);
  return timed.ok ? noted : timed;
}

async function runStep(execution: Execution, stage: StepStage): Promise<StageRecord> {
  const base = { name: stage.name, kind: "step" as const };
  if (!execution.startStep) throw new Error(`the stage ${stage.name} is a step, and nothing was given to start steps`);
  const startedAt = performance.now();
  const outcome = await execution.startStep(stage.step, { build: execution.build, stage: stage.name });
  const ended = { durationMs: Math.round(performance.now() - startedAt), finishedAt: now(execution) };
  if (!outcome.ok) {
    const diagnostics: readonly Diagnostic[] = outcome.diagnostics;
    if (diagnostics.some(({ code }) => WAITING_CODES.has(code))) {
      return { ...base, ...ended, state: "running", waiting: true, diagnostics };
    }
    const reason = diagnostics[0]?.message ?? "";
    return { ...base, ...ended, state: execution.signal.aborted ? "cancelled" : "failed", reason, diagnostics };
  }
  const { verdict, reason } = outcome.value;
  const said = reason === undefined ? {} : { reason };
  if (verdict === "waiting") return { ...base, ...ended, ...said, state: "running", waiting: true };
  const state = verdict === "success" ? "passed" : verdict === "unstable" ? "unstable" : "failed";
  return { ...base, ...ended, ...said, state };
}

/**
 * Stages after the one that stopped the pipeline. After a wait or an interruption they stay queued; after a failure they
 * are skipped.
 */
async function leaveOut(execution: Execution, stage: PlanStage, stopped: StageRecord): Promise<Outcome<StageRecord[]>> {
  const leaves = stage.kind === "parallel" ? stage.branches : [stage];
  const records: StageRecord[] = [];
  for (const leaf of leaves) {
    const base = {
      name: leaf.name,
      kind: leaf.kind,
      ...(stage.kind === "parallel" ? { group: stage.name } : {}),
    };
    execution.session.emit({ type: "task.finished", task: taskOf(leaf.name), state: "held", title: leaf.name });
    const record: StageRecord =
      stopped.waiting || isInterrupted(execution)
        ? { ...base, state: "queued" }
        : { ...base, state: "skipped", reason: `not reached: ${stopped.name} ${stopped.state}` };
    const noted = await note(execution, record);
    if (!noted.ok) return noted;
    records.push(noted.value);
  }
  return succeed(records);
}

function skipTask({ session }: Execution, name: string, why: string): void {
  session.emit({ type: "task.started", task: taskOf(name), title: name });
  session.emit({ type: "task.finished", task: taskOf(name), state: "skipped", title: `${name}  ${why}` });
}

/** Whoever stopped this process (Ctrl-C, an agent going down) did not cancel the build: it is to be gone on with. */
function isInterrupted(execution: Execution): boolean {
  return execution.resumable && execution.session.signal.aborted;
}

async function note(execution: Execution, record: StageRecord): Promise<Outcome<StageRecord>> {
  const { name, kind, group } = record;
  const kept: StageRecord =
    record.state === "cancelled" && isInterrupted(execution)
      ? { name, kind, ...(group === undefined ? {} : { group }), state: "queued" }
      : record;
  const noted = await recordStage(execution.session.swarm, execution.build, kept);
  return noted.ok ? succeed(record) : noted;
}

async function time(execution: Execution, record: StageRecord): Promise<Outcome<void>> {
  const { state, durationMs } = record;
  if (durationMs === undefined || state === "queued" || state === "running" || state === "skipped") {
    return succeed(undefined);
  }
  const { company, name: product } = productOf(execution.session);
  const commit = execution.checkout.head;
  return await recordTiming(execution.session.swarm, {
    company,
    product,
    stage: record.name,
    commit,
    state,
    durationMs,
  });
}

function now(execution: Execution): number {
  return execution.session.clock.now();
}
