import { localTime } from "../../constitution/calendar.ts";
import type { Constitution } from "../../constitution/constitution.ts";
import { failsScan, waiverFor } from "../../constitution/limits.ts";
import { establish } from "../../constitution/probe.ts";
import { spanMs } from "../../constitution/schema.ts";
import { canonicalJson, type Json } from "../../core/canonical.ts";
import { type Diagnostic, problem } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { rankOf, type Scanner } from "../../core/security.ts";
import type { Collected, Finding, JudgedFinding, SecurityReport } from "./report.ts";

/** Scanners that compare with a database on this machine; the others ask a server each time. */
const WITH_DATABASE: readonly Scanner[] = ["trivy", "cargo-audit"];

/** Judges what a scan saw by the constitution's thresholds and waivers, as they are on this day. */
export function judge(
  collected: Collected,
  {
    constitution,
    product,
    now,
  }: { readonly constitution: Constitution; readonly product: string; readonly now: number },
): SecurityReport {
  const { security, time_zone } = constitution.document;
  const { date } = localTime(now, time_zone);
  const findings = collected.findings
    .map((finding) => judgeFinding(constitution, finding, product, date))
    .sort(
      (a, b) =>
        Number(b.fails) - Number(a.fails) ||
        Number(b.new) - Number(a.new) ||
        rankOf(b.severity) - rankOf(a.severity) ||
        (a.id < b.id ? -1 : 1),
    );
  const rated = (severity: string) =>
    findings.filter(
      (one) =>
        (one.waiver === null || one.waiver.over) &&
        (one.severity === "unrated" ? security.unrated : one.severity) === severity,
    ).length;
  const complete = collected.scanners.length > 0 && collected.scanners.every(({ failed }) => failed === null);
  const oldest = now - (spanMs(security.database_max_age) ?? 0);
  const used = new Set(findings.flatMap(({ waiver }) => waiver?.id ?? []));
  return {
    ...collected,
    product,
    findings,
    complete,
    clean: complete && !findings.some(({ fails }) => fails),
    stale: [
      ...new Set(
        collected.scanners
          .filter(({ failed, scanner }) => failed === null && WITH_DATABASE.includes(scanner))
          // A database that does not say how old it is may be any age.
          .filter(({ database_at }) => database_at === null || Date.parse(database_at) < oldest)
          .map(({ scanner }) => scanner),
      ),
    ],
    unused_waivers: complete
      ? security.waivers
          .filter(({ id, products }) => !used.has(id) && (products?.includes(product) ?? false))
          .map(({ id }) => id)
      : [],
    counts: {
      critical: rated("critical"),
      high: rated("high"),
      medium: rated("medium"),
      low: rated("low"),
      waived: findings.filter(({ waiver }) => waiver !== null && !waiver.over).length,
      new: findings.filter((one) => one.fails && one.new).length,
    },
  };
}

function judgeFinding(constitution: Constitution, finding: Finding, product: string, date: string): JudgedFinding {
  const found = waiverFor(constitution, { ids: [finding.id, ...finding.aliases], product }, date);
  const over = failsScan(constitution, { ...finding, fixed: finding.fixed_in.length > 0 });
  const waiver = found && {
    id: found.waiver.id,
    until: found.waiver.until,
    because: found.waiver.because,
    by: found.waiver.by,
    over: found.over,
  };
  return { ...finding, fails: over && (waiver === undefined || waiver.over), waiver: waiver ?? null };
}

/** The facts that rules see. Their evidence is the whole report. */
export function scanFacts(report: SecurityReport): Facts {
  const { counts } = report;
  return establish("scan.report", canonicalJson(report as unknown as Json), {
    "scans.clean": report.clean,
    "scans.complete": report.complete,
    "scans.stale": report.stale.length > 0,
    "scans.critical": counts.critical,
    "scans.high": counts.high,
    "scans.medium": counts.medium,
    "scans.low": counts.low,
    "scans.new": counts.new,
    "scans.waived": counts.waived,
  });
}

/** One line for each thing that a person should know, whether or not it stops anything. */
export function remarks(report: SecurityReport): Diagnostic[] {
  const notes = report.stale.map((scanner) =>
    problem(
      "infrastructure",
      "scan.stale",
      `the advisory database of ${scanner} is older than security.database_max_age`,
      {
        severity: "warning",
        next: "bring it up to date: what was found since then is not in this report",
      },
    ),
  );
  for (const id of report.unused_waivers) {
    notes.push(
      problem("config", "scan.waiver_unused", `the waiver of ${id} covers nothing in ${report.product} any more`, {
        severity: "warning",
        next: "take it out of security.waivers in constitution.yaml",
      }),
    );
  }
  for (const { scanner, skipped } of report.scanners.filter((one) => one.skipped.length > 0)) {
    notes.push(
      problem(
        "product",
        "scan.skipped",
        `${scanner} could not look at ${skipped.length === 1 ? "one package" : `${skipped.length} packages`}`,
        {
          severity: "warning",
          details: skipped.slice(0, 20).join("\n"),
        },
      ),
    );
  }
  return notes;
}

/** How many findings a refusal names one by one. */
const NAMED = 10;

/** Why a scan that is not clean stops what asked for it: each finding as a person reads it. */
export function refusals(report: SecurityReport, failures: readonly Diagnostic[]): Diagnostic[] {
  const failing = report.findings.filter(({ fails }) => fails);
  const refused: Diagnostic[] = [...failures];
  const none = report.scanners.length === 0;
  if (none) {
    refused.push(
      problem("config", "scan.nothing_scanned", "every scanner is switched off, so nothing was scanned", {
        next: "switch one on in ship.security of the organisation's configuration",
      }),
    );
  }
  const over = failing.filter(({ waiver }) => waiver?.over);
  for (const { id, waiver } of over) {
    refused.push(
      problem("policy", "scan.waiver_over", `the waiver of ${waiver?.id ?? id} ended on ${waiver?.until}`, {
        next: `let ${waiver?.by} give it a new date and reason in constitution.yaml, or get rid of the finding`,
      }),
    );
  }
  if (failing.length > 0) {
    const lines = failing.slice(0, NAMED).map(findingLine);
    if (failing.length > NAMED) lines.push(`and ${failing.length - NAMED} more`);
    const new_ = report.counts.new;
    refused.push(
      problem(
        "policy",
        "scan.findings",
        `${plural(failing.length, "finding")} over the threshold, ${new_} of them new since the last release`,
        {
          details: lines.join("\n"),
          next: "update what has a fixed version; what does no harm can be waived in constitution.yaml with a reason, an owner and a date",
        },
      ),
    );
  }
  return refused;
}

function plural(count: number, word: string): string {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

/** `high 7.5  CVE-2026-1  lodash 4.17.4 (fixed in 4.17.21)  Prototype pollution  package-lock.json`. */
export function findingLine(finding: JudgedFinding): string {
  const { severity, score, id, package: name, installed, fixed_in, title, path, waiver } = finding;
  const what = name === null ? [] : [`${name}${installed === null ? "" : ` ${installed}`}`];
  const fix = fixed_in.length > 0 ? [`(fixed in ${fixed_in.join(", ")})`] : [];
  const where = finding.in === "source" ? path : `${finding.in}: ${path}`;
  const waived = waiver
    ? [waiver.over ? `waiver ended ${waiver.until}` : `waived until ${waiver.until} by ${waiver.by}`]
    : [];
  return [
    finding.new ? "new" : "",
    `${severity}${score === null ? "" : ` ${score}`}`,
    id,
    [...what, ...fix].join(" "),
    title,
    where,
    ...waived,
  ]
    .filter((part) => part !== "")
    .join("  ");
}
