import { establish } from "../../constitution/probe.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { productOf, type Session } from "../session.ts";
import { latestBuild } from "./backend.ts";

/** `ci.green` of a commit, from the builds that the Swarm DB knows. Absent, that is unknown, when it was never built. */
export async function ciFacts(session: Session, commit: string): Promise<Outcome<Facts>> {
  const { company, name } = productOf(session);
  const build = await latestBuild(session.swarm, { company, product: name }, commit);
  if (!build.ok) return build;
  if (!build.value) return succeed({});
  return succeed(establish("builds", JSON.stringify(build.value), { "ci.green": build.value.state === "passed" }));
}
