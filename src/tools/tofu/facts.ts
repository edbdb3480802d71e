import { establish } from "../../constitution/probe.ts";
import { canonicalJson, type Json } from "../../core/canonical.ts";
import type { Facts } from "../../core/facts.ts";
import type { InfraPlan } from "./plan.ts";

/** What rules may ask about a plan; the evidence is the plan itself. */
export function infraFacts(plan: InfraPlan): Facts {
  const count = (...actions: string[]) => plan.changes.filter(({ action }) => actions.includes(action)).length;
  return establish("tofu.plan", canonicalJson(plan as unknown as Json), {
    "infra.creates": count("create", "replace"),
    "infra.updates": count("update"),
    "infra.deletes": count("delete", "replace", "forget"),
    "infra.resources": plan.resources,
    "infra.regions": [...plan.regions],
    "infra.drifted": plan.drift.length > 0,
  });
}
