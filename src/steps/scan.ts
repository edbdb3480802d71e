import { join, relative, resolve } from "node:path";
import * as z from "zod";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { writeFileAtomic } from "../core/files.ts";
import { htmlOf } from "../pillars/scan/render/html.ts";
import { sarifOf } from "../pillars/scan/render/sarif.ts";
import { headline, tableOf } from "../pillars/scan/render/table.ts";
import { type SecurityReport, securityReportSchema } from "../pillars/scan/report.ts";
import { type Scan, scanProduct } from "../pillars/scan/scan.ts";
import type { Session } from "../pipeline/session.ts";
import { defineStep, type StepReport } from "./definition.ts";

const params = z.object({
  out: z
    .string()
    .optional()
    .describe("folder to write the report to, as SARIF, JSON, HTML, and the bills of materials"),
});

export const scanStep = defineStep({
  name: "scan",
  jenkinsName: "monkeysScan",
  summary: "Look for known vulnerabilities, secrets and misconfiguration in a product",
  description:
    "Runs Trivy, npm audit, pip-audit and cargo-audit over the checked-out commit, as far as they are switched on and the product has packages for them, and merges what they say: one entry for each advisory and package, whoever found it, new ones first. The constitution's `security` says what fails and what is waived. A scanner that is missing, does not end or answers garbage fails the scan: nobody knows what it would have found.",
  examples: [
    { command: "codemonkeys scan", says: "the checked-out commit" },
    { command: "codemonkeys scan --out reports/security", says: "also as SARIF, JSON, HTML and SBOM files" },
  ],
  params,
  result: securityReportSchema,
  credentials: [],
  tools: ["git", "trivy", "npm", "python3", "cargo-audit"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "product",
  run: (session, given) => runScan(session, given),
});

/** The scan step's work, also for the scan stage of a whole run. */
export async function runScan(
  session: Session,
  { out }: z.infer<typeof params>,
): Promise<Outcome<StepReport<SecurityReport>>> {
  const scan = await scanProduct(session);
  if (!scan.ok) return scan;
  const written =
    out === undefined ? undefined : await writeReports(session, scan.value.report, resolve(session.cwd, out));
  if (written && !written.ok) return written;
  const sarif = written ? [relative(session.cwd, written.value)] : [];
  return succeed({ ...reportOf(scan.value), sarif }, scan.warnings);
}

async function writeReports(session: Session, report: SecurityReport, folder: string): Promise<Outcome<string>> {
  const sarif = join(folder, "security.sarif");
  await writeFileAtomic(sarif, sarifOf(report));
  await writeFileAtomic(join(folder, "security.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFileAtomic(join(folder, "security.html"), htmlOf(report));
  for (const { name, digest } of report.sboms) {
    const bytes = await session.artifacts.read(digest);
    if (!bytes.ok) return bytes;
    await writeFileAtomic(join(folder, name), bytes.value);
  }
  return succeed(sarif);
}

function reportOf({ report, refusals }: Scan): StepReport<SecurityReport> {
  const { counts, sboms } = report;
  const [first] = refusals;
  return {
    data: report,
    summary: headline(report),
    display: tableOf(report),
    artifacts: sboms.map(({ name, digest }) => ({ name, digest })),
    metrics: {
      critical: counts.critical,
      high: counts.high,
      medium: counts.medium,
      low: counts.low,
      waived: counts.waived,
    },
    ...(first ? { verdict: "failure", kind: first.kind, diagnostics: refusals } : {}),
  };
}
