import type { BuildFailure, LogReport } from "../read/report.ts";

/**
 * SARIF 2.1.0 (OASIS) of the causes: one result each, at its place in the sources, with `occurrence` as fingerprint so
 * that viewers track it over builds. Failures without a place point into the log.
 */
export function explainSarif(report: LogReport, options: { log: string; version: string }): object {
  const causes = report.failures.filter((failure) => failure.root || failure.rank === "cause");
  const rules = [...new Set(causes.map(ruleOf))].sort();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "codemonkeys", version: options.version, rules: rules.map((id) => ({ id })) } },
        columnKind: "utf16CodeUnits",
        results: causes.map((failure) => ({
          ruleId: ruleOf(failure),
          ruleIndex: rules.indexOf(ruleOf(failure)),
          level: "error",
          message: { text: failure.test === undefined ? failure.message : `${failure.test}: ${failure.message}` },
          locations: [location(failure, options.log)],
          partialFingerprints: {
            "codemonkeysOccurrence/v1": failure.occurrence,
            "codemonkeysPattern/v1": failure.pattern,
          },
          properties: { category: failure.category, root: failure.root, logLines: failure.logLines },
        })),
      },
    ],
  };
}

function ruleOf({ tool, category, captures }: BuildFailure): string {
  return [tool.replaceAll(" ", "-"), captures.rule?.replace(/\s+/g, "-") ?? category].join("/");
}

function location({ place, logLines }: BuildFailure, log: string): object {
  const uri = encodeURI((place?.file ?? log).replaceAll("\\", "/"));
  const region =
    place === undefined
      ? { startLine: logLines[0], endLine: logLines[1] }
      : place.line === undefined
        ? undefined
        : { startLine: place.line, ...(place.column === undefined ? {} : { startColumn: place.column }) };
  return { physicalLocation: { artifactLocation: { uri }, ...(region === undefined ? {} : { region }) } };
}
