import type { BuildState } from "../../core/ci-backend.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Build } from "../../swarm/builds.ts";
import { acquireLease } from "../../swarm/leases.ts";
import { countBuild } from "../../swarm/products.ts";
import { findStage, type Plan, type PlanStage } from "../plan.ts";
import { productOf, type Session } from "../session.ts";
import { addBuild, adoptBuild, sharedBuild, unfinishedBuild } from "./builds.ts";
import { cancelWatch } from "./cancel.ts";
import { type Checkout, ciBuildOf, lookAtCheckout } from "./checkout.ts";
import { type RunContext, refusedBy } from "./conditions.ts";
import { type Execution, earliest, runInOrder, type StartStep } from "./execution.ts";
import { unknownStage } from "./preview.ts";
import { buildFolder, queuedRecords, recordsOf, type StageRecord, stateOf } from "./records.ts";

export type { StartStep } from "./execution.ts";
export type { StageRecord } from "./records.ts";

/** How a build, or the part of one that was asked for, came out. */
export interface BuildRun {
  readonly build: string;
  /** State of the stages that were run here. */
  readonly state: BuildState;
  /** A step waits for somebody; running the plan again goes on from there. */
  readonly waiting: boolean;
  /** The commit it counts for; undefined when the tree had changes that are not committed. */
  readonly commit: string | undefined;
  readonly head: string;
  /** In the plan's order. */
  readonly stages: readonly StageRecord[];
  /** What failed first. */
  readonly failed: StageRecord | undefined;
  /** Where the logs are kept. */
  readonly folder: string;
  /** An earlier attempt that was interrupted, and that this one went on with. */
  readonly resumed: boolean;
}

export interface RunStageOptions {
  readonly cause: string;
  /** Name of the CI system's build in which this runs; its stages share one record. Else taken from the environment. */
  readonly ciBuild?: string;
  readonly ignoreConditions?: boolean;
  /** Needed only for stages that are steps. */
  readonly startStep?: StartStep;
}

/** Runs one stage of the plan, or one branch of a parallel stage, in the product's work tree. */
export async function runStage(
  session: Session,
  plan: Plan,
  name: string,
  options: RunStageOptions,
): Promise<Outcome<BuildRun>> {
  const found = findStage(plan, name);
  if (!found) return unknownStage(plan, name);
  // A branch that runs alone is still under its group's condition.
  const stage: PlanStage =
    found.group && found.stage.kind === "command" ? { ...found.group, branches: [found.stage] } : found.stage;
  if (stage.kind === "step" && !options.startStep) {
    return fail(
      problem("config", "stage.is_step", `${name} is a step of the program`, { next: `codemonkeys ${name}` }),
    );
  }
  const checkout = await lookAtCheckout(session, plan);
  if (!checkout.ok) return checkout;
  const ciBuild = options.ciBuild ?? ciBuildOf(session.environment);
  const fresh = { ...subjectOf(checkout.value), plan, cause: options.cause };
  const build =
    ciBuild === undefined
      ? await addBuild(session.swarm, session.homes, {
          ...fresh,
          parameters: { stage: name },
          records: queuedRecords([stage]),
        })
      : await sharedBuild(session.swarm, session.homes, {
          ...fresh,
          job: ciBuild,
          // What the CI system skips by these conditions never comes here to say so.
          records: queuedRecords(plan.stages, (leaf) => refusedBy(leaf.conditions, decidedByCi(checkout.value))),
        });
  if (!build.ok) return build;
  return await carryOut(session, build.value, checkout.value, [stage], {
    startStep: options.startStep,
    ignoreConditions: options.ignoreConditions ?? false,
    resumable: false,
    resume: false,
  });
}

export interface RunPlanOptions {
  readonly cause: string;
  readonly startStep: StartStep;
  /** A queued build that a CiBackend's `trigger` made. */
  readonly build?: string;
  /** Begins anew even when an earlier attempt was interrupted. */
  readonly fresh?: boolean;
}

/**
 * Runs the whole plan, as Jenkins would: one build of a product at a time, stages in order, steps started by
 * `startStep`, and after a command that failed the plan's post steps. An attempt that was interrupted at the same commit
 * and plan is gone on with.
 */
export async function runPlan(session: Session, plan: Plan, options: RunPlanOptions): Promise<Outcome<BuildRun>> {
  const product = productOf(session);
  const lease = await acquireLease(session.swarm, `build:${product.company}/${product.name}`);
  if (!lease.ok) return lease;
  let run: Outcome<BuildRun>;
  try {
    run = await runLeased(session, plan, options);
  } finally {
    // Heal runs after this, and what it starts may be a build of its own.
    const released = await lease.value.release();
    for (const diagnostic of released.ok ? [] : released.diagnostics) session.emit({ type: "diagnostic", diagnostic });
  }
  if (!run.ok) return run;
  const { failed } = run.value;
  const warnings: Diagnostic[] = [...run.warnings];
  if (failed?.kind === "command") {
    for (const step of plan.post.failure) {
      const healed = await options.startStep(step, { build: run.value.build, stage: failed.name });
      // The build has failed already, and that is what the caller hears of; what heal says goes with it.
      if (!healed.ok) warnings.push(...healed.diagnostics.map((one) => ({ ...one, severity: "warning" as const })));
    }
  }
  return succeed(run.value, warnings);
}

async function runLeased(session: Session, plan: Plan, options: RunPlanOptions): Promise<Outcome<BuildRun>> {
  const checkout = await lookAtCheckout(session, plan);
  if (!checkout.ok) return checkout;
  const subject = subjectOf(checkout.value);
  const open = await unfinishedBuild(session.swarm, subject, plan, options.build);
  if (!open.ok) return open;
  const earlier = options.fresh || options.build !== undefined ? undefined : open.value;
  const build = earlier
    ? succeed(earlier)
    : options.build === undefined
      ? await addBuild(session.swarm, session.homes, { ...subject, plan, cause: options.cause })
      : await adoptBuild(session.swarm, session.homes, options.build, subject, plan);
  if (!build.ok) return build;
  const run = await carryOut(session, build.value, checkout.value, plan.stages, {
    startStep: options.startStep,
    ignoreConditions: false,
    resumable: true,
    resume: earlier !== undefined,
  });
  if (!run.ok || run.value.waiting || run.value.state === "cancelled") return run;
  const { company, product } = subject;
  const counted = await countBuild(session.swarm, { company, product, passed: run.value.state !== "failed" });
  if (counted.ok) return run;
  return succeed(run.value, [
    ...run.warnings,
    ...counted.diagnostics.map((one) => ({ ...one, severity: "warning" as const })),
  ]);
}

async function carryOut(
  session: Session,
  build: Build,
  checkout: Checkout,
  stages: readonly PlanStage[],
  options: Pick<Execution, "startStep" | "ignoreConditions" | "resumable"> & { readonly resume: boolean },
): Promise<Outcome<BuildRun>> {
  const folder = buildFolder(session.homes, build.product, build.id);
  const watch = cancelWatch(session.swarm, build.id, session.signal);
  try {
    const ran = await runInOrder(
      {
        session,
        build: build.id,
        folder,
        checkout,
        signal: watch.signal,
        before: new Map(options.resume ? recordsOf(build).map((record) => [record.name, record]) : []),
        startStep: options.startStep,
        ignoreConditions: options.ignoreConditions,
        resumable: options.resumable,
      },
      stages,
    );
    if (!ran.ok) return ran;
    return succeed(
      {
        build: build.id,
        state: stateOf(ran.value),
        waiting: ran.value.some((one) => one.waiting === true),
        commit: checkout.commit,
        head: checkout.head,
        stages: ran.value,
        failed: earliest(ran.value.filter((one) => one.state === "failed")),
        folder,
        resumed: options.resume,
      },
      checkout.warnings,
    );
  } finally {
    watch.stop();
  }
}

/** A CI system knows branch, tag and environment; what changed is looked up when the stage is run. */
function decidedByCi({ context }: Checkout): RunContext {
  return { ...context, changed: undefined };
}

function subjectOf({ company, product, commit, branch }: Checkout) {
  return { company, product, commit, branch };
}
