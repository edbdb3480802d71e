import * as z from "zod";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Rating, ScannerFinding } from "../../core/security.ts";
import { parseAnswer } from "../scanner/run.ts";

const severity = z.string().transform((text): Rating => {
  const word = text.toLowerCase();
  return word === "low" || word === "medium" || word === "high" || word === "critical" ? word : "unrated";
});

const vulnerability = z.looseObject({
  VulnerabilityID: z.string(),
  PkgName: z.string(),
  PkgPath: z.string().optional(),
  InstalledVersion: z.string().optional(),
  FixedVersion: z.string().optional(),
  Severity: severity,
  Title: z.string().optional(),
  PrimaryURL: z.string().optional(),
  VendorIDs: z.array(z.string()).optional(),
  References: z.array(z.string()).nullish(),
  CVSS: z
    .record(z.string(), z.looseObject({ V3Score: z.number().optional(), V40Score: z.number().optional() }))
    .optional(),
});

const result = z.looseObject({
  Target: z.string(),
  Vulnerabilities: z.array(vulnerability).nullish(),
  Misconfigurations: z
    .array(
      z.looseObject({
        ID: z.string(),
        AVDID: z.string().optional(),
        Title: z.string(),
        Message: z.string().optional(),
        Severity: severity,
        PrimaryURL: z.string().optional(),
        Status: z.string(),
        CauseMetadata: z.looseObject({ StartLine: z.number().optional() }).optional(),
      }),
    )
    .nullish(),
  Secrets: z
    .array(
      z.looseObject({ RuleID: z.string(), Title: z.string(), Severity: severity, StartLine: z.number().optional() }),
    )
    .nullish(),
});

const report = z.looseObject({ SchemaVersion: z.literal(2), Results: z.array(result).nullish() });

/** Trivy's JSON report (schema 2) as findings. What a secret rule matched is left out, though Trivy masks it. */
export function readAnswer(text: string): Outcome<ScannerFinding[]> {
  const read = parseAnswer("trivy", text, report);
  if (!read.ok) return read;
  return succeed(
    (read.value.Results ?? []).flatMap(({ Target, Vulnerabilities, Misconfigurations, Secrets }) => [
      ...(Vulnerabilities ?? []).map((one) => vulnerabilityOf(one, Target)),
      ...(Misconfigurations ?? [])
        .filter(({ Status }) => Status === "FAIL")
        .map(
          (one): ScannerFinding => ({
            id: one.ID,
            aliases: one.AVDID ? [one.AVDID] : [],
            kind: "misconfiguration",
            severity: one.Severity,
            score: undefined,
            title: one.Message ?? one.Title,
            package: undefined,
            installed: undefined,
            fixedIn: [],
            path: at(Target, one.CauseMetadata?.StartLine),
            url: one.PrimaryURL,
          }),
        ),
      ...(Secrets ?? []).map(
        (one): ScannerFinding => ({
          id: one.RuleID,
          aliases: [],
          kind: "secret",
          severity: one.Severity,
          score: undefined,
          title: one.Title,
          package: undefined,
          installed: undefined,
          fixedIn: [],
          path: at(Target, one.StartLine),
          url: undefined,
        }),
      ),
    ]),
  );
}

function at(target: string, line: number | undefined): string {
  return line ? `${target}:${line}` : target;
}

function vulnerabilityOf(one: z.infer<typeof vulnerability>, target: string): ScannerFinding {
  const scores = Object.values(one.CVSS ?? {}).flatMap(({ V3Score, V40Score }) => V3Score ?? V40Score ?? []);
  return {
    id: one.VulnerabilityID,
    aliases: [...new Set([...(one.VendorIDs ?? []), ...advisoriesIn(one.References ?? [])])].filter(
      (id) => id !== one.VulnerabilityID,
    ),
    kind: "vulnerability",
    severity: one.Severity,
    score: scores.length > 0 ? Math.max(...scores) : undefined,
    title: one.Title ?? one.VulnerabilityID,
    package: one.PkgName,
    installed: one.InstalledVersion,
    fixedIn: (one.FixedVersion ?? "").split(",").flatMap((version) => version.trim() || []),
    path: one.PkgPath ?? target,
    url: one.PrimaryURL,
  };
}

/** Trivy names an advisory by its CVE; that it is GitHub's or RustSec's as well stands in its references. */
function advisoriesIn(references: readonly string[]): string[] {
  return references.flatMap(
    (url) =>
      /^https:\/\/(?:github\.com\/advisories\/|rustsec\.org\/advisories\/)((?:GHSA|RUSTSEC)-[\w-]+)/.exec(url)?.[1] ??
      [],
  );
}
