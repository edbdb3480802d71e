import * as z from "zod";
import type { StepDefinition } from "../definition.ts";

/** One parameter as help texts and reference pages show it. */
export interface ParameterRow {
  /** snake_case, as in Groovy and in the params file. */
  readonly name: string;
  /** `--kebab-case`, or `<kebab-case>` for a positional one. */
  readonly option: string;
  /** In words: "text", "one of a, b", "list of text". */
  readonly type: string;
  readonly required: boolean;
  /** JSON of the default; absent when there is none. */
  readonly fallback: string | undefined;
  readonly description: string;
}

/** The part of JSON Schema that zod writes for parameters and that is read here. */
interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
}

/** A step's parameters in the order of their definition, positional ones first. */
export function parameterRows(step: StepDefinition): ParameterRow[] {
  const schema = z.toJSONSchema(step.params, { io: "input" }) as SchemaNode;
  const positional = step.positional ?? [];
  const rows = Object.entries(schema.properties ?? {}).map(([name, node]) => ({
    name,
    option: positional.includes(name) ? `<${kebabCase(name)}>` : `--${kebabCase(name)}`,
    type: typeInWords(node),
    required: schema.required?.includes(name) ?? false,
    fallback: node.default === undefined ? undefined : JSON.stringify(node.default),
    description: node.description ?? "",
  }));
  const place = (name: string) => (positional.includes(name) ? positional.indexOf(name) : positional.length);
  return rows.toSorted((a, b) => place(a.name) - place(b.name));
}

/** `dry_run` and `constitution check` become `dry-run` and `constitution-check`. */
export function kebabCase(name: string): string {
  return name.replaceAll(/[_ ]/g, "-");
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  object: "map",
  null: "nothing",
};

function typeInWords(node: SchemaNode): string {
  if (node.enum) return `one of ${node.enum.map(String).join(", ")}`;
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.anyOf) return [...new Set(node.anyOf.map(typeInWords))].join(" or ");
  if (node.type === "array") return `list of ${node.items ? typeInWords(node.items) : "anything"}`;
  const types = typeof node.type === "string" ? [node.type] : (node.type ?? []);
  return types.map((type) => WORDS[type] ?? type).join(" or ") || "anything";
}
