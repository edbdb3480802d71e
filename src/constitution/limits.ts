import type { ApprovalMode } from "../swarm/schema.ts";
import type { Constitution } from "./constitution.ts";
import type { Pillar } from "./pillars.ts";
import { type Limits, SEVERITIES, type Severity } from "./schema.ts";

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

/** Whether a finding of this severity fails a scan. */
export function failsScan(constitution: Constitution, severity: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(constitution.document.security.fail_on);
}

export type Waiver = Constitution["document"]["security"]["waivers"][number];

/**
 * The waiver that covers a finding in a product on a day (`YYYY-MM-DD` in the constitution's time zone), if one does. A
 * waiver counts through its last day.
 */
export function waiverFor(
  constitution: Constitution,
  finding: { readonly id: string; readonly product: string },
  date: string,
): Waiver | undefined {
  return constitution.document.security.waivers.find(
    ({ id, until, products }) =>
      id === finding.id && date <= until && (products === undefined || products.includes(finding.product)),
  );
}

/** The companies whose patterns or templates a company may see, itself first. */
export function sharedWith(constitution: Constitution, company: string, what: "patterns" | "templates"): string[] {
  const shared = constitution.document.sharing
    .filter((entry) => entry.what.includes(what) && entry.companies.includes(company))
    .flatMap((entry) => entry.companies);
  return [...new Set([company, ...shared])];
}
