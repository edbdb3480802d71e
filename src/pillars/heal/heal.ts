import { stat } from "node:fs/promises";
import type { Json } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Handover } from "../../core/result.ts";
import type { Plan } from "../../pipeline/plan.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns, openRun, type Run } from "../../swarm/journal.ts";
import { markFixed, patternHistory, recordOccurrence } from "../../swarm/patterns.ts";
import { type Git, openRepository } from "../../tools/git/git.ts";
import { sameDigests, workHalfOnly } from "../halves.ts";
import { remoteCredentials } from "../remote-credentials.ts";
import { movedSince } from "./branch-state.ts";
import { healLimits } from "./checks.ts";
import { healedBefore } from "./earlier.ts";
import { HANDOVER } from "./handed-over.ts";
import { type Landed, land } from "./land.ts";
import { confirmLessons, keepLesson, type PendingLesson, recordUses } from "./learn.ts";
import { commitMessage, commitTrailers, healBranchName } from "./message.ts";
import { modelCandidates } from "./model/candidates.ts";
import { readLog } from "./read/index.ts";
import type { BuildFailure } from "./read/report.ts";
import type { HealReport } from "./report.ts";
import { failureReport, landedReport, workReport } from "./reporting.ts";
import { stageToRun } from "./stage.ts";
import { locatePath } from "./tree.ts";
import { type Worked, work } from "./work.ts";

export interface HealRequest {
  /** The failed build's log. */
  readonly log: string;
  /** The stage that failed, by its name in the plan. */
  readonly stage: string;
  /** The product's pipeline: it says how the stage is run. */
  readonly plan: Plan;
  /** The commit that was built; the checked-out one without it. */
  readonly commit?: string | undefined;
  /** The branch that was built; the checked-out one without it (Jenkins checks out no branch). */
  readonly branch?: string | undefined;
  /** A model's name, instead of the configured one. */
  readonly model?: string | undefined;
  /** Begins anew where an earlier run of the same failure did not finish. */
  readonly fresh?: boolean | undefined;
}

/**
 * Heals a failed build: reads its log, proves that it fails, finds a repair that makes the whole stage pass, and lands
 * it as far as the constitution allows. A journal run of the key occurrence@commit, so that two heals of one failure
 * never run at once and a killed one goes on where it stopped. A failure that can't be repaired is a report, not a
 * failed outcome; a failed outcome means that the heal itself could not be done.
 */
export async function healBuild(session: Session, request: HealRequest): Promise<Outcome<HealReport>> {
  const product = productOf(session);
  const stage = stageToRun(request.plan, request.stage);
  if (!stage.ok) return stage;
  const opened = await openRepository(product.path, {
    author: { name: product.config.get("git.author_name"), email: product.config.get("git.author_email") },
    redactor: session.redactor,
    signal: session.signal,
  });
  if (!opened.ok) return opened;
  const git = opened.value;
  const branch = request.branch === undefined ? await git.branch() : succeed(request.branch);
  if (!branch.ok) return branch;

  const read = await readFailure(request.log, { stage: request.stage, product: product.name });
  if (!read.ok) return read;
  const unfinished = await unfinishedCommit(session, read.value);
  if (!unfinished.ok) return unfinished;
  const commit = await git.resolve(request.commit ?? (request.fresh ? undefined : unfinished.value) ?? "HEAD");
  if (!commit.ok) return commit;
  const empty: HealReport = {
    verdict: "not_fixed",
    reason: "the log shows no failure",
    product: product.name,
    stage: request.stage,
    commit: commit.value,
    fixes: [],
    tried: [],
    files: [],
    lines: 0,
    gates: [],
    pushed: false,
    dry_run: session.dryRun,
  };
  if (!read.value) return succeed(empty);
  const paths = await git.listAt(commit.value);
  if (!paths.ok) return paths;
  const failure = inProduct(read.value, product.path, paths.value);
  const log = await session.artifacts.put({ path: request.log });
  if (!log.ok) return log;
  const noted = await note(session, failure, commit.value, request.stage);
  if (!noted.ok) return noted;
  const base: HealReport = { ...empty, failure: { ...failureReport(failure), seen: noted.value } };
  if (failure.category === "infrastructure") {
    return succeed({ ...base, verdict: "infrastructure", reason: `${failure.message}: build it again` });
  }
  const context: Context = { session, request, git, commit: commit.value, branch: branch.value, failure };
  if (session.dryRun) return carryOut(context, undefined, { base, log: log.value.digest });

  const learned = await confirmLessons(session, git);
  if (!learned.ok) return learned;
  const key = `${failure.occurrence}@${commit.value}`;
  const before =
    request.fresh || unfinished.value !== undefined ? succeed(undefined) : await healedBefore(session, git, key);
  if (!before.ok) return before;
  if (before.value) return succeed(before.value);
  const run = await openRun(session.swarm, {
    kind: "heal",
    key,
    company: product.company,
    product: product.name,
    title: `heal ${product.name}: ${failure.message.slice(0, 120)}`,
    requester: session.requester,
    trigger: session.trigger,
    fresh: request.fresh,
  });
  if (!run.ok) return run;
  session.emit({ type: "run.started", run: run.value.id, title: `heal ${product.name} ${request.stage}` });
  try {
    return await carryOut(context, run.value, { base, log: log.value.digest });
  } finally {
    const released = await run.value.release();
    for (const diagnostic of released.ok ? [] : released.diagnostics) session.emit({ type: "diagnostic", diagnostic });
  }
}

interface Context {
  readonly session: Session;
  readonly request: HealRequest;
  readonly git: Git;
  readonly commit: string;
  readonly branch: string;
  readonly failure: BuildFailure;
}

async function readFailure(
  path: string,
  scope: { readonly stage: string; readonly product: string },
): Promise<Outcome<BuildFailure | undefined>> {
  try {
    if (!(await stat(path)).isFile()) throw new Error("it is not a file");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(problem("config", "heal.log_missing", `the log ${path} cannot be read (${why})`));
  }
  return succeed((await readLog({ path }, scope)).root);
}

/** The commit of an unfinished heal of this failure: where no commit is named, that heal is what is meant. */
async function unfinishedCommit(
  session: Session,
  failure: BuildFailure | undefined,
): Promise<Outcome<string | undefined>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, { company, product: name, kind: "heal", status: ["running", "waiting"] });
  if (!runs.ok) return runs;
  const key = runs.value.find((run) => failure && run.key.startsWith(`${failure.occurrence}@`))?.key;
  return succeed(key?.slice(key.indexOf("@") + 1));
}

/** The failure with its file as the repository names it: commits and reports show no path of the machine that built. */
function inProduct(failure: BuildFailure, root: string, paths: readonly string[]): BuildFailure {
  if (!failure.place) return failure;
  const file = locatePath(failure.place.file, root, paths);
  return file === undefined ? failure : { ...failure, place: { ...failure.place, file } };
}

/** Notes the failure in the swarm (not in a dry run) and tells what the company knows of it. */
async function note(session: Session, failure: BuildFailure, commit: string, stage: string) {
  const { company, name } = productOf(session);
  if (!session.dryRun) {
    const { occurrence, pattern, category, tool } = failure;
    const recorded = await recordOccurrence(session.swarm, {
      company,
      product: name,
      occurrence,
      pattern,
      category,
      tool,
      commit,
      stage,
    });
    if (!recorded.ok) return recorded;
  }
  const history = await patternHistory(session.swarm, { company, pattern: failure.pattern });
  if (!history.ok) return history;
  const { seen, products, fixed } = history.value;
  return succeed({ times: seen, products, fixed });
}

async function carryOut(
  context: Context,
  run: Run | undefined,
  start: { readonly base: HealReport; readonly log: string },
): Promise<Outcome<HealReport>> {
  const { session, request, git, commit, branch, failure } = context;
  const stage = stageToRun(request.plan, request.stage);
  if (!stage.ok) return stage;
  const attempt = run ? await attemptOf(session, run) : succeed(1);
  if (!attempt.ok) return attempt;
  const gate = session.gate.bound({
    ...(run ? { run: { id: run.id, startedAt: run.startedAt } } : {}),
    pillar: "heal",
    attempt: attempt.value,
    trigger: session.trigger,
  });
  const allowed = await remoteCredentials(session, git, "heal");
  if (!allowed.ok) return allowed;
  const credentials = allowed.value;
  const base: HealReport = { ...start.base, ...(run ? { run: run.id } : {}) };
  const finish = async (report: HealReport, lesson?: PendingLesson): Promise<Outcome<HealReport>> => {
    if (!run) return succeed(report);
    const { diff: _diff, ...kept } = report;
    const healed = report.verdict === "fixed" || report.pushed;
    const closed = await run.finish(healed ? "succeeded" : "failed", {
      report: kept,
      ...(lesson ? { lesson } : {}),
    } as unknown as Json);
    if (!closed.ok) return closed;
    session.emit({ type: "run.finished", run: run.id, verdict: healed ? "success" : "failure" });
    return succeed(report);
  };

  const limits = healLimits(session.organisation.constitution);
  if (attempt.value > limits.attempts) {
    const reason = `this failure was tried ${count(attempt.value - 1)}; the constitution allows ${limits.attempts}`;
    return finish({ ...base, verdict: "refused", reason });
  }
  // Looked at before anything is run, and again by the act half: a heal of yesterday's commit helps nobody.
  const moved = await movedSince({ git, branch, run, credentials }, commit);
  if (!moved.ok) return moved;
  if (moved.value !== undefined) return finish({ ...base, verdict: "refused", reason: moved.value });

  const doWork = () =>
    work(session, {
      git,
      commit,
      stage: stage.value,
      failure,
      log: start.log,
      startedAt: run?.startedAt ?? session.clock.now(),
      lastResort: (input) => modelCandidates(session, gate, limits, { model: request.model, run: run?.id }, input),
    });
  const worked = run ? await run.step("work", workHalfOnly(session, doWork)) : await doWork();
  if (!worked.ok) return worked;
  const report = await workReport(session, base, worked.value);
  if (!report.ok) return report;
  const uses = run ? await recordUses(session, worked.value, run.id) : succeed(undefined);
  if (!uses.ok) return uses;
  const { patch, evidence } = worked.value;
  if (worked.value.verdict !== "fixed" || patch === undefined || evidence === undefined) return finish(report.value);

  const digests = [patch, evidence];
  if (run && session.half?.does === "work") return handOver(run, context, report.value, { digests, log: start.log });
  const same = sameDigests(session, digests);
  if (!same.ok) return same;
  const landed = await announceLanding(session, () =>
    land(session, {
      git,
      gate,
      run,
      patch,
      evidence,
      message: commitMessage({ failure, worked: worked.value, stage: request.stage, commit }),
      trailers: commitTrailers({ run: run?.id ?? "dry-run", failure, fixes: worked.value.fixes }),
      branch,
      healBranch: healBranchName(failure, commit, attempt.value),
      credentials,
    }),
  );
  if (!landed.ok) return landed;
  const ending = { ...report.value, ...landedReport(landed.value) };
  const settled = await settle(context, run, ending, worked.value, landed.value, finish);
  return settled.ok ? succeed(settled.value, [...landed.warnings, ...settled.warnings]) : settled;
}

/** The work half's end: what the act half needs is noted in the run, which is let go of. */
async function handOver(
  run: Run,
  { request: { stage }, commit, branch }: Context,
  report: HealReport,
  left: { readonly digests: readonly string[]; readonly log: string },
): Promise<Outcome<HealReport>> {
  const noted = await run.step(HANDOVER, async () => succeed({ log: left.log, stage, commit, branch }));
  if (!noted.ok) return noted;
  const handover: Handover = { job: "land", run: run.id, digests: [...left.digests] };
  return succeed({ ...report, verdict: "proposed", reason: "proven; the act half lands it", handover });
}

function announceLanding(session: Session, work: () => Promise<Outcome<Landed>>): Promise<Outcome<Landed>> {
  return task(session.emit, "heal.land", "asking the constitution", work, (outcome) => {
    if (!outcome.ok) return { state: "failed" };
    const { verdict, reason, gates, waitsFor } = outcome.value;
    if (verdict === "refused") return { state: "failed", title: `not allowed: ${reason}` };
    if (session.dryRun) return { state: "planned", title: reason };
    if (waitsFor) return { state: "held", title: reason };
    const rules = [...new Set(gates.filter((gate) => gate.answer === "allow").map((gate) => gate.rule))];
    return { title: `${rules.length > 0 ? `allowed by ${rules.join(", ")}` : "done before"} → ${reason}` };
  });
}

/** After landing: what is learned, and how the run ends. */
async function settle(
  { session, failure }: Context,
  run: Run | undefined,
  report: HealReport,
  worked: Worked,
  landed: Landed,
  finish: (report: HealReport, lesson?: PendingLesson) => Promise<Outcome<HealReport>>,
): Promise<Outcome<HealReport>> {
  const product = productOf(session);
  if (!run) return succeed(report);
  if (landed.waitsFor) {
    const { id, group, until, reason } = landed.waitsFor;
    // The failure it answers says that it waits, which the report says as well.
    await run.wait({ for: "approval", key: id, until, detail: `${group}: ${reason}` });
    return succeed(report);
  }
  if (landed.commit === undefined) return finish(report);
  const fix = worked.fixes.find((one) => one.kind === "template");
  const marked = await markFixed(session.swarm, {
    company: product.company,
    product: product.name,
    occurrence: failure.occurrence,
    commit: landed.commit,
    run: run.id,
    template: fix?.name,
  });
  if (!marked.ok) return marked;
  if (!worked.lesson) return finish({ ...report, ...(worked.notLearned ? { not_learned: worked.notLearned } : {}) });
  const lesson: PendingLesson = {
    pattern: failure.pattern,
    ecosystem: worked.lesson.ecosystem,
    source: worked.fixes.some((one) => one.kind === "model") ? "model" : "builtin",
    template: worked.lesson.template,
    commit: landed.commit,
  };
  if (!landed.onProtected) {
    return finish({ ...report, not_learned: "a candidate until its commit reaches a protected branch" }, lesson);
  }
  const kept = await keepLesson(session, lesson, run.id);
  if (!kept.ok) return kept;
  return finish({ ...report, learned: kept.value }, lesson);
}

/** How many runs have worked at this very failure of this commit, this one included; a refused one did not. */
async function attemptOf(session: Session, run: Run): Promise<Outcome<number>> {
  const { company, name } = productOf(session);
  const { kind, key } = run;
  const runs = await listRuns(session.swarm, { company, product: name, kind, key, status: "failed", limit: 1000 });
  if (!runs.ok) return runs;
  const worked = runs.value.filter(({ evidence }) => {
    const report = (evidence as { readonly report?: Partial<HealReport> } | undefined)?.report;
    return report?.verdict !== "refused" || (report.tried?.length ?? 0) + (report.fixes?.length ?? 0) > 0;
  });
  return succeed(worked.length + 1);
}

function count(times: number): string {
  return times === 1 ? "once" : `${times} times`;
}
