import { establish } from "../../constitution/probe.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { listBuilds } from "../../swarm/builds.ts";
import { productOf, type Session } from "../session.ts";

/**
 * `ci.green` for a commit, from the builds that the Swarm DB knows: true when the newest build of the commit passed, or
 * when it is still running (a release is a stage of it) and every stage that has run so far passed. Unknown, that is
 * absent, when the commit was never built.
 */
export async function ciFacts(session: Session, commit: string): Promise<Outcome<Facts>> {
  const { company, name } = productOf(session);
  const builds = await listBuilds(session.swarm, { company, product: name, commit });
  if (!builds.ok) return builds;
  // A build of a single stage says nothing of the others.
  const newest = builds.value.find(({ parameters, state }) => parameters.stage === undefined && state !== "queued");
  if (!newest) return succeed({});
  const ran = newest.stages.filter(({ state }) => state !== "skipped" && state !== "queued" && state !== "running");
  const green =
    newest.state === "passed" ||
    (newest.state === "running" && ran.length > 0 && ran.every(({ state }) => state === "passed"));
  const evidence = JSON.stringify({ build: newest.id, state: newest.state, stages: newest.stages });
  return succeed(establish("builds", evidence, { "ci.green": green }));
}
