import * as z from "zod";
import type { StepDefinition } from "../definition.ts";

/** JSON Schema (2020-12) of what a caller may give: defaults are optional, unknown keys are refused. */
export function paramsSchema(step: StepDefinition): string {
  return text({ title: `Parameters of ${step.name}`, ...z.toJSONSchema(step.params.strict(), { io: "input" }) });
}

/** JSON Schema (2020-12) of `data` in the step's result.json. */
export function resultSchema(step: StepDefinition): string {
  return text({ title: `Result of ${step.name}`, ...z.toJSONSchema(step.result, { io: "output" }) });
}

function text(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
