import { rankOf, type Scanner, type ScannerFinding } from "../../core/security.ts";
import type { Finding } from "./report.ts";

/** A finding with who found it and in what. */
export interface Sighting extends ScannerFinding {
  readonly scanner: Scanner;
  readonly in: string;
  readonly digest: string | null;
}

export type Merged = Omit<Finding, "first_seen" | "new">;

/**
 * One finding for each thing that is wrong, whoever found it: sightings are the same when they are about the same
 * installed package and share an id, or are the same rule at the same place.
 */
export function mergeSightings(sightings: readonly Sighting[]): Merged[] {
  const groups: Sighting[][] = [];
  for (const sighting of sightings) {
    const same = groups.filter((group) => group.some((other) => isSame(sighting, other)));
    const [first, ...others] = same;
    if (!first) {
      groups.push([sighting]);
      continue;
    }
    // It may be what ties two groups together: a scanner that knows both ids.
    first.push(sighting, ...others.flat());
    for (const other of others) groups.splice(groups.indexOf(other), 1);
  }
  return groups.map(mergeGroup);
}

function isSame(one: Sighting, other: Sighting): boolean {
  if (one.kind !== other.kind || one.in !== other.in) return false;
  if (one.kind !== "vulnerability") return one.id === other.id && one.path === other.path;
  return (
    normal(one.package) === normal(other.package) &&
    (one.installed ?? other.installed) === (other.installed ?? one.installed) &&
    idsOf(one).some((id) => idsOf(other).includes(id))
  );
}

function idsOf({ id, aliases }: Sighting): string[] {
  return [id, ...aliases];
}

/** Python's names are the same in any case and with `-`, `_` or `.`. */
function normal(name: string | undefined): string | undefined {
  return name?.toLowerCase().replace(/[-_.]+/g, "-");
}

const KNOWN_BY = [/^CVE-/, /^GHSA-/, /^(?:RUSTSEC|PYSEC)-/] as const;

function preference(id: string): number {
  const at = KNOWN_BY.findIndex((pattern) => pattern.test(id));
  return at < 0 ? KNOWN_BY.length : at;
}

function mergeGroup(group: readonly Sighting[]): Merged {
  const ids = [...new Set(group.flatMap(idsOf))].sort((a, b) => preference(a) - preference(b) || (a < b ? -1 : 1));
  const [id = "", ...aliases] = ids;
  const worst = [...group].sort((a, b) => rankOf(b.severity) - rankOf(a.severity))[0] as Sighting;
  const scores = group.flatMap(({ score }) => score ?? []);
  const first = <T>(pick: (one: Sighting) => T | undefined): T | null => {
    const found = group.map(pick).find((value) => value !== undefined && value !== "");
    return found ?? null;
  };
  return {
    id,
    aliases,
    kind: worst.kind,
    severity: worst.severity,
    score: scores.length > 0 ? Math.max(...scores) : null,
    title: worst.title,
    package: first((one) => one.package),
    installed: first((one) => one.installed),
    fixed_in: [...new Set(group.flatMap(({ fixedIn }) => fixedIn))],
    path: first((one) => one.path) ?? "",
    in: worst.in,
    digest: worst.digest,
    sources: [...new Set(group.map(({ scanner }) => scanner))],
    url: first((one) => one.url),
  };
}

/** What stays the same of a finding from scan to scan: not its line, and not the artefact's version. */
export function keyOf({ kind, id, package: name, path }: Pick<Finding, "kind" | "id" | "package" | "path">): string {
  return [kind, id, name ?? "", path.replace(/:\d+$/, "")].join("|");
}
