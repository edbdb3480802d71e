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
}

export interface AdvancedHeal {
  readonly run: string;
  /**
   * `healed`: CI agrees, the run is finished. `red`: it is not, and the next heal of this very commit goes on in the run.
   * `stopped`: somebody pushed on top and CI is red, which is no longer this run's business.
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
  const product = productOf(session);
  const awaiting = await awaitingCi(session.swarm, product);
  if (!awaiting.ok) return awaiting;
  const advanced: AdvancedHeal[] = [];
  for (const one of awaiting.value) {
    const { commit } = newestOf(one);
    const overdue = (one.run.wait?.until ?? Number.POSITIVE_INFINITY) < session.clock.now();
    const verdict = overdue ? "healed" : await judge(git, told, commit);
    if (verdict === undefined) continue;
    const event = { for: "ci", key: ciKey(product, commit) } as const;
    const marked = await advanceWaiting(session.swarm, event);
    if (!marked.ok) return marked;
    advanced.push({ run: one.run.id, now: verdict, commit });
    if (verdict === "red") continue;
    const closed = await close(session, one, overdue ? undefined : told, verdict);
    if (!closed.ok) return closed;
  }
  return succeed(advanced);
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
  return told.state === "failed" ? "red" : "healed";
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
