import type { ActionName, Target } from "../../core/action.ts";
import { type Diagnostic, fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Acting } from "../acting.ts";
import { publishTargets } from "./dry-run.ts";
import type { Landing } from "./land.ts";
import type { ReleaseWork } from "./work.ts";

/**
 * Asks before the first effect whether the constitution would refuse a later one: a release that cannot be finished as
 * things stand changes nothing, and says everything that stands against it at once. Each effect asks again for itself.
 * What people are asked is left to the effect, so that their answer is bound to it.
 */
export async function refusedAhead(acting: Acting, landing: Landing, work: ReleaseWork): Promise<Outcome<void>> {
  const { git, plan } = landing;
  const told = new Map<string, Diagnostic>();
  const look = async <A extends ActionName>(action: A, target: Target<A>) => {
    const seen = await acting.gate.preview(action, target, {});
    if (seen.answer !== "deny") return;
    // Asked in earnest, so that the refusal is in the audit log.
    const decision = await acting.gate(action, target, {});
    if (decision.answer === "deny") told.set(`${action} ${decision.rule ?? ""}`, decision.diagnostic);
  };
  const publishes = await publishTargets(acting.session, plan, work);
  if (!publishes.ok) return publishes;
  for (const { target } of publishes.value) await look("package.publish", target);
  for (const { tag } of plan.units) {
    await look("release.tag", { repository: git.identity, tag, commit: plan.commit });
  }
  return told.size > 0 ? fail(...told.values()) : succeed(undefined);
}
