import { withdrawQuestions } from "../../constitution/approvals.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun } from "../../swarm/journal.ts";
import type { Git } from "../../tools/git/git.ts";
import { fetchForAct, runToTake } from "../halves.ts";
import { remoteCredentials } from "../remote-credentials.ts";
import { carryOut } from "./carry-out.ts";
import { describePlan } from "./describe.ts";
import { previewRelease } from "./dry-run.ts";
import type { ReleaseParams } from "./params.ts";
import { planRelease } from "./plan.ts";
import { emptyResult, type ReleasePlan, type ReleaseResult } from "./report.ts";
import { findUnfinished } from "./resume.ts";
import { findSource } from "./source.ts";

/**
 * Releases the product: plan, versions and changelog, artefacts (work half), then commit, push, publish, tag and
 * announce (act half), each effect asked of the constitution and done exactly once. A release that stopped, for whatever
 * reason, is finished by the same command. With `session.dryRun` nothing is changed and the answer lists every effect
 * with what the constitution says to it.
 */
export async function release(session: Session, params: ReleaseParams = {}): Promise<Outcome<ReleaseResult>> {
  const git = await productRepository(session);
  if (!git.ok) return git;
  const taken = session.half?.does === "act" && !session.dryRun ? runToTake(session) : succeed(undefined);
  if (!taken.ok) return taken;
  const fetched = await fetchForAct(session, git.value, "release");
  if (!fetched.ok) return fetched;
  const resume = taken.value ?? params.resume;
  const unfinished = await findUnfinished(session, git.value, resume);
  if (!unfinished.ok) return unfinished;
  if (unfinished.value && !session.dryRun) {
    const { run, plan, untouched } = unfinished.value;
    if (plan && !(untouched && resume === undefined)) return await carryOut(session, git.value, params, plan);
    // Nothing of it is in the world yet: what the branch and the parameters call for now takes its place.
    const fresh = await findPlan(session, git.value, params);
    if (!fresh.ok) return fresh;
    if (plan && isSame(plan, fresh.value)) return await carryOut(session, git.value, params, plan);
    const ended = await giveUp(session, run);
    if (!ended.ok) return ended;
    return await begin(session, git.value, params, fresh);
  }
  return await begin(session, git.value, params, await findPlan(session, git.value, params));
}

async function begin(
  session: Session,
  git: Git,
  params: ReleaseParams,
  planned: Outcome<ReleasePlan>,
): Promise<Outcome<ReleaseResult>> {
  if (!planned.ok) return planned;
  const { value: plan, warnings } = planned;
  if (plan.units.length === 0) return succeed({ ...emptyResult(plan), released: false }, warnings);
  if (session.dryRun) return await previewRelease(session, git, plan, params);
  return await carryOut(session, git, params, plan);
}

/** What a release of the checked-out commit would be; nothing is built and no gate is asked. */
export async function planNow(
  session: Session,
  params: Pick<ReleaseParams, "channel" | "releaseAs" | "rules"> = {},
): Promise<Outcome<ReleasePlan>> {
  const git = await productRepository(session);
  return git.ok ? await findPlan(session, git.value, params) : git;
}

async function findPlan(session: Session, git: Git, params: ReleaseParams): Promise<Outcome<ReleasePlan>> {
  const product = productOf(session);
  return await task(
    session.emit,
    "release.plan",
    `${product.name}: version from the commits`,
    async () => {
      const credentials = await remoteCredentials(session, git, "release");
      if (!credentials.ok) return credentials;
      const source = await findSource(git, product.config.get("git.main_branch"), credentials.value);
      if (!source.ok) return source;
      return await planRelease(product, git, source.value, { ...params, at: session.clock.now() });
    },
    (plan) => (plan.ok ? { title: describePlan(plan.value) } : { state: "failed" }),
  );
}

/** The same commit, branch and versions; notes and dates may differ. */
function isSame(a: ReleasePlan, b: ReleasePlan): boolean {
  const tags = (plan: ReleasePlan) => plan.units.map(({ tag }) => tag).join(" ");
  return a.commit === b.commit && a.branch === b.branch && tags(a) === tags(b);
}

/** Ends a run that did nothing yet, so that a newer plan takes its place. */
async function giveUp(
  session: Session,
  { kind, key, title }: { kind: string; key: string; title: string },
): Promise<Outcome<void>> {
  const { company, name } = productOf(session);
  const run = await openRun(session.swarm, {
    kind,
    key,
    company,
    product: name,
    title,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!run.ok) return run;
  const subject = { company, product: name, run: run.value.id, requester: session.requester };
  const withdrawn = await withdrawQuestions(session, run.value.id, subject);
  return withdrawn.ok ? await run.value.finish("abandoned") : withdrawn;
}
