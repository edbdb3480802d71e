import type { StepDefinition } from "../definition.ts";
import { firstText, RUNNER_OPTIONS } from "./jenkins-var.ts";
import { parameterRows } from "./parameters.ts";

/**
 * `vars/<jenkinsName>.txt`: what Jenkins shows under Pipeline Syntax → Global Variables Reference. Plain text, because
 * that page passes it through the controller's markup formatter, which by default escapes everything.
 */
export function helpText(step: StepDefinition): string {
  const rows = parameterRows(step);
  const options = Object.entries(RUNNER_OPTIONS).filter(
    ([name]) =>
      (name !== "product" || step.needs === "product") &&
      (name !== "dry_run" || step.actions.length > 0) &&
      (step.halves || !["half", "take", "digests"].includes(name)) &&
      (name !== "checkout" || step.needs === "product"),
  );
  const lines = [`${step.summary}.`, "", `    ${exampleCall(step)}`, "", step.description.trim(), ""];
  if (rows.length > 0) {
    lines.push("Parameters:");
    for (const row of rows) {
      const need = row.required ? "required" : row.fallback === undefined ? "optional" : `default ${row.fallback}`;
      lines.push(`    ${row.name} (${row.type}; ${need}): ${row.description}`);
    }
    lines.push("");
  }
  lines.push("Options of every step:", ...options.map(([name, text]) => `    ${name}: ${text}`), "");
  if (step.credentials.length > 0) {
    lines.push("Credentials, bound only around the one command that needs them:");
    for (const need of step.credentials) {
      const use = need.optional ? "optional" : "required";
      lines.push(`    ${need.credentialsId} (${need.kind}, ${use}) as ${need.variable}: ${need.summary}`);
    }
    lines.push("");
  }
  lines.push("Returns the step's result as a map: verdict, summary, data, links, metrics and more.");
  return `${lines.join("\n")}\n`;
}

/** The shortest call that works: required parameters only. */
export function exampleCall(step: StepDefinition): string {
  const first = firstText(step);
  const required = parameterRows(step).filter((row) => row.required);
  if (required.length === 0) return `${step.jenkinsName}()`;
  if (required.length === 1 && required[0]?.name === first) return `${step.jenkinsName} '…'`;
  return `${step.jenkinsName} ${required.map((row) => `${row.name}: ${row.type.startsWith("list") ? "['…']" : "'…'"}`).join(", ")}`;
}
