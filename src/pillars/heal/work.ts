import { sharedWith } from "../../constitution/limits.ts";
import { protectedPaths } from "../../constitution/protect.ts";
import { canonicalJson, type Json } from "../../core/canonical.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { Git } from "../../tools/git/git.ts";
import { type Bench, openBenches, type StageToRun } from "./bench.ts";
import { type Candidate, changedLines } from "./candidate.ts";
import { builtinCandidates, type CandidateInput, templateCandidates } from "./candidates.ts";
import { healLimits } from "./checks.ts";
import { unifiedDiff } from "./edit/difference.ts";
import { lessonOf } from "./learn.ts";
import { patchOf, store } from "./patch.ts";
import type { BuildFailure } from "./read/report.ts";
import { repair } from "./repair.ts";
import type { HealFix, HealTried } from "./report.ts";
import { linesChangedSinceGreen } from "./search/recent.ts";
import { searchCandidates } from "./search/search.ts";

/** Further candidates, after templates and fixers: a model, where one answers. */
export type LastResort = (input: CandidateInput) => AsyncIterable<Outcome<Candidate>>;

export interface WorkRequest {
  readonly git: Git;
  readonly commit: string;
  readonly stage: StageToRun;
  readonly failure: BuildFailure;
  /** Digest of the failing log. */
  readonly log: string;
  /** When the run first began: its time is limited. */
  readonly startedAt: number;
  readonly lastResort: LastResort;
}

/** What the work half leaves: digests, and a record small enough for the journal. */
export interface Worked {
  readonly verdict: "fixed" | "not_fixed" | "flaky" | "infrastructure" | "refused";
  readonly reason: string;
  readonly tried: readonly HealTried[];
  readonly fixes: readonly HealFix[];
  readonly files: readonly string[];
  readonly lines: number;
  readonly reproduceMs: number;
  readonly fixMs: number;
  readonly verifyMs: number;
  /** Of all these, what the product's own commands took. */
  readonly commandMs?: number;
  readonly isolated?: boolean;
  readonly patch?: string;
  readonly evidence?: string;
  readonly diff?: string;
  /** A template made of the fix, by digest, or why there is none. */
  readonly lesson?: { readonly template: string; readonly ecosystem: string };
  readonly notLearned?: string;
}

/** Fixers below this trust make the tests agree with the product: first comes all that makes the product agree with them. */
const ACCEPTING = 0.2;
/** The share of a heal's minutes that one search may take. */
const SEARCH_SHARE = 4;

/** Runs product code and asks models, holds no keys, changes nothing but scratch space and the artefact store. */
export async function work(session: Session, request: WorkRequest): Promise<Outcome<Worked>> {
  const { git, commit, stage, failure } = request;
  const { artifacts, organisation } = session;
  const product = productOf(session);
  const benches = await openBenches({
    git,
    commit,
    product,
    stage,
    emit: session.emit,
    redactor: session.redactor,
    signal: session.signal,
    homes: session.homes,
    path: session.environment.PATH,
  });
  try {
    const repaired = await repair(
      {
        failure,
        commit: commit.slice(0, 7),
        stage,
        openBench: benches.open,
        candidates: (input) => candidatesOf(session, request, input, benches.open),
        constitution: organisation.constitution,
        limits: healLimits(organisation.constitution),
        emit: session.emit,
        startedAt: request.startedAt,
        now: () => session.clock.now(),
        signal: session.signal,
      },
      async (run) => {
        const kept = await artifacts.put({ path: run.logFile });
        return kept.ok ? succeed(kept.value.digest) : kept;
      },
    );
    if (!repaired.ok) return repaired;
    const { repaired: fix, ...found } = repaired.value;
    const result = { ...found, commandMs: benches.commandMs() };
    if (!fix) return succeed({ ...result, fixes: [], files: [], lines: 0 });

    const patch = await store(artifacts, patchOf(commit, fix.changes));
    if (!patch.ok) return patch;
    // Where several candidates healed together, the least trusted speaks for the whole.
    const weakest = [...fix.fixes].sort((a, b) => a.trust - b.trust)[0] as HealFix;
    const evidence = await store(artifacts, {
      version: 1,
      base: commit,
      patch: patch.value,
      stage: stage.name,
      command: stage.command,
      occurrence: failure.occurrence,
      pattern: failure.pattern,
      logs: { failed: request.log, reproduced: fix.reproducedLog, verified: fix.verifiedLog },
      reproduced: true,
      failing: "passed",
      suite: "passed",
      isolated: fix.isolated,
      isolation: fix.isolation,
      source: fix.fixes.some((one) => one.kind === "model") ? "model" : weakest.kind,
      trust: weakest.trust,
    });
    if (!evidence.ok) return evidence;
    const diff = await artifacts.put(Buffer.from(session.redactor.redact(unifiedDiff(fix.changes))));
    if (!diff.ok) return diff;
    const taught = await teach(session, fix.fixes, fix.changes, fix.failure, benches.open);
    if (!taught.ok) return taught;
    return succeed({
      ...result,
      fixes: fix.fixes,
      files: fix.changes.map((change) => change.path),
      lines: changedLines(fix.changes),
      isolated: fix.isolated,
      patch: patch.value,
      evidence: evidence.value,
      diff: diff.value.digest,
      ...taught.value,
    });
  } finally {
    await benches.close();
  }
}

async function* candidatesOf(
  session: Session,
  request: WorkRequest,
  input: CandidateInput,
  openBench: () => Promise<Outcome<Bench>>,
): AsyncIterable<Outcome<Candidate>> {
  const product = productOf(session);
  const { company } = product;
  const { constitution } = session.organisation;
  const learned = await templateCandidates(input, {
    swarm: session.swarm,
    company,
    shared: sharedWith(constitution, company, "templates"),
  });
  if (!learned.ok) {
    yield learned;
    return;
  }
  for (const candidate of learned.value) yield succeed(candidate);
  const builtin = await builtinCandidates(input);
  for (const candidate of builtin.filter(({ trust }) => trust >= ACCEPTING)) yield succeed(candidate);
  yield* searchCandidates(input, {
    openBench,
    stage: request.stage,
    recent: () => linesChangedSinceGreen(session.swarm, request.git, product, request.commit),
    constitution,
    budgetMs: (healLimits(constitution).minutes * 60_000) / SEARCH_SHARE,
    emit: session.emit,
    signal: session.signal,
  });
  yield* request.lastResort(input);
  for (const candidate of builtin.filter(({ trust }) => trust < ACCEPTING)) yield succeed(candidate);
}

async function teach(
  session: Session,
  fixes: readonly HealFix[],
  changes: Parameters<typeof lessonOf>[0],
  failure: BuildFailure,
  openBench: Awaited<ReturnType<typeof openBenches>>["open"],
): Promise<Outcome<Pick<Worked, "lesson" | "notLearned">>> {
  if (fixes.some((fix) => fix.kind === "template")) return succeed({ notLearned: "it was a template already" });
  // What failed says what is asserted, which is alike for all slips: no other product could tell that this one is meant.
  if (fixes.some((fix) => fix.kind === "search"))
    return succeed({ notLearned: "a slip of logic teaches nothing else" });
  if (fixes.length > 1) return succeed({ notLearned: "several faults were healed in one commit" });
  const paths = changes.map(({ path }) => path);
  if (protectedPaths(session.organisation.constitution, paths).length > 0)
    return succeed({ notLearned: "it touches protected paths" });
  const bench = await openBench();
  if (!bench.ok) return bench;
  try {
    const lesson = await lessonOf(changes, failure, bench.value.tree());
    if (!lesson.template) return succeed({ notLearned: lesson.reason });
    const stored = await session.artifacts.put(Buffer.from(canonicalJson(lesson.template as unknown as Json)));
    if (!stored.ok) return stored;
    return succeed({ lesson: { template: stored.value.digest, ecosystem: lesson.ecosystem } });
  } finally {
    await bench.value.close();
  }
}
