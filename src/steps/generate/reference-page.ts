import type { StepDefinition } from "../definition.ts";
import { exampleCall } from "./help-text.ts";
import { GENERATED, RUNNER_OPTIONS } from "./jenkins-var.ts";
import { kebabCase, parameterRows } from "./parameters.ts";

/** `docs/reference/steps/<name>.md`: one step for people, on the command line and in Jenkins. */
export function referencePage(step: StepDefinition): string {
  const sections = [
    `<!-- ${GENERATED} from the step "${step.name}". Change its definition in src/steps/, not this file. -->`,
    `# ${step.name}`,
    `${step.summary}.`,
    step.description.trim(),
    commandLine(step),
    parameters(step),
    jenkins(step),
    needs(step),
    `The parameters' and the result's JSON schemas are \`resources/schemas/${kebabCase(step.name)}.params.schema.json\` and ` +
      `\`resources/schemas/${kebabCase(step.name)}.result.schema.json\`.`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function commandLine(step: StepDefinition): string {
  const examples = step.examples.map((example) => `# ${example.says}\n${example.command}`);
  if (examples.length === 0) return "";
  return ["## On the command line", "", "```sh", examples.join("\n\n"), "```"].join("\n");
}

function parameters(step: StepDefinition): string {
  const rows = parameterRows(step);
  if (rows.length === 0) return "It takes no parameters of its own.";
  return [
    "## Parameters",
    "",
    "| In Jenkins | On the command line | Type | Default | |",
    "|---|---|---|---|---|",
    ...rows.map((row) => {
      const fallback = row.required ? "required" : row.fallback === undefined ? "" : `\`${row.fallback}\``;
      const cells = [`\`${row.name}\``, `\`${row.option}\``, row.type, fallback, row.description];
      return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
    }),
  ].join("\n");
}

function jenkins(step: StepDefinition): string {
  if (!step.jenkinsName) return "It is not a Jenkins step.";
  const retry = step.retryOnAgentLoss
    ? "When its agent is lost, it is run again once on another."
    : "When its agent is lost, it is not run again by itself: it may have acted already.";
  return [
    "## In Jenkins",
    "",
    "```groovy",
    exampleCall(step),
    "```",
    "",
    `${retry} Beside its parameters it takes:`,
    "",
    ...Object.entries(RUNNER_OPTIONS).map(([name, text]) => `- \`${name}\`: ${text}`),
  ].join("\n");
}

function needs(step: StepDefinition): string {
  const opened = {
    nothing: "It needs neither an organisation nor a product.",
    overview: "It reads the organisation and the Swarm database.",
    organisation: "It works on the organisation.",
    either: "It works on the organisation, and on one product of it where one is named or the folder is one's.",
    product: "It works on one product of the organisation.",
  }[step.needs];
  const lines = ["## What it needs", "", `- ${opened}`];
  if (step.tools.length > 0)
    lines.push(`- Tools on the machine: ${step.tools.map((tool) => `\`${tool}\``).join(", ")}.`);
  for (const need of step.credentials) {
    const use = need.optional ? "optional" : "required";
    lines.push(
      `- \`${need.variable}\` (${use}): ${need.summary}. In Jenkins the ${need.kind} credential \`${need.credentialsId}\`, bound around ${need.half === "act" ? "the act half" : "the one command"} only.`,
    );
  }
  lines.push(
    step.actions.length === 0
      ? "- It changes nothing outside its scratch space."
      : `- It may ask the constitution for: ${step.actions.map((action) => `\`${action}\``).join(", ")}.`,
  );
  return lines.join("\n");
}
