import * as z from "zod";
import { configJsonSchema, showValue } from "../core/config/schema.ts";
import { type Explanation, findOption, OPTION_NAMES } from "../core/config.ts";
import type { SourcePlace } from "../core/diagnostic.ts";
import { succeed } from "../core/diagnostic.ts";
import { productOf } from "../pipeline/session.ts";
import { defineStep } from "./definition.ts";

export const configExplain = defineStep({
  name: "config explain",
  summary: "Show a configuration value, where it was said and who may change it",
  description:
    "The configuration has two layers: the organisation's `.codemonkeys/config.yaml`, then the product's. Shows the value that counts, the file and line it comes from, values that do not count and why. Without a key it lists all of them.",
  examples: [
    { command: "codemonkeys config explain", says: "all keys of the product of this folder" },
    { command: "codemonkeys config explain ship.registries.npm", says: "one key, in full" },
  ],
  params: z.object({ key: z.string().optional().describe("a dotted key; all of them without it") }),
  positional: ["key"],
  result: z.object({
    values: z.array(z.object({ key: z.string(), value: z.unknown(), from: z.string(), where: z.string().optional() })),
  }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { key }) {
    const { config } = productOf(session);
    if (key === undefined) {
      const all = OPTION_NAMES.map((name) => config.explain(name));
      const width = Math.max(...all.map(({ name }) => name.length));
      const lines = all.map(
        (one) =>
          `${one.name.padEnd(width)}  ${showValue(one.value)}  (${one.from === "default" ? "default" : originOf(one)})`,
      );
      return succeed({ data: { values: all.map(valueRow) }, summary: lines.join("\n"), display: lines });
    }
    const name = findOption(key);
    if (!name.ok) return name;
    const one = config.explain(name.value);
    const lines = explanationLines(one);
    return succeed({ data: { values: [valueRow(one)] }, summary: lines.join("\n"), display: lines });
  },
});

export const configSchema = defineStep({
  name: "config schema",
  summary: "Print the JSON Schema of .codemonkeys/config.yaml for editors",
  description: "Made from the same table as the checks, the documentation and `config explain`.",
  examples: [{ command: "codemonkeys config schema > config.schema.json", says: "for your editor's YAML support" }],
  params: z.object({}),
  result: z.record(z.string(), z.unknown()),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run() {
    const schema = configJsonSchema();
    const text = JSON.stringify(schema, null, 2);
    return succeed({ data: schema, summary: "", display: [text] });
  },
});

function valueRow(one: Explanation) {
  const where = placeText(one.where);
  return { key: one.name, value: one.value ?? null, from: one.from, ...(where ? { where } : {}) };
}

function explanationLines(one: Explanation): string[] {
  const lines = [`${one.name} = ${showValue(one.value)}`, `  ${one.description}`, `  from ${originOf(one)}`];
  const says = one.overridableWhere ? ` (${placeText(one.overridableWhere)})` : "";
  lines.push(`  a product ${one.overridable ? "may" : "may not"} override it${says}`);
  for (const said of one.overridden) lines.push(`  overridden: ${showValue(said.value)} at ${placeText(said.where)}`);
  for (const said of one.refused) lines.push(`  refused: ${showValue(said.value)} at ${placeText(said.where)}`);
  return lines;
}

function originOf(one: Explanation): string {
  return one.from === "default" ? `the default: ${one.default}` : `${placeText(one.where)}`;
}

function placeText(place: SourcePlace | undefined): string {
  if (!place) return "";
  return `${place.file}${place.line ? `:${place.line}` : ""}${place.commit ? ` at ${place.commit.slice(0, 7)}` : ""}`;
}
