import type { Json } from "../../core/canonical.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns, type Run } from "../../swarm/journal.ts";
import { markFixed } from "../../swarm/patterns.ts";
import type { Git } from "../../tools/git/git.ts";
import { waitForPeople } from "../acting.ts";
import { handOver, sameDigests, workHalfOnly } from "../halves.ts";
import { remoteCredentials } from "../remote-credentials.ts";
import { movedSince } from "./branch-state.ts";
import { healLimits } from "./checks.ts";
import { HANDOVER } from "./handed-over.ts";
import { type Landed, land } from "./land.ts";
import { keepLesson, recordUses } from "./learn.ts";
import { commitMessage, commitTrailers, healBranchName } from "./message.ts";
import { modelCandidates } from "./model/candidates.ts";
import type { PendingLesson } from "./pending-lesson.ts";
import type { BuildFailure } from "./read/report.ts";
import type { HealReport } from "./report.ts";
import { landedReport, workReport } from "./reporting.ts";
import type { HealRequest } from "./request.ts";
import { CI_WAIT_MS, ciKey, inRound, landedStep, type Round } from "./rounds.ts";
import { stageToRun } from "./stage.ts";
import { type Worked, work } from "./work.ts";

/** What one heal is about. */
export interface Context {
  readonly session: Session;
  readonly request: HealRequest;
  readonly git: Git;
  readonly commit: string;
  readonly branch: string;
  readonly failure: BuildFailure;
  /** From 1; more where CI was red after this run's own commit. */
  readonly round: number;
}

/** Carries a heal out, from the first look at the branch to what is learned; the run, where there is one, is its journal. */
export async function carryOut(
  context: Context,
  run: Run | undefined,
  start: { readonly base: HealReport; readonly log: string },
): Promise<Outcome<HealReport>> {
  const { session, request, git, commit, branch, failure, round } = context;
  const stage = stageToRun(request.plan, request.stage);
  if (!stage.ok) return stage;
  const attempt = run ? await attemptOf(context, run) : succeed(1);
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
  const worked = run ? await run.step(inRound("work", round), workHalfOnly(session, doWork)) : await doWork();
  if (!worked.ok) return worked;
  const report = await workReport(session, base, worked.value);
  if (!report.ok) return report;
  const uses = run ? await recordUses(session, worked.value, inRound(run.id, round)) : succeed(undefined);
  if (!uses.ok) return uses;
  const { patch, evidence } = worked.value;
  if (worked.value.verdict !== "fixed" || patch === undefined || evidence === undefined) return finish(report.value);

  const digests = [patch, evidence];
  if (run && session.half?.does === "work") return leave(run, context, report.value, { digests, log: start.log });
  const same = sameDigests(session, digests);
  if (!same.ok) return same;
  const landed = await announceLanding(session, () =>
    land(session, {
      git,
      gate,
      run,
      round,
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
async function leave(
  run: Run,
  { session, request: { stage }, commit, branch, round }: Context,
  report: HealReport,
  left: { readonly digests: readonly string[]; readonly log: string },
): Promise<Outcome<HealReport>> {
  const noted = await run.step(inRound(HANDOVER, round), async () => succeed({ log: left.log, stage, commit, branch }));
  if (!noted.ok) return noted;
  const handover = handOver(session, "land", run.id, left.digests);
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
  context: Context,
  run: Run | undefined,
  report: HealReport,
  worked: Worked,
  landed: Landed,
  finish: (report: HealReport, lesson?: PendingLesson) => Promise<Outcome<HealReport>>,
): Promise<Outcome<HealReport>> {
  const { session, failure } = context;
  const product = productOf(session);
  if (!run) return succeed(report);
  if (landed.waitsFor) {
    const waits = await waitForPeople(run, landed.waitsFor);
    return waits.ok ? succeed(report) : waits;
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
  const end = landed.pushed ? (...told: Parameters<typeof finish>) => waitForCi(context, run, landed, ...told) : finish;
  if (!worked.lesson) return end({ ...report, ...(worked.notLearned ? { not_learned: worked.notLearned } : {}) });
  const lesson: PendingLesson = {
    pattern: failure.pattern,
    ecosystem: worked.lesson.ecosystem,
    source: worked.fixes.some((one) => one.kind === "model") ? "model" : "builtin",
    template: worked.lesson.template,
    commit: landed.commit,
  };
  if (!landed.onProtected) {
    return end({ ...report, not_learned: "a candidate until its commit reaches a protected branch" }, lesson);
  }
  const kept = await keepLesson(session, lesson, run.id);
  if (!kept.ok) return kept;
  return end({ ...report, learned: kept.value }, lesson);
}

/** CI has the last word on what was pushed: the run notes what it waits for and ends its process; a build advances it. */
async function waitForCi(
  { session, round }: Context,
  run: Run,
  { commit, branch }: Landed,
  report: HealReport,
  lesson?: PendingLesson,
): Promise<Outcome<HealReport>> {
  if (commit === undefined || branch === undefined) throw new Error("only what was pushed is built by CI");
  const { diff: _diff, ...kept } = report;
  const landed: Round = { number: round, commit, branch, report: kept, ...(lesson ? { lesson } : {}) };
  const noted = await run.step(landedStep(round), async () => succeed(landed));
  if (!noted.ok) return noted;
  const key = ciKey(productOf(session), commit);
  const detail = `a build of ${commit.slice(0, 7)} on ${branch}`;
  const waiting = await run.wait({ for: "ci", key, until: session.clock.now() + CI_WAIT_MS, detail });
  if (
    !waiting.ok &&
    waiting.diagnostics.some(({ code }) => code !== "journal.waiting" && code !== "journal.wait_expired")
  ) {
    return waiting;
  }
  session.emit({ type: "run.finished", run: run.id, verdict: "success" });
  return succeed(report);
}

/**
 * How often this failure was worked at: rounds of this run, and failed runs of the same commit before it; a refused one did
 * not work.
 */
async function attemptOf({ session, round }: Context, run: Run): Promise<Outcome<number>> {
  const { company, name } = productOf(session);
  const { kind, key } = run;
  const runs = await listRuns(session.swarm, { company, product: name, kind, key, status: "failed", limit: 1000 });
  if (!runs.ok) return runs;
  const worked = runs.value.filter(({ evidence }) => {
    const report = (evidence as { readonly report?: Partial<HealReport> } | undefined)?.report;
    return report?.verdict !== "refused" || (report.tried?.length ?? 0) + (report.fixes?.length ?? 0) > 0;
  });
  return succeed(worked.length + round);
}

function count(times: number): string {
  return times === 1 ? "once" : `${times} times`;
}
