import type { Constitution } from "../../constitution/constitution.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Emit } from "../../core/events.ts";
import type { Bench, StageRun, StageToRun } from "./bench.ts";
import { type Candidate, type FileChange, sourceName } from "./candidate.ts";
import { type CandidateInput, editKey } from "./candidates.ts";
import { type HealLimits, refusalOf } from "./checks.ts";
import type { NarrowCommand } from "./narrow.ts";
import { provenNarrow, reproduce, type Verified, verify } from "./prove.ts";
import type { BuildFailure } from "./read/report.ts";
import type { HealFix, HealTried } from "./report.ts";
import { announceApplied, announceLimits, brief, fixOf } from "./telling.ts";
import { type WarningClasses, warningsIn } from "./warnings.ts";

/** The work half's question: how could this failure be repaired, and is it proven? */
export interface RepairRequest {
  readonly failure: BuildFailure;
  /** The failing commit, short, for people. */
  readonly commit: string;
  /** How the stage is run: the narrow command is made from it. */
  readonly stage: Pick<StageToRun, "command" | "timeoutMs">;
  readonly openBench: () => Promise<Outcome<Bench>>;
  /** Candidates in order of trust; made one after the other, so that the costly ones are only made when needed. */
  readonly candidates: (input: CandidateInput) => AsyncIterable<Outcome<Candidate>>;
  readonly constitution: Constitution;
  readonly limits: HealLimits;
  readonly emit: Emit;
  /** When the run's first process began; a killed one's successor has the rest of the time. */
  readonly startedAt: number;
  /** Milliseconds since the epoch; a test moves it. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface Repaired {
  readonly changes: readonly FileChange[];
  readonly fixes: readonly HealFix[];
  readonly isolated: boolean;
  readonly isolation: string;
  readonly reproducedLog: string;
  readonly verifiedLog: string;
  /** The failure as it was seen again; learning reads its captures. */
  readonly failure: BuildFailure;
}

export interface RepairResult {
  readonly verdict: "fixed" | "not_fixed" | "flaky" | "infrastructure" | "refused";
  readonly reason: string;
  readonly repaired?: Repaired;
  readonly tried: readonly HealTried[];
  readonly reproduceMs: number;
  readonly fixMs: number;
  readonly verifyMs: number;
}

/** Verifications in one run; each runs the whole stage. */
const MOST_TRIED = 24;

interface Round {
  readonly failure: BuildFailure;
  readonly excerpt: string;
  readonly changes: readonly FileChange[];
  readonly fixes: readonly HealFix[];
  readonly bench: Bench;
  /** The stage's run that showed this round's failure. */
  readonly run: StageRun;
  readonly narrow?: NarrowCommand | undefined;
}

/**
 * Reproduces the failure in a clean checkout, then tries candidates, each in a checkout of its own, until the whole
 * stage passes. A candidate that removes the failure and uncovers the next one is kept and built upon, up to
 * `limits.attempts` rounds: two faults of one commit are healed together or not at all.
 */
export async function repair(
  request: RepairRequest,
  keepLog: (run: StageRun) => Promise<Outcome<string>>,
): Promise<Outcome<RepairResult>> {
  const clock = { reproduce: 0, fix: 0, verify: 0 };
  const tried: HealTried[] = [];
  const result = (verdict: RepairResult["verdict"], reason: string, repaired?: Repaired): Outcome<RepairResult> =>
    succeed({
      verdict,
      reason,
      ...(repaired ? { repaired } : {}),
      tried,
      reproduceMs: clock.reproduce,
      fixMs: clock.fix,
      verifyMs: clock.verify,
    });

  const first = await request.openBench();
  if (!first.ok) return first;
  const open: Bench[] = [first.value];
  try {
    const seen = await reproduce(request, first.value);
    if (!seen.ok) return seen;
    clock.reproduce = seen.value.ms;
    if (seen.value.verdict) return result(seen.value.verdict, seen.value.reason);
    const reproducedLog = await keepLog(seen.value.run);
    if (!reproducedLog.ok) return reproducedLog;
    const found = seen.value.failure;
    let round: Round = {
      failure: found,
      excerpt: await seen.value.run.excerpt(found.logLines),
      changes: [],
      fixes: [],
      bench: first.value,
      run: seen.value.run,
    };
    const warnings = await warningsIn(seen.value.run.logFile);
    for (let depth = 1; depth <= request.limits.attempts; depth++) {
      let next: Round | undefined;
      const before = performance.now();
      let inVerification = 0;
      const tree = round.bench.tree();
      const keys = new Set<string>();
      const tookMs = round.run.result.durationMs;
      const narrow = await provenNarrow(round.failure, round.bench, { ...request.stage, tookMs });
      if (!narrow.ok) return narrow;
      round = { ...round, narrow: narrow.value };
      for await (const made of request.candidates({ failure: round.failure, tree, excerpt: round.excerpt })) {
        if (!made.ok) return made;
        const candidate = made.value;
        if (keys.has(editKey(candidate))) continue;
        keys.add(editKey(candidate));
        const stop = stopReason(request, tried.length);
        if (stop) return result("not_fixed", stop);
        const started = performance.now();
        const outcome = await tryCandidate(request, round, candidate, { open, warnings, number: tried.length + 1 });
        inVerification += performance.now() - started;
        if (!outcome.ok) return outcome;
        const { verdict, dropped, changes, run, bench } = outcome.value;
        tried.push({ ...brief(candidate, changes), ...(dropped === undefined ? {} : { dropped }) });
        if (verdict === "passed" && run) {
          clock.fix += performance.now() - before - inVerification;
          clock.verify += inVerification;
          const verifiedLog = await keepLog(run);
          if (!verifiedLog.ok) return verifiedLog;
          announceLimits(request.emit, changes, request.constitution);
          return result("fixed", `${sourceName(candidate.source)}: ${candidate.summary}`, {
            changes,
            fixes: [...round.fixes, fixOf(candidate, changes)],
            isolated: run.result.isolated && seen.value.run.result.isolated,
            isolation: run.result.reason,
            reproducedLog: reproducedLog.value,
            verifiedLog: verifiedLog.value,
            failure: found,
          });
        }
        if (verdict === "further" && run?.log.root && bench && !next) {
          next = {
            failure: run.log.root,
            excerpt: await run.excerpt(run.log.root.logLines),
            changes,
            fixes: [...round.fixes, fixOf(candidate, changes)],
            bench,
            run,
          };
        }
      }
      clock.fix += performance.now() - before - inVerification;
      clock.verify += inVerification;
      if (!next) break;
      round = next;
    }
    const refused = tried.length > 0 && tried.every((one) => one.dropped?.startsWith("refused"));
    return result(
      refused ? "refused" : "not_fixed",
      tried.length === 0
        ? `no template, fixer, search or model knows a repair for this (${request.failure.pattern})`
        : refused
          ? `each of the ${tried.length} candidates is refused: ${tried[0]?.dropped?.replace(/^refused: /, "")}`
          : `none of the ${tried.length} candidates made the stage pass`,
    );
  } finally {
    for (const bench of open) await bench.close();
  }
}

function stopReason(request: RepairRequest, count: number): string | undefined {
  if (request.signal.aborted) return "it was cancelled";
  const minutes = (request.now() - request.startedAt) / 60_000;
  if (minutes > request.limits.minutes) return `it took longer than ${request.limits.minutes} minutes`;
  return count >= MOST_TRIED ? `${MOST_TRIED} candidates were tried; none made the stage pass` : undefined;
}

interface Tried {
  /** `further`: the failure is gone and another one shows. */
  readonly verdict: Verified["verdict"];
  readonly dropped?: string;
  readonly changes: readonly FileChange[];
  readonly run?: StageRun;
  readonly bench?: Bench;
}

async function tryCandidate(
  request: RepairRequest,
  round: Round,
  candidate: Candidate,
  { open, warnings, number }: { readonly open: Bench[]; readonly warnings: WarningClasses; readonly number: number },
): Promise<Outcome<Tried>> {
  const wanted = combine(round.changes, candidate.changes);
  const name = sourceName(candidate.source);
  const fixers = candidate.source.kind === "builtin" && round.fixes.every(({ kind }) => kind === "builtin");
  const refusal = refusalOf(wanted, request.constitution, request.limits, fixers);
  if (refusal !== undefined) return succeed(refusedAs(request.emit, number, name, refusal, wanted));
  const opened = await request.openBench();
  if (!opened.ok) return opened;
  const bench = opened.value;
  let keep = false;
  try {
    const applied = await announceApplied(request.emit, number, candidate, () =>
      bench.apply(wanted, candidate.commands ?? []),
    );
    if (!applied.ok) return succeed(droppedFor(applied.diagnostics[0]?.message ?? "it could not be applied", wanted));
    const changes = applied.value;
    // Commands of a fixer may have touched more than its own edit did: the whole is checked again.
    const second = candidate.commands?.length
      ? refusalOf(changes, request.constitution, request.limits, fixers)
      : undefined;
    if (second !== undefined) return succeed(refusedAs(request.emit, number, name, second, changes));
    if (changes.length === 0) return succeed(droppedFor("it changes nothing", changes));
    const ran = await verify({
      failure: round.failure,
      bench,
      narrow: round.narrow,
      timeoutMs: request.stage.timeoutMs,
      warnings,
      files: changes.map((change) => change.path),
      emit: request.emit,
      number,
    });
    if (!ran.ok) return ran;
    const { run, verdict, dropped } = ran.value;
    keep = verdict === "further";
    if (keep) open.push(bench);
    return succeed({ verdict, changes, run, bench, ...(dropped === undefined ? {} : { dropped }) });
  } finally {
    if (!keep) await bench.close();
  }
}

function droppedFor(reason: string, changes: readonly FileChange[]): Tried {
  return { verdict: "dropped", dropped: reason, changes };
}

function refusedAs(emit: Emit, number: number, name: string, reason: string, changes: readonly FileChange[]): Tried {
  const id = `heal.refused.${number}`;
  emit({ type: "task.started", task: id, title: name });
  emit({ type: "task.finished", task: id, state: "skipped", title: `${name} refused: ${reason}` });
  return { verdict: "dropped", dropped: `refused: ${reason}`, changes };
}

/** One edit after another as one: each file from its first text to its last. */
export function combine(first: readonly FileChange[], second: readonly FileChange[]): readonly FileChange[] {
  const files = new Map(first.map((change) => [change.path, change]));
  for (const change of second) {
    const earlier = files.get(change.path);
    files.set(change.path, earlier ? { ...change, before: earlier.before } : change);
  }
  return [...files.values()];
}
