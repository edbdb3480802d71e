import { establish } from "../../constitution/probe.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { productOf, type Session } from "../session.ts";
import { latestBuild } from "./backend.ts";

/**
 * The fact `ci.green`: the newest finished pipeline run of the commit passed. Unknown, and so allowing nothing, when no
 * run of that commit has finished.
 */
export async function ciFacts(session: Session, commit: string): Promise<Outcome<Facts>> {
  const { company, name: product } = productOf(session);
  const latest = await latestBuild(session.swarm, { company, product }, commit);
  if (!latest.ok) return latest;
  const seen = latest.value;
  return succeed(
    establish("ci.local", JSON.stringify(seen ?? { product, commit, builds: 0 }), {
      "ci.green": seen ? seen.state === "passed" : undefined,
    }),
  );
}
