import { basename, relative } from "node:path";
import * as z from "zod";
import { type Diagnostic, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { advanceHeals } from "../pillars/heal/advance.ts";
import { excerptsOf, explainLines } from "../pillars/heal/explain/index.ts";
import { learnFromPeople } from "../pillars/heal/learn/people.ts";
import { confirmLessons } from "../pillars/heal/learn.ts";
import { readLog } from "../pillars/heal/read/index.ts";
import { type PlannedStage, previewPlan } from "../pipeline/local/preview.ts";
import { type BuildRun, runPlan, runStage, type StageRecord } from "../pipeline/local/run.ts";
import type { Plan } from "../pipeline/plan.ts";
import { planOfProduct } from "../pipeline/product-plan.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import { productRepository } from "../pipeline/session-git.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { PIPELINE_ACTIONS } from "./pipeline-actions.ts";
import { startStep } from "./start-step.ts";

const resultSchema = z.object({
  build: z.string().nullable().describe("null in a dry run"),
  state: z.string(),
  commit: z.string().optional(),
  stages: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      reason: z.string().optional(),
      log: z.string().optional().describe("path of the kept log"),
      duration_ms: z.number().optional(),
    }),
  ),
  failed: z.string().optional().describe("the stage that failed first"),
});
type RunResult = z.infer<typeof resultSchema>;

export const runStep = defineStep({
  name: "run",
  jenkinsName: "monkeysStage",
  summary: "Run the product's pipeline, or one stage of it, on this machine",
  description:
    "Runs the stages of the plan in the work tree: each command in a sandbox with a home of its own and no credentials, its output kept in full, its time and reports recorded. Without `--all` the stages that act on the world (release, announce) and the repair after a failure are left out; with it the whole pipeline runs as on Jenkins. An attempt that was interrupted at the same commit is gone on with.",
  examples: [
    { command: "codemonkeys run", says: "build, test, the product's own stages, docs" },
    { command: "codemonkeys run --stage test", says: "one stage" },
    { command: "codemonkeys run --all", says: "everything that Jenkins would do, release included" },
    { command: "codemonkeys run --dry-run", says: "what would run, and what would be skipped and why" },
  ],
  params: z.object({
    stage: z.string().optional().describe("only this stage, or this branch of a parallel stage"),
    all: z.boolean().default(false).describe("also heal after a failure, release and announce"),
    ci_build: z
      .string()
      .optional()
      .describe("the CI system's build in which this stage runs; its stages share a record"),
    fresh: z.boolean().default(false).describe("begin anew even when an earlier attempt was interrupted"),
  }),
  result: resultSchema,
  credentials: [],
  tools: ["git"],
  actions: PIPELINE_ACTIONS,
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { stage, all, ci_build, fresh }): Promise<Outcome<StepReport<RunResult>>> {
    const whole = await planOfProduct(session);
    if (!whole.ok) return whole;
    const plan = all || stage !== undefined ? whole.value : withoutActs(whole.value);
    // An observing session still builds: only what would act on the world is planned instead.
    if (session.dryRun && !session.observing) {
      const planned = await previewPlan(session, plan, stage);
      return planned.ok ? succeed(planReport(planned.value), planned.warnings) : planned;
    }
    const cause = session.trigger === "person" ? `${session.requester} ran it` : session.trigger;
    const start = startStep(session);
    const run =
      stage === undefined
        ? await runPlan(session, plan, { cause, startStep: start, fresh })
        : await runStage(session, plan, stage, {
            cause,
            startStep: start,
            ...(ci_build === undefined ? {} : { ciBuild: ci_build }),
          });
    if (!run.ok) return run;
    const empty = stage === undefined && plan.stages.every(({ kind }) => kind === "step") ? [noStages()] : [];
    const learned = stage === undefined ? await tellHeals(session, run.value) : [];
    return succeed(await runReport(session, run.value), [...run.warnings, ...empty, ...learned]);
  },
});

/** A green build that looked at nothing must not pass for one that did. */
function noStages(): Diagnostic {
  return problem("product", "run.no_stages", "SPEC.md names no command: nothing was built or tested", {
    severity: "warning",
    where: { file: "SPEC.md" },
    next: "say how under stages, such as `stages: { build: make, test: make test }`",
  });
}

/**
 * A build is what a heal waits for after its push; and a green one may be that of a repair which people merged, or which
 * they made themselves: then it becomes a template. What fails here is a warning: the build is what was asked for.
 */
async function tellHeals(session: Session, run: BuildRun): Promise<Diagnostic[]> {
  const warnings = (outcome: Outcome<unknown>) =>
    outcome.ok ? [] : outcome.diagnostics.map((one) => ({ ...one, severity: "warning" as const }));
  const git = await productRepository(session);
  if (!git.ok) return warnings(git);
  const told = run.commit && { commit: run.commit, state: run.state, build: run.build };
  const advanced = told ? warnings(await advanceHeals(session, git.value, told)) : [];
  if (run.state !== "passed") return advanced;
  const confirmed = warnings(await confirmLessons(session, git.value));
  const { build, commit, stages } = run;
  const taught =
    commit === undefined ? [] : warnings(await learnFromPeople(session, git.value, { build, commit, stages }));
  return [...advanced, ...confirmed, ...taught];
}

/** The plan without what acts on the world: for a person who wants to know whether the product is good. */
function withoutActs(plan: Plan): Plan {
  return {
    ...plan,
    stages: plan.stages.filter((stage) => stage.kind !== "step" || stage.step === "docs"),
    post: { failure: [] },
  };
}

function planReport(planned: readonly PlannedStage[]): StepReport<RunResult> {
  const lines = planned.map(({ name, does, skipped }) =>
    skipped ? `↷ ${name}  skipped: ${skipped}` : `◇ ${name}  ${does}`,
  );
  return {
    data: {
      build: null,
      state: "planned",
      stages: planned.map(({ name, skipped }) => ({
        name,
        state: skipped ? "skipped" : "planned",
        ...(skipped ? { reason: skipped } : {}),
      })),
    },
    summary: lines.join("\n"),
    display: lines,
  };
}

async function runReport(session: Session, run: BuildRun): Promise<StepReport<RunResult>> {
  const { failed } = run;
  const root = productOf(session).path;
  const reports = run.stages.flatMap((one) => (one.reports ? [one.reports] : []));
  const cause = failed?.kind === "command" && failed.log ? await causeOf(failed.log, root) : [];
  const next =
    failed?.kind === "command" ? [`→ codemonkeys heal repairs it; the log is ${shortPath(root, failed.log)}`] : [];
  const outcome = failed ? `failed in ${failed.name}${failed.reason ? ` (${failed.reason})` : ""}` : run.state;
  const line = `build ${run.build} ${outcome}`;
  return {
    verdict: run.waiting
      ? "waiting"
      : failed
        ? "failure"
        : run.state === "unstable"
          ? "unstable"
          : run.state === "passed"
            ? "success"
            : "failure",
    ...(failed ? { kind: failed.diagnostics?.[0]?.kind ?? ("product" as const) } : {}),
    diagnostics: run.stages.flatMap((one) => one.diagnostics ?? []),
    junit: reports.flatMap(({ junit }) => [...junit]),
    coverage: reports.flatMap(({ coverage }) => [...coverage]),
    sarif: reports.flatMap(({ sarif }) => [...sarif]),
    metrics: Object.fromEntries(
      run.stages.flatMap((one) => (one.durationMs === undefined ? [] : [[`stage.${one.name}.ms`, one.durationMs]])),
    ),
    data: {
      build: run.build,
      state: run.state,
      ...(run.commit ? { commit: run.commit } : {}),
      stages: run.stages.map(stageRow),
      ...(failed ? { failed: failed.name } : {}),
    },
    summary: [line, ...cause, ...next].join("\n"),
    display: [line, ...cause, ...next],
    ...(cause.length > 0 ? { told: ["stage.failed"] } : {}),
  };
}

/** What is wrong, as `explain` reads it from the log, instead of the log's last lines. */
async function causeOf(log: string, root: string): Promise<string[]> {
  const report = await readLog({ path: log });
  if (report.root === undefined) return [];
  const excerpts = await excerptsOf({ path: log }, report.failures);
  return explainLines({ log: basename(log), report, excerpts }, root).map(({ text }) => `  ${text}`);
}

function stageRow(one: StageRecord): RunResult["stages"][number] {
  return {
    name: one.name,
    state: one.state,
    ...(one.reason === undefined ? {} : { reason: one.reason }),
    ...(one.log === undefined ? {} : { log: one.log }),
    ...(one.durationMs === undefined ? {} : { duration_ms: one.durationMs }),
  };
}

function shortPath(root: string, path: string | undefined): string {
  if (path === undefined) return "LOG";
  const shorter = relative(root, path);
  return shorter.length < path.length ? shorter : path;
}
