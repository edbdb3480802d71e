import * as z from "zod";
import { documentSchema } from "../../src/constitution/schema.ts";
import { ACTION_MEANINGS, ACTION_NAMES, ACTIONS } from "../../src/core/action.ts";
import { EXIT, type ExitName } from "../../src/core/exit-codes.ts";
import { FACT_NAMES, FACTS } from "../../src/core/facts.ts";
import { FIXERS } from "../../src/pillars/heal/fixers/table.ts";
import type { StepDefinition } from "../../src/steps/definition.ts";
import { page, table } from "./markdown.ts";

/** A JSON Schema, as far as the pages read it. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}

export function factsPage(): string {
  const groups = Map.groupBy(FACT_NAMES, (name) => name.split(".")[0] ?? "");
  return page(
    "src/core/facts.ts",
    "Facts",
    "What the rules of a [constitution](../constitution.md) may ask about. Facts come from probes, which look and keep the " +
      "digest of what they saw; no step can claim one. A fact that nobody established is unknown: then a deny and an ask " +
      "match, and an allow does not.",
    "`codemonkeys constitution explain ACTION` shows each fact's value and where it came from.",
    ...[...groups].map(([group, names]) =>
      [
        `## ${group}`,
        "",
        table(
          ["fact", "type", "meaning"],
          names.map((name) => [
            `\`${name}\``,
            FACTS[name][0].replace("<", "&lt;").replace(">", "&gt;"),
            FACTS[name][1],
          ]),
        ),
      ].join("\n"),
    ),
  );
}

export function actionsPage(steps: readonly StepDefinition[]): string {
  return page(
    "src/core/action.ts",
    "Actions",
    "Everything that the program can do outside its scratch space. Each needs a permit of its own, which only the gate " +
      "issues: for exactly one action on exactly one target, once, and not for long. Rules of a " +
      "[constitution](../constitution.md) name actions as here, or all of a family (`git.*`), or all (`*`).",
    ...ACTION_NAMES.map((name) => {
      const asking = steps.filter((step) => step.actions.includes(name));
      const links = asking.map((step) => `[${step.name}](steps/${step.name.replaceAll(" ", "-")}.md)`).join(", ");
      const { properties = {} } = jsonSchema(ACTIONS[name]());
      const rows = Object.entries(properties).map(([field, schema]) => [
        `\`${field}\``,
        typeText(schema),
        schema.description ?? "",
      ]);
      return [
        `## ${name}`,
        "",
        `${ACTION_MEANINGS[name]}. ${links ? `Asked for by ${links}.` : "No step asks for it yet."}`,
        "",
        table(["target", "type", ""], rows),
      ].join("\n");
    }),
  );
}

const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  success: "it did what was asked, or there was nothing to do",
  product: "the product itself is at fault: a failing stage, a test that fails",
  unstable: "nothing failed, but something deserves a look (Jenkins: UNSTABLE)",
  config: "a file or an option is wrong; the message says which line",
  infrastructure: "something the product does not answer for: network, disk, a tool, a registry",
  policy: "the constitution said no",
  secret: "a token or key is missing or refused",
  waiting: "a person, CI or a registry has to answer first; the run is recorded, and a later call goes on",
  drift: "generated files differ from what would be generated now",
  usage: "the command line was not understood",
  internal: "a mistake in the program; please report it",
  interrupted: "stopped by SIGINT; the same command goes on where it stopped",
  terminated: "stopped by SIGTERM; the same command goes on where it stopped",
};

export function exitCodesPage(): string {
  const names = Object.keys(EXIT) as ExitName[];
  return page(
    "src/core/exit-codes.ts",
    "Exit codes",
    "Stable; scripts and the Jenkins steps branch on them. For a failure, the kind of its first error decides; every " +
      "[diagnostic](diagnostics.md) has one.",
    table(
      ["code", "name", "meaning"],
      names.map((name) => [`\`${EXIT[name]}\``, name, EXIT_MEANINGS[name]]),
    ),
  );
}

export function fixersPage(): string {
  return page(
    "src/pillars/heal/fixers/table.ts",
    "Built-in fixers",
    `The ${FIXERS.length} repairs that [heal](../healing.md) knows without having learned them. A fixer only proposes: what ` +
      "it proposes is kept when what failed passes and the whole stage passes. The prior is how far it is trusted " +
      "before that: 0.9 where the tool itself names the edit or only one is possible, 0.7 where the edit is the usual " +
      "one, 0.5 where it is a guess that the proof will often refuse, 0.1 where it makes a test agree with what the product does now: " +
      "that is tried last, and only where a rule asks people about protected paths.",
    table(
      ["fixer", "what it repairs", "prior"],
      FIXERS.map(({ name, summary, trust }) => [`\`${name}\``, summary, String(trust)]),
    ),
  );
}

export function constitutionPage(): string {
  const rows = keyRows(jsonSchema(documentSchema), "");
  return page(
    "src/constitution/schema.ts",
    "constitution.yaml: all keys",
    "How to write one is told in [the constitution](../constitution.md). Unknown keys are refused, with what was " +
      "probably meant. `[]` stands for each entry of a list, `*` for a name of yours.",
    table(["key", "value", "default", "meaning"], rows),
  );
}

function jsonSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: "input" }) as Schema;
}

/** One row for each key, those of its parts below it. */
function keyRows(schema: Schema, prefix: string): string[][] {
  const rows: string[][] = [];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) rows.push(...keyRow(inner, `${prefix}${name}`));
  return rows;
}

function keyRow(schema: Schema, key: string): string[][] {
  const fallback = schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
  const own = [`\`${key}\``, typeText(schema), fallback, schema.description ?? ""];
  const entries = schema.type === "array" ? schema.items : undefined;
  const named = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  const parts = [
    ...keyRows(schema, `${key}.`),
    ...(entries?.properties ? keyRows(entries, `${key}[].`) : []),
    ...(named?.properties ? keyRows(named, `${key}.*.`) : []),
  ];
  return [own, ...parts];
}

function typeText(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.anyOf) return schema.anyOf.map(typeText).join(" or ");
  if (schema.type === "array") return schema.items ? `list of ${typeText(schema.items)}` : "list";
  if (schema.type === "object") return "mapping";
  if (schema.type === "integer") return "whole number";
  if (schema.pattern === "^[0-9a-f]{64}$") return "SHA-256, hex";
  return schema.type === "string" ? "text" : (schema.type ?? "anything");
}
