import { join } from "node:path";
import { mergeFacts } from "../../constitution/probe.ts";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Facts } from "../../core/facts.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun, type Run } from "../../swarm/journal.ts";
import { checkPlaybook, runPlaybook } from "../../tools/ansible/ansible.ts";
import { type Acting, actingFor, permitFor } from "../acting.ts";
import { fetchForAct, handOver, sameDigests, workHalfOnly } from "../halves.ts";
import { stop } from "../publish/publish.ts";
import { releaseConditions } from "../release/conditions.ts";
import { findRelease } from "../release/kept.ts";
import { deployableOf } from "./artifact.ts";
import { ASKED, handedOverDeploy, WORK } from "./handed-over.ts";
import { type Place, placeOf } from "./place.ts";
import { variablesOf } from "./playbook.ts";
import { withPlaybook } from "./playing.ts";
import { previousDeploy } from "./previous.ts";
import type { Deployable, DeployResult } from "./report.ts";
import { shareFacts } from "./share-facts.ts";

export interface DeployParams {
  readonly environment?: string | undefined;
  /** A released version; the newest one when absent. */
  readonly version?: string | undefined;
  /** Back to the version that ran there before. */
  readonly rollback?: boolean;
}

/**
 * Puts a released version on the servers of an environment: the bytes that the release kept, by a playbook that starts
 * it beside the one that serves, asks how it is, and only then switches. What runs there already is found by the same
 * playbook in check mode and left alone; one that is not well never serves, and the version before goes on.
 */
export async function deploy(session: Session, asked: DeployParams = {}): Promise<Outcome<DeployResult>> {
  const taken = session.half?.does === "act" && !session.dryRun ? await handedOverDeploy(session) : succeed(asked);
  if (!taken.ok) return taken;
  const params: DeployParams = taken.value;
  const product = productOf(session);
  const place = await placeOf(session, params.environment);
  if (!place.ok) return place;
  const { environment } = place.value.entry;
  const back = params.rollback ? await previousDeploy(session, environment) : succeed(undefined);
  if (!back.ok) return back;
  const release = await findRelease(session, back.value?.version ?? params.version);
  if (!release.ok) return release;
  const version = back.value?.version ?? params.version ?? release.value.plan.units[0]?.version ?? "";
  const git = await productRepository(session);
  if (!git.ok) return git;
  const fetched = await fetchForAct(session, git.value, "deploy");
  if (!fetched.ok) return fetched;
  const conditions = await releaseConditions(session, git.value, release.value.plan, undefined);
  if (!conditions.ok) return conditions;
  const facts = mergeFacts(conditions.value, shareFacts({ rung: 0, rungs: 0, share: 100, by: "start" }));
  const artifactOf = () =>
    back.value
      ? Promise.resolve(succeed(back.value.artifact))
      : deployableOf(session, release.value, place.value.entry);
  const about = { place: place.value, version, rollback: params.rollback === true };
  if (session.dryRun) {
    const artifact = await artifactOf();
    return artifact.ok ? await preview(session, { ...about, artifact: artifact.value }, facts) : artifact;
  }
  const opened = await openRun(session.swarm, {
    kind: "deploy",
    key: `${product.name}@${version} ${environment}`,
    company: product.company,
    product: product.name,
    title: `${about.rollback ? "roll back" : "deploy"} ${product.name} ${version} ${about.rollback ? "in" : "to"} ${environment}`,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!opened.ok) return opened;
  const run = opened.value;
  const noted = await run.step(ASKED, async () => succeed({ environment, version, rollback: about.rollback }));
  const artifact = noted.ok ? await run.step(WORK, workHalfOnly(session, artifactOf)) : noted;
  if (!artifact.ok) return await letGo(run, artifact);
  if (session.half?.does === "work") {
    const released = await run.release();
    if (!released.ok) return released;
    const handover = handOver(session, "deploy", run.id, [artifact.value.sha256]);
    return succeed({ ...resultOf({ ...about, artifact: artifact.value }), run: run.id, handover });
  }
  const same = sameDigests(session, [artifact.value.sha256]);
  if (!same.ok) return await letGo(run, same);
  const acting = actingFor(session, run, "deploy", facts);
  const done = await act(acting, { ...about, artifact: artifact.value });
  if (!done.ok) return await stop(acting, done.diagnostics);
  const { rollback } = about;
  const closed = await run.finish("succeeded", { environment, version, rollback, artifact: artifact.value });
  if (!closed.ok) return closed;
  return succeed(
    { ...resultOf({ ...about, artifact: artifact.value }), run: run.id, already: done.value },
    done.warnings,
  );
}

interface Deployment {
  readonly place: Place;
  readonly version: string;
  readonly rollback: boolean;
  readonly artifact: Deployable;
}

function resultOf({ place, version, rollback, artifact }: Deployment): DeployResult {
  const hosts = Object.keys(place.hosts);
  return {
    run: null,
    environment: place.entry.environment,
    version,
    hosts,
    artifact,
    already: false,
    rollback,
    effects: [],
  };
}

function targetOf(session: Session, { place, artifact }: Deployment) {
  return {
    environment: place.entry.environment,
    service: productOf(session).name,
    digest: artifact.sha256,
    hosts: Object.values(place.hosts).map(({ host }) => host),
  };
}

function playingOf(session: Session, { place, version, artifact }: Deployment) {
  return { place, artifact, variables: variablesOf(session, { entry: place.entry, version, artifact }) };
}

async function letGo<T>(run: Run, failed: Outcome<T>): Promise<Outcome<never>> {
  const released = await run.release();
  const diagnostics = failed.ok ? [] : failed.diagnostics;
  return fail(...diagnostics, ...(released.ok ? [] : released.diagnostics));
}

/** True when every server ran it before. */
async function act(acting: Acting, deployment: Deployment): Promise<Outcome<boolean>> {
  const { session, run } = acting;
  const { environment } = deployment.place.entry;
  const title = `${productOf(session).name} ${deployment.version} on ${environment}`;
  let acted = false;
  return await task(
    session.emit,
    `deploy.${environment}`,
    title,
    async (progress) =>
      await withPlaybook(session, playingOf(session, deployment), async (options) => {
        const heard = { ...options, logFile: join(session.homes.state, "logs", `${run.id}-deploy.log`) };
        const done = await run.effect(`deploy ${environment}`, {
          async probe() {
            progress("asking the servers what runs there");
            const seen = await checkPlaybook(options);
            if (!seen.ok) return seen;
            return succeed(seen.value.changed ? undefined : { already: !acted });
          },
          async act() {
            const target = targetOf(session, deployment);
            const permit = await permitFor(acting, "service.deploy", target);
            if (!permit.ok) return permit;
            acted = true;
            return await runPlaybook(permit.value, "service.deploy", target, {
              ...heard,
              onEvent: (event) => event.event === "task" && progress(event.task),
            });
          },
          readBack: { attempts: 1, delayMs: 0 },
        });
        return done.ok ? succeed(done.value.already, done.warnings) : done;
      }),
    (done) =>
      done.ok
        ? { title: done.value ? `${title} already, and well` : `${title}: deployed, well, switched` }
        : { state: acting.asked ? "held" : "failed", title: `${title}: ${done.diagnostics[0]?.message}` },
  );
}

async function preview(session: Session, deployment: Deployment, facts: Facts): Promise<Outcome<DeployResult>> {
  const looked = await withPlaybook(session, playingOf(session, deployment), (options) => checkPlaybook(options));
  if (!looked.ok) return looked;
  const result = resultOf(deployment);
  if (!looked.value.changed) return succeed({ ...result, already: true });
  const gate = session.gate.bound({ pillar: "deploy", attempt: 1, trigger: session.trigger, facts });
  const target = targetOf(session, deployment);
  const { answer, rule, reason } = await gate.preview("service.deploy", target, {});
  const effect = { action: "service.deploy", target: { ...target }, answer, rule: rule ?? null, reason };
  return succeed({ ...result, effects: [effect] });
}
