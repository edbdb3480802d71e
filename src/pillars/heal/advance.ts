import type { Json } from "../../core/canonical.ts";
import type { BuildState } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { advanceWaiting, openRun } from "../../swarm/journal.ts";
import { recordTemplateOutcome } from "../../swarm/templates.ts";
import type { Git } from "../../tools/git/git.ts";
import { type AwaitingRun, awaitingCi, ciKey, newestOf } from "./rounds.ts";

/** A finished build, from whichever CI system. */
export interface ToldBuild {
  /** Full id of the commit that was built. */
  readonly commit: string;
  readonly state: BuildState;
  /** Names the build for people: a number, an id or an address. */
  readonly build: string;
  /** The branch does not stand at this commit any more, and that was not this run: somebody pushed in between. */
  readonly moved?: boolean;
}

export interface AdvancedHeal {
  readonly run: string;
  /**
   * `healed`: CI agrees, the run is finished. `red`: it is not, and the next heal of this very commit goes on in the run.
   * `stopped`: CI is red and somebody has pushed in between, which makes the branch theirs.
   */
  readonly now: "healed" | "red" | "stopped";
  /** The commit that the run had pushed. */
  readonly commit: string;
}

/**
 * Tells the heals of the session's product that a build has finished: the event that a run waits for after its push. A
 * build of another commit counts when that contains the pushed one. Builds that are not finished, were cancelled or
 * concern no heal change nothing, and so does hearing of one twice. Runs that nobody told anything within a day are
 * finished as they were proven here.
 */
export async function advanceHeals(
  session: Session,
  git: Git,
  told: ToldBuild,
): Promise<Outcome<readonly AdvancedHeal[]>> {
  const awaiting = await awaitingCi(session.swarm, productOf(session));
  if (!awaiting.ok) return awaiting;
  const advanced: AdvancedHeal[] = [];
  for (const one of awaiting.value) {
    const went = await advanceHeal(session, git, one, told);
    if (!went.ok) return went;
    if (went.value) advanced.push(went.value);
  }
  return succeed(advanced);
}

/** Tells one heal; undefined where the build says nothing about it. In a dry run it is judged and nothing is written. */
export async function advanceHeal(
  session: Session,
  git: Git,
  awaiting: AwaitingRun,
  told: ToldBuild | undefined,
): Promise<Outcome<AdvancedHeal | undefined>> {
  const { run } = awaiting;
  const { commit } = newestOf(awaiting);
  const judged = told && (await judge(git, told, commit));
  const overdue = (run.wait?.until ?? Number.POSITIVE_INFINITY) < session.clock.now();
  const verdict = judged ?? (overdue ? "healed" : undefined);
  if (verdict === undefined) return succeed(undefined);
  const advanced = { run: run.id, now: verdict, commit };
  if (session.dryRun) return succeed(advanced);
  const marked = await advanceWaiting(session.swarm, { for: "ci", key: ciKey(productOf(session), commit) });
  if (!marked.ok || verdict === "red") return marked.ok ? succeed(advanced) : marked;
  const closed = await close(session, awaiting, judged ? told : undefined, verdict);
  return closed.ok ? succeed(advanced) : closed;
}

async function judge(git: Git, told: ToldBuild, commit: string): Promise<AdvancedHeal["now"] | undefined> {
  if (!["passed", "unstable", "failed"].includes(told.state)) return undefined;
  if (told.commit !== commit) {
    const known = await git.resolve(told.commit);
    const contained = known.ok ? await git.isAncestor(commit, known.value) : succeed(false);
    // A commit that is not here cannot be shown to hold the repair.
    if (!contained.ok || !contained.value) return undefined;
    return told.state === "failed" ? "stopped" : "healed";
  }
  if (told.state !== "failed") return "healed";
  return told.moved ? "stopped" : "red";
}

async function close(
  session: Session,
  awaiting: AwaitingRun,
  told: ToldBuild | undefined,
  verdict: "healed" | "stopped",
): Promise<Outcome<void>> {
  const { run: record } = awaiting;
  const { report, lesson } = newestOf(awaiting);
  const run = await openRun(session.swarm, {
    kind: record.kind,
    key: record.key,
    company: record.company,
    product: record.product,
    title: record.title,
    requester: record.requester,
    trigger: record.trigger,
  });
  // Whoever has it is at the same thing and will finish it.
  if (!run.ok) return run.diagnostics.some(({ code }) => code === "journal.held") ? succeed(undefined) : run;
  const ci = told ? { commit: told.commit, state: told.state, build: told.build } : { state: "untold" };
  const evidence = { report, ci, ...(lesson ? { lesson } : {}) };
  return run.value.finish(verdict === "healed" ? "succeeded" : "failed", evidence as unknown as Json);
}

/** CI was red after a heal for the very cause that it had healed: what was used or learned for it did not work. */
export async function demoteAfterRed(session: Session, awaiting: AwaitingRun, pattern: string): Promise<Outcome<void>> {
  const round = newestOf(awaiting);
  if (round.report.failure?.pattern !== pattern) return succeed(undefined);
  const { company, name } = productOf(session);
  const used = round.report.fixes.filter(({ kind }) => kind === "template").map((fix) => fix.name);
  for (const id of new Set([...used, ...(round.report.learned ? [round.report.learned] : [])])) {
    const use = `red ${awaiting.run.id} ${round.number}`;
    const recorded = await recordTemplateOutcome(session.swarm, id, "failed", { company, product: name, use });
    if (!recorded.ok) return recorded;
  }
  return succeed(undefined);
}
