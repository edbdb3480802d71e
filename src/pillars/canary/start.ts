import { mergeFacts } from "../../constitution/probe.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Canary } from "../../pipeline/canary-schema.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun, type Run } from "../../swarm/journal.ts";
import { actingFor } from "../acting.ts";
import { deployableOf } from "../deploy/artifact.ts";
import { type Place, placeOf } from "../deploy/place.ts";
import { variablesOf } from "../deploy/playbook.ts";
import { currentDeploy } from "../deploy/previous.ts";
import type { Deployable } from "../deploy/report.ts";
import { shareFacts } from "../deploy/share-facts.ts";
import { fetchForAct, workHalfOnly } from "../halves.ts";
import { releaseConditions } from "../release/conditions.ts";
import { findRelease, type KeptRelease } from "../release/kept.ts";
import type { PlannedEffect } from "../release/report.ts";
import { climb } from "./climb.ts";
import { CANARY_RUN, canaryKey, type Ladder, lastCanary, type OpenCanary, openCanaries, STEP } from "./ladder.ts";
import { backTarget, type CanaryReport, reportOf, targetOf } from "./report.ts";

export interface CanaryParams {
  readonly environment?: string | undefined;
  /** A released version; the newest one when absent. */
  readonly version?: string | undefined;
  /** Going back to an earlier version needs no canary, but it must not meet one. */
  readonly rollback?: boolean | undefined;
  /** The very bytes, where a work half has handed them over. */
  readonly artifact?: Deployable | undefined;
}

/** Why a deployment goes without a canary although SPEC.md has one: there is nothing it could be compared with. */
export type NoCanary =
  | "none in SPEC.md"
  | "first version there"
  | "already there"
  | "going back"
  /** This is the work half (zones: two): it chooses and builds what the act half then leads. */
  | "the act half's";

/**
 * Begins a canary in an environment whose SPEC.md has a ladder, or goes on with the one that is under way there. Answers why
 * not where the deployment needs none. The work half only looks whether one could be begun.
 */
export async function walkLadder(session: Session, params: CanaryParams): Promise<Outcome<CanaryReport | NoCanary>> {
  const place = await placeOf(session, params.environment);
  if (!place.ok) return place;
  const { environment, canary } = place.value.entry;
  const open = await openCanaries(session, environment);
  if (!open.ok) return open;
  const [under] = open.value;
  if (under) return await goOnWith(session, under, params);
  if (params.rollback) return succeed("going back");
  if (canary === undefined) return succeed("none in SPEC.md");
  const current = await currentDeploy(session, environment);
  if (!current.ok) return current;
  if (current.value === undefined) return succeed("first version there");
  const release = await findRelease(session, params.version);
  if (!release.ok) return release;
  const version = params.version ?? release.value.plan.units[0]?.version ?? "";
  if (version === current.value.version) return succeed("already there");
  const before = params.version === undefined ? await notTakenBack(session, environment, version) : succeed(undefined);
  if (!before.ok) return before;
  const asking = canAsk(session, canary);
  if (!asking.ok) return asking;
  if (session.half?.does === "work") return succeed("the act half's");
  const facts = await factsOf(session, release.value);
  if (!facts.ok) return facts;
  const { artifact } = params;
  const about = { artifact, place: place.value, canary, environment, version, stable: current.value.version };
  if (session.dryRun) {
    const ladder = await ladderOf(session, about, release.value);
    return ladder.ok ? await preview(session, ladder.value, facts.value) : ladder;
  }
  return await begin(session, about, release.value, facts.value);
}

/** A command of the product is product code, which never runs where the keys are. */
function canAsk(session: Session, { health, rungs }: Canary): Outcome<void> {
  if (session.half === undefined) return succeed(undefined);
  const all = [health, ...rungs.map((rung) => rung.health)];
  if (all.every((one) => one?.command === undefined)) return succeed(undefined);
  return fail(
    problem(
      "config",
      "canary.health_by_command",
      "this canary's health is asked by a command of the product (zones: two)",
      {
        where: productOf(session).spec.place(["deploy"]),
        next: "the act half, which leads it, runs no product code: give health a url or prometheus",
      },
    ),
  );
}

/** A version that was taken back is tried again only by its name: a pipeline that deploys what is newest would go on for ever. */
async function notTakenBack(session: Session, environment: string, version: string): Promise<Outcome<void>> {
  const last = await lastCanary(session, environment);
  if (!last.ok) return last;
  if (last.value === undefined || !("why" in last.value) || last.value.version !== version) return succeed(undefined);
  return fail(
    problem("product", "canary.was_taken_back", `${version} was taken back in ${environment}: ${last.value.why}`, {
      next: `release what mends it, or try the same once more with --version ${version}`,
    }),
  );
}

/** Goes on with a canary by its own journal; another version has to wait until it is over. */
async function goOnWith(
  session: Session,
  canary: OpenCanary,
  { version = canary.ladder.version, rollback }: CanaryParams,
): Promise<Outcome<CanaryReport | NoCanary>> {
  const { ladder, run } = canary;
  if (version !== ladder.version || rollback) {
    return fail(
      problem(
        "config",
        "canary.under_way",
        `a canary of ${ladder.version} is under way in ${ladder.environment} (${run.id})`,
        {
          next: `codemonkeys canary status shows it; codemonkeys canary abort --because … takes it back`,
        },
      ),
    );
  }
  return session.half?.does === "work" ? succeed("the act half's") : await advanceCanary(session, canary);
}

/** One call's part of a canary that is under way. In a dry run its standing alone. */
export async function advanceCanary(
  session: Session,
  { run, ladder, climb: now }: OpenCanary,
): Promise<Outcome<CanaryReport>> {
  if (session.dryRun) {
    const why = run.wait?.detail ?? "it goes on with the next call";
    return succeed(reportOf(session, ladder, { state: "planned", why, run: run.id, climb: now }));
  }
  const release = await findRelease(session, ladder.version);
  if (!release.ok) return release;
  const facts = await factsOf(session, release.value);
  if (!facts.ok) return facts;
  const opened = await openRun(session.swarm, requestOf(session, ladder));
  if (!opened.ok) return opened;
  return await climb(actingFor(session, opened.value, "deploy", facts.value), ladder);
}

/** The run of a canary as the journal knows it. */
export function requestOf(session: Session, { environment, version }: Pick<Ladder, "environment" | "version">) {
  const { name, company } = productOf(session);
  return {
    kind: CANARY_RUN,
    key: canaryKey(name, environment),
    company,
    product: name,
    title: `canary of ${name} ${version} in ${environment}`,
    requester: session.requester,
    trigger: session.trigger,
  };
}

async function factsOf(session: Session, release: KeptRelease): Promise<Outcome<Facts>> {
  const git = await productRepository(session);
  if (!git.ok) return git;
  const fetched = await fetchForAct(session, git.value, "deploy");
  if (!fetched.ok) return fetched;
  return await releaseConditions(session, git.value, release.plan, undefined);
}

type About = Pick<Ladder, "canary" | "environment" | "version" | "stable"> & {
  readonly place: Place;
  readonly artifact: Deployable | undefined;
};

async function ladderOf(session: Session, about: About, release: KeptRelease): Promise<Outcome<Ladder>> {
  const { entry } = about.place;
  const artifact = about.artifact
    ? succeed(about.artifact)
    : await workHalfOnly(session, () => deployableOf(session, release, entry))();
  if (!artifact.ok) return artifact;
  const variables = variablesOf(session, { entry, version: about.version, artifact: artifact.value });
  return succeed({ ...about, artifact: artifact.value, variables });
}

async function begin(
  session: Session,
  about: About,
  release: KeptRelease,
  facts: Facts,
): Promise<Outcome<CanaryReport>> {
  const opened = await openRun(session.swarm, requestOf(session, about));
  if (!opened.ok) return opened;
  const run = opened.value;
  const kept = await run.step(STEP.ladder, async () => {
    const ladder = await ladderOf(session, about, release);
    if (!ladder.ok) return ladder;
    const back = await wayBack(session, ladder.value, facts);
    return back.ok ? ladder : back;
  });
  if (!kept.ok) return await letGo(run, kept);
  return await climb(actingFor(session, run, "deploy", facts), kept.value);
}

async function letGo(run: Run, failed: Outcome<unknown>): Promise<Outcome<never>> {
  const released = await run.release();
  return fail(...(failed.ok ? [] : failed.diagnostics), ...(released.ok ? [] : released.diagnostics));
}

/** No canary is begun that could not be taken back without asking anybody. */
async function wayBack(session: Session, ladder: Ladder, facts: Facts): Promise<Outcome<void>> {
  const gate = session.gate.bound({ pillar: "deploy", attempt: 1, trigger: session.trigger, facts });
  const { answer, reason } = await gate.preview("service.withdraw", backTarget(ladder), {});
  if (answer === "allow") return succeed(undefined);
  const message = `this canary could not be taken back by itself: the constitution answers ${answer} to service.withdraw (${reason})`;
  return fail(
    problem("policy", "canary.no_way_back", message, {
      next: "add a rule to constitution.yaml: { id: canaries-go-back, allow: [service.withdraw] }",
    }),
  );
}

async function preview(session: Session, ladder: Ladder, facts: Facts): Promise<Outcome<CanaryReport>> {
  const { rungs } = ladder.canary;
  const effects: PlannedEffect[] = [];
  for (const [index, { share }] of rungs.entries()) {
    const asked = shareFacts({ rung: index + 1, rungs: rungs.length, share, by: index === 0 ? "start" : "criteria" });
    const all = mergeFacts(facts, asked);
    const gate = session.gate.bound({ pillar: "deploy", attempt: 1, trigger: session.trigger, facts: all });
    const target = targetOf(ladder, share);
    const { answer, rule = null, reason } = await gate.preview("service.deploy", target, {});
    effects.push({ action: "service.deploy", target: { ...target }, answer, rule, reason });
  }
  const gate = session.gate.bound({ pillar: "deploy", attempt: 1, trigger: session.trigger, facts });
  const target = backTarget(ladder);
  const { answer, rule = null, reason } = await gate.preview("service.withdraw", target, {});
  effects.push({ action: "service.withdraw", target: { ...target }, answer, rule, reason });
  const why = `${rungs.length} rungs, each when the one before was well for its time; the last effect is the way back`;
  return succeed(reportOf(session, ladder, { state: "planned", why, run: null, effects }));
}
