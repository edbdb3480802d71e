/** What a security scanner says, in one vocabulary, whichever scanner it is. */

export const FINDING_KINDS = ["vulnerability", "misconfiguration", "secret"] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** `unrated`: the scanner does not say how bad it is. */
export const RATINGS = ["unrated", "low", "medium", "high", "critical"] as const;
export type Rating = (typeof RATINGS)[number];

export const SCANNERS = ["trivy", "npm-audit", "pip-audit", "cargo-audit"] as const;
export type Scanner = (typeof SCANNERS)[number];

/** One finding of one scanner. */
export interface ScannerFinding {
  /** The advisory's or rule's id: `CVE-…`, `GHSA-…`, `RUSTSEC-…`, `DS002`. */
  readonly id: string;
  /** Other ids of the same advisory. */
  readonly aliases: readonly string[];
  readonly kind: FindingKind;
  readonly severity: Rating;
  /** CVSS base score, 0 to 10. */
  readonly score: number | undefined;
  readonly title: string;
  readonly package: string | undefined;
  readonly installed: string | undefined;
  /** Versions that do not have it; empty when there is none, or none is known. */
  readonly fixedIn: readonly string[];
  /** File it was found in, relative to what was scanned; empty when the scanner does not say. */
  readonly path: string;
  readonly url: string | undefined;
}

/** A scan that ran and gave a usable answer. */
export interface ScannerAnswer {
  readonly scanner: Scanner;
  /** As the scanner says it. */
  readonly version: string | undefined;
  readonly findings: readonly ScannerFinding[];
  /** When what it compares with was last brought up to date, milliseconds since the epoch; undefined: asked over the network, or not said. */
  readonly databaseAt: number | undefined;
  /** What it left out, in its own words. */
  readonly skipped: readonly string[];
}

/** The rating that a CVSS score means (CVSS 3.1, section 5). */
export function ratingOf(score: number | undefined): Rating {
  if (score === undefined) return "unrated";
  if (score >= 9) return "critical";
  if (score >= 7) return "high";
  return score >= 4 ? "medium" : "low";
}

/** Higher is worse; `unrated` is 0. */
export function rankOf(rating: Rating): number {
  return RATINGS.indexOf(rating);
}
