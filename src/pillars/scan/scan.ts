import { localTime } from "../../constitution/calendar.ts";
import { mergeFacts } from "../../constitution/probe.ts";
import { type Diagnostic, fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import type { Run } from "../../swarm/journal.ts";
import type { Git } from "../../tools/git/git.ts";
import type { ReleaseScan } from "../release/report.ts";
import { inWorktree } from "../release/work.ts";
import type { ScannedArtifact } from "./bills.ts";
import { type Collection, collect } from "./collect.ts";
import { judge, refusals, remarks, scanFacts } from "./judge.ts";
import type { Collected, SecurityReport } from "./report.ts";

/** A judged scan, and what it means for whoever wanted it. */
export interface Scan {
  readonly report: SecurityReport;
  readonly facts: Facts;
  /** Why it is not clean; empty when it is. */
  readonly refusals: readonly Diagnostic[];
}

/** Scans the product's checked-out commit; what is not committed is not looked at. */
export async function scanProduct(session: Session): Promise<Outcome<Scan>> {
  const git = await productRepository(session);
  if (!git.ok) return git;
  const commit = await git.value.head();
  if (!commit.ok) return commit;
  const collection = await collectAt(session, git.value, commit.value, []);
  return collection.ok ? succeed(...judged(session, collection.value)) : collection;
}

/** What is released: a commit and the files that were built of it. */
export interface Built {
  readonly commit: string;
  readonly artifacts: readonly ScannedArtifact[];
}

/**
 * Scans what a release built, before any of it is published, where the organisation asks for scans: a rule over `scans.*`,
 * or a scanner that its configuration switches on by name. Once a day for each run, since advisories come out every day;
 * waivers and thresholds are judged anew each time. A scan that is not clean stops the release by itself, unless
 * `ship.security.fail_on_high` is off: then the facts are all that comes of it.
 *
 * @param options the run that keeps the scan, where there is one; and whether anything is to be stopped: in a dry run the
 *   reasons come as warnings
 */
export async function scanBuilt(
  session: Session,
  git: Git,
  built: Built,
  { run, stops }: { readonly run?: Run; readonly stops: boolean },
): Promise<Outcome<Scan | undefined>> {
  if (!scansAsked(session)) return succeed(undefined);
  const { constitution } = session.organisation;
  const { date } = localTime(session.clock.now(), constitution.document.time_zone);
  const refuses = stops && productOf(session).config.get("ship.security.fail_on_high");
  let fresh: Collection | undefined;
  const look = async (): Promise<Outcome<Collected>> => {
    const collection = await collectAt(session, git, built.commit, built.artifacts);
    if (!collection.ok) return collection;
    fresh = collection.value;
    // What could not be scanned is tried again when the release is carried on.
    if (refuses && fresh.failures.length > 0) return fail(...fresh.failures);
    return succeed(fresh.collected);
  };
  const collected = run ? await run.step(`scan ${date}`, look) : await look();
  if (!collected.ok) return collected;
  const [scan, warnings] = judged(session, { collected: collected.value, failures: fresh?.failures ?? [] });
  if (refuses && scan.refusals.length > 0) return fail(...scan.refusals);
  const told = scan.refusals.map((one) => ({ ...one, severity: "warning" as const }));
  return succeed(scan, [...told, ...warnings]);
}

/** What a release's result tells of its scan. */
export function scanOf(scan: Scan | undefined): ReleaseScan | null {
  return scan ? { clean: scan.report.clean, counts: scan.report.counts, sboms: scan.report.sboms } : null;
}

/** A release's facts with those of its scan, where there was one. */
export function withScan(facts: Facts, scan: Scan | undefined): Facts {
  return scan ? mergeFacts(facts, scan.facts) : facts;
}

const SWITCHES = [
  "ship.security.trivy_enabled",
  "ship.security.cargo_audit_enabled",
  "ship.security.npm_audit_enabled",
  "ship.security.pip_audit_enabled",
] as const;

/** Whether the organisation wants releases to be scanned. */
export function scansAsked(session: Session): boolean {
  const { config } = productOf(session);
  const switchedOn = SWITCHES.some((name) => config.explain(name).from !== "default" && config.get(name));
  const { rules } = session.organisation.constitution;
  return switchedOn || rules.some(({ condition }) => condition?.facts.some((name) => name.startsWith("scans.")));
}

function collectAt(
  session: Session,
  git: Git,
  commit: string,
  artifacts: readonly ScannedArtifact[],
): Promise<Outcome<Collection>> {
  return inWorktree(session, git, commit, (worktree) => collect(session, { root: worktree.root, commit, artifacts }));
}

function judged(session: Session, { collected, failures }: Collection): [Scan, Diagnostic[]] {
  const report = judge(collected, {
    constitution: session.organisation.constitution,
    product: productOf(session).name,
    now: session.clock.now(),
  });
  return [{ report, facts: scanFacts(report), refusals: refusals(report, failures) }, remarks(report)];
}
