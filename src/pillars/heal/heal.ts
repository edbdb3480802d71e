import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { advanceWaiting, listRuns, openRun } from "../../swarm/journal.ts";
import { acquireLease } from "../../swarm/leases.ts";
import { demoteAfterRed } from "./advance.ts";
import { type Context, carryOut } from "./carry-out.ts";
import { healedBefore, undoneBefore } from "./earlier.ts";
import { inProduct, note, readFailure } from "./failure.ts";
import { confirmLessons, shareEarlier } from "./learn.ts";
import type { BuildFailure } from "./read/report.ts";
import type { HealReport } from "./report.ts";
import { failureReport } from "./reporting.ts";
import type { HealRequest } from "./request.ts";
import { type AwaitingRun, awaitingCi, ciKey, newestOf } from "./rounds.ts";
import { stageToRun } from "./stage.ts";

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
  const opened = await productRepository(session);
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
  const undone = request.fresh ? succeed(undefined) : await undoneBefore(session, failure.occurrence);
  if (!undone.ok) return undone;
  if (undone.value) {
    const reason = `${undone.value.by} has undone the repair of this failure by ${undone.value.run}: it is left to people; heal --fresh repairs it again`;
    return succeed({ ...base, verdict: "refused", reason });
  }
  const own = await ownRun(session, commit.value, failure);
  if (!own.ok) return own;
  const round = own.value ? newestOf(own.value).number + 1 : 1;
  const context: Context = { session, request, git, commit: commit.value, branch: branch.value, failure, round };
  if (session.dryRun) return carryOut(context, undefined, { base, log: log.value.digest });

  // One at a time for one failure of a product, whichever commits show it.
  const lease = await acquireLease(session.swarm, `heal ${product.company}/${product.name} ${failure.occurrence}`);
  if (!lease.ok) return lease;
  try {
    const learned = await confirmLessons(session, git);
    if (!learned.ok) return learned;
    const shared = await shareEarlier(session);
    if (!shared.ok) return shared;
    const key = own.value?.run.key ?? `${failure.occurrence}@${commit.value}`;
    const isNew = !request.fresh && unfinished.value === undefined && !own.value;
    const before = isNew ? await healedBefore(session, git, key) : succeed(undefined);
    if (!before.ok) return before;
    if (before.value?.stands) return succeed(before.value.report);
    const run = await openRun(session.swarm, {
      kind: "heal",
      key,
      company: product.company,
      product: product.name,
      title: `heal ${product.name}: ${failure.message.slice(0, 120)}`,
      requester: session.requester,
      trigger: session.trigger,
      // One that waits for CI about a commit that is gone has nothing to wait for.
      fresh: request.fresh === true || before.value !== undefined,
    });
    if (!run.ok) return run;
    session.emit({ type: "run.started", run: run.value.id, title: `heal ${product.name} ${request.stage}` });
    try {
      return await carryOut(context, run.value, { base, log: log.value.digest });
    } finally {
      await tellFailure(session, run.value.release());
    }
  } finally {
    await tellFailure(session, lease.value.release());
  }
}

async function tellFailure(session: Session, released: Promise<Outcome<void>>): Promise<void> {
  const outcome = await released;
  for (const diagnostic of outcome.ok ? [] : outcome.diagnostics) session.emit({ type: "diagnostic", diagnostic });
}

/** The run whose own commit is red now: it goes on, instead of another one being begun. */
async function ownRun(
  session: Session,
  commit: string,
  failure: BuildFailure,
): Promise<Outcome<AwaitingRun | undefined>> {
  const product = productOf(session);
  const awaiting = await awaitingCi(session.swarm, product);
  if (!awaiting.ok) return awaiting;
  const own = awaiting.value.find((one) => newestOf(one).commit === commit);
  if (!own || session.dryRun) return succeed(own);
  const marked = await advanceWaiting(session.swarm, { for: "ci", key: ciKey(product, commit) });
  if (!marked.ok) return marked;
  const demoted = await demoteAfterRed(session, own, failure.pattern);
  return demoted.ok ? succeed(own) : demoted;
}

/** The commit of a heal of this failure that has not landed yet: where no commit is named, that heal is what is meant. */
async function unfinishedCommit(
  session: Session,
  failure: BuildFailure | undefined,
): Promise<Outcome<string | undefined>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, { company, product: name, kind: "heal", status: ["running", "waiting"] });
  if (!runs.ok) return runs;
  const own = runs.value.filter((run) => failure && run.key.startsWith(`${failure.occurrence}@`));
  // One that waited, was taken up again and died there is as unfinished as one that never waited.
  const key = own.find((run) => run.status === "running" || run.wait?.for !== "ci")?.key;
  return succeed(key?.slice(key.indexOf("@") + 1));
}
