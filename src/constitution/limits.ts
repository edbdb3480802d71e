import type { FindingKind, Rating } from "../core/security.ts";
import type { ApprovalMode } from "../swarm/states.ts";
import type { Constitution } from "./constitution.ts";
import type { Pillar } from "./pillars.ts";
import { type Limits, SEVERITIES } from "./schema.ts";

/**
 * What a pillar must keep to while it works. The gate enforces the same numbers again through the implied deny rules
 * `limits.<pillar>.<key>`; here they are for work that should stop before it asks.
 */
export function limitsFor(constitution: Constitution, pillar: Pillar): Limits {
  return constitution.document.limits[pillar] ?? {};
}

/** When people are asked about a product of this tier. */
export function approvalMode(constitution: Constitution, tier: number): ApprovalMode {
  const modes = constitution.document.approvals;
  return modes[`tier${tier}`] ?? modes.default ?? "auto";
}

/** What fails a scan where `fail_on` names no threshold for a kind of finding. */
const USUAL = "high";

/** Whether a finding fails a scan, waivers aside. One that nobody rated counts as the constitution says. */
export function failsScan(
  constitution: Constitution,
  finding: { readonly kind: FindingKind; readonly severity: Rating; readonly fixed: boolean },
): boolean {
  const { fail_on, unrated, unfixed } = constitution.document.security;
  if (finding.kind === "vulnerability" && !finding.fixed && unfixed === "report") return false;
  const threshold = typeof fail_on === "string" ? fail_on : (fail_on[finding.kind] ?? USUAL);
  if (threshold === "none") return false;
  const severity = finding.severity === "unrated" ? unrated : finding.severity;
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(threshold);
}

export type Waiver = Constitution["document"]["security"]["waivers"][number];

/**
 * The waiver that covers a finding in a product on a day (`YYYY-MM-DD` in the constitution's time zone), if one does, by
 * any of the advisory's ids. A waiver counts through its last day; one that is over is answered as `over`.
 */
export function waiverFor(
  constitution: Constitution,
  finding: { readonly ids: readonly string[]; readonly product: string },
  date: string,
): { readonly waiver: Waiver; readonly over: boolean } | undefined {
  const own = constitution.document.security.waivers.filter(
    ({ id, products }) => finding.ids.includes(id) && (products === undefined || products.includes(finding.product)),
  );
  const waiver = own.find(({ until }) => date <= until) ?? own[0];
  return waiver && { waiver, over: date > waiver.until };
}

/** The companies whose patterns or templates a company may see, itself first. */
export function sharedWith(constitution: Constitution, company: string, what: "patterns" | "templates"): string[] {
  const shared = constitution.document.sharing
    .filter((entry) => entry.what.includes(what) && entry.companies.includes(company))
    .flatMap((entry) => entry.companies);
  return [...new Set([company, ...shared])];
}
