import type { StepResult } from "../core/result.ts";
import type { StepDefinition } from "../steps/definition.ts";

type Plain = Omit<StepResult, "shown">;

const LONGEST_LINE = 120;

/** A name for one call: what it was about, else the stage of Jenkins that it stands in, so that stages do not collide. */
export function callName(
  step: Pick<StepDefinition, "name" | "positional">,
  params: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const first = step.positional?.[0];
  const given = first !== undefined && typeof params === "object" && params !== null ? Reflect.get(params, first) : "";
  const subject = typeof given === "string" && given !== "" ? given : environment.STAGE_NAME;
  const whole = subject && subject !== step.name ? `${step.name}-${subject}` : step.name;
  return whole.replaceAll(/[^A-Za-z0-9._-]+/g, "-").slice(0, 100);
}

/** What a result comes to in one line each, for whoever shows it without reading all of it. */
export function shownOf(result: Plain, name: string): StepResult["shown"] {
  const error = errorLine(result);
  const [link] = result.links;
  return {
    line: `${result.product ? `${result.product} ` : ""}${name}: ${headline(result)}`,
    ...(error === undefined ? {} : { error }),
    keep: result.artifacts.flatMap(({ path }) => path ?? []),
    ...(link ? { link: link.url } : {}),
  };
}

function headline({ summary, verdict }: Plain): string {
  const [first = ""] = (summary.trim() || verdict).split("\n");
  const text = first.replaceAll(/[#*`]/g, "").trim();
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
}

/** Whose problem, which, where, and what to do next. The first error wins; the log has the others. */
function errorLine(result: Plain): string | undefined {
  if (result.verdict !== "failure") return undefined;
  const first = result.diagnostics.find(({ severity }) => severity === "error");
  if (!first) return `[${result.kind ?? "internal"}] ${result.step}: ${headline(result)}`;
  const { kind, code, message, where, next } = first;
  const place = where ? ` (${where.file}${where.line ? `:${where.line}` : ""})` : "";
  return `[${kind}] ${code}: ${message}${place}${next ? `. ${next}` : ""}`;
}

/** The summary page: the step's own words, its links, its numbers. */
export function pageOf({ summary, verdict, links, metrics }: Plain): string {
  const lines = [
    summary || verdict,
    "",
    ...links.map(({ title, url }) => `- [${title}](${url})`),
    ...Object.entries(metrics).map(([name, value]) => `- ${name}: ${value}`),
  ];
  return `${lines.join("\n")}\n`;
}
