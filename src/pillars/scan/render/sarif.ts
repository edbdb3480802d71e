import type { JudgedFinding, SecurityReport } from "../report.ts";

const LEVEL = { critical: "error", high: "error", medium: "warning", low: "note", unrated: "warning" } as const;

/**
 * The report as SARIF 2.1.0. Only findings in the source have a place that viewers can open; an artefact's are logical
 * locations. Waived findings are suppressions, so that viewers count them as such.
 */
export function sarifOf(report: SecurityReport): string {
  const rules = [...new Map(report.findings.map((one) => [one.id, one])).values()];
  return `${JSON.stringify(
    {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: {
            driver: {
              name: "Code Monkeys Ship",
              rules: rules.map((one) => ({
                id: one.id,
                shortDescription: { text: one.title },
                ...(one.url === null ? {} : { helpUri: one.url }),
                properties: {
                  tags: ["security", one.kind],
                  ...(one.score === null ? {} : { "security-severity": String(one.score) }),
                },
              })),
            },
          },
          invocations: [{ executionSuccessful: report.complete, toolExecutionNotifications: notifications(report) }],
          results: report.findings.map((one) =>
            resultOf(
              one,
              rules.findIndex(({ id }) => id === one.id),
            ),
          ),
        },
      ],
    },
    null,
    2,
  )}\n`;
}

function notifications({ scanners }: SecurityReport) {
  return scanners
    .filter(({ failed }) => failed !== null)
    .map(({ scanner, failed }) => ({ level: "error", message: { text: `${scanner}: ${failed}` } }));
}

function resultOf(one: JudgedFinding, ruleIndex: number) {
  const [, file = one.path, line] = /^(.*?)(?::(\d+))?$/.exec(one.path) ?? [];
  const what = one.package === null ? "" : ` in ${one.package} ${one.installed ?? ""}`.trimEnd();
  const fix = one.fixed_in.length > 0 ? `; fixed in ${one.fixed_in.join(", ")}` : "";
  const place = {
    artifactLocation: { uri: encodeURI(file) },
    ...(line === undefined ? {} : { region: { startLine: Number(line) } }),
  };
  return {
    ruleId: one.id,
    ruleIndex,
    level: LEVEL[one.severity],
    message: { text: `${one.title}${what}${fix}` },
    locations: [
      one.in === "source" && file !== ""
        ? { physicalLocation: place }
        : { logicalLocations: [{ fullyQualifiedName: `${one.in}/${one.path}` }] },
    ],
    baselineState: one.new ? "new" : "unchanged",
    ...(one.waiver && !one.waiver.over
      ? {
          suppressions: [
            {
              kind: "external",
              status: "accepted",
              justification: `${one.waiver.because} (${one.waiver.by}, until ${one.waiver.until})`,
            },
          ],
        }
      : {}),
  };
}
