import type { ReleasePlan } from "./report.ts";

/** `payments 1.4.2 → 1.5.0   feat: partial refunds (+1 fix)`, or that there is nothing to release. */
export function describePlan(plan: ReleasePlan): string {
  if (plan.units.length === 0) return `${plan.product}: nothing to release, no new commit calls for it`;
  return plan.units
    .map((unit) => {
      const from = unit.previous ? `${unit.previous.version} → ` : "first release ";
      const [first, ...rest] = [...unit.reasons].sort((a, b) => rank(b) - rank(a));
      const said = first ? `   ${first.type || "change"}${first.breaking ? "!" : ""}: ${first.description}` : "";
      const counts = Map.groupBy(rest, ({ type }) => type || "change");
      const more = [...counts].map(([type, list]) => `+${list.length} ${type}`).join(", ");
      return `${unit.name} ${from}${unit.version}${said}${more ? ` (${more})` : ""}`;
    })
    .join("\n");
}

function rank({ level }: { level: string }): number {
  return ["none", "patch", "minor", "major"].indexOf(level);
}
