import { type Command, InvalidArgumentError, Option } from "commander";
import type * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";
import type { StepDefinition } from "../steps/definition.ts";

/** Options that every step takes, besides its own parameters. */
export interface CommonOptions {
  readonly product?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly observe?: boolean;
  readonly verbose?: boolean;
  readonly plain?: boolean;
  readonly half?: "work" | "act";
  readonly take?: string;
  readonly digest?: readonly string[];
  readonly paramsFile?: string;
  readonly resultFile?: string;
}

/** Adds a step's parameters (positional ones as arguments, the rest as `--kebab-case`) and the common options. */
export function declareOptions(command: Command, step: StepDefinition): void {
  for (const name of step.positional ?? []) {
    const { schema, optional } = unwrap(step.params.shape[name] as z.ZodType);
    const list = isType(schema, "array");
    const shown = `${kebab(name)}${list ? "..." : ""}`;
    command.argument(optional ? `[${shown}]` : `<${shown}>`, description(step.params.shape[name] as z.ZodType));
  }
  for (const [name, schema] of Object.entries(step.params.shape) as [string, z.ZodType][]) {
    if (step.positional?.includes(name)) continue;
    command.addOption(optionFor(name, schema));
  }
  if (!step.positional?.includes("product") && (step.needs === "product" || step.needs === "either"))
    command.option("--product <name>", "the product, when not run inside its work tree");
  if (step.actions.length > 0 || step.dryRun)
    command.option("--dry-run", "show each effect and each gate's answer; do nothing");
  if (step.actions.length > 0) command.option("--observe", "let every gate log what it would answer; do nothing");
  if (step.halves) {
    command
      .addOption(
        new Option("--half <half>", "do one half only, where each has machines of its own").choices(["work", "act"]),
      )
      .option("--take <run>", "the run that the act half takes up")
      .option("--digest <sha256...>", "what the work half left, for the act half");
  } else if (step.actions.length > 0) {
    command.addOption(new Option("--half <half>", "act: this machine holds the keys (zones: two)").choices(["act"]));
  }
  command
    .option("--json", "print the step's result.json instead of text")
    .option("--verbose", "also show what product commands print")
    .option("--plain", "plain lines, no spinner or colour")
    .addOption(new Option("--params-file <file>", "read the parameters from a JSON file").hideHelp())
    .addOption(new Option("--result-file <file>", "write result.json here").hideHelp());
}

function optionFor(name: string, schema: z.ZodType): Option {
  const { schema: inner, defaultValue } = unwrap(schema);
  const flag = `--${kebab(name)}`;
  const text = description(schema);
  const shown =
    defaultValue === undefined || defaultValue === false ? text : `${text} (default: ${String(defaultValue)})`;
  if (isType(inner, "boolean")) return new Option(defaultValue === true ? `--no-${kebab(name)}` : flag, shown);
  if (isType(inner, "array")) return new Option(`${flag} <${singular(name)}...>`, shown);
  const option = new Option(`${flag} <${placeholder(name, inner)}>`, shown);
  if (isType(inner, "enum")) option.choices(inner.options.map(String));
  if (isType(inner, "number")) {
    option.argParser((value) => {
      const number = Number(value);
      if (value.trim() === "" || !Number.isFinite(number)) throw new InvalidArgumentError("expected a number");
      return number;
    });
  }
  return option;
}

/**
 * The parameters of a call: from the file (Jenkins) or from the command line, checked by the step's own schema. Unknown
 * names in a file are refused with what was meant.
 */
export function readParams(
  step: StepDefinition,
  given: Readonly<Record<string, unknown>>,
): Outcome<Record<string, unknown>> {
  const known = Object.keys(step.params.shape);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    return fail(
      ...unknown.map((name) => {
        const meant = didYouMean(name, known);
        return problem(
          "config",
          "params.unknown",
          `${step.name} has no parameter ${name}${meant ? `; did you mean ${meant}?` : ""}`,
          {
            next: `codemonkeys ${step.name} --help`,
          },
        );
      }),
    );
  }
  const parsed = step.params.safeParse(given);
  if (parsed.success) return succeed(parsed.data as Record<string, unknown>);
  return fail(
    ...parsed.error.issues.map((issue) =>
      problem("config", "params.invalid", `${issue.path.join(".") || "parameters"}: ${issue.message}`, {
        next: `codemonkeys ${step.name} --help`,
      }),
    ),
  );
}

/** Commander's camelCase names and positional values, as the step's snake_case parameters. */
export function collectParams(
  step: StepDefinition,
  positional: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const [index, name] of (step.positional ?? []).entries()) {
    if (positional[index] !== undefined) params[name] = positional[index];
  }
  for (const name of Object.keys(step.params.shape)) {
    if (step.positional?.includes(name)) continue;
    const value = options[camel(name)];
    if (value !== undefined) params[name] = value;
  }
  return params;
}

interface SchemaTypes {
  readonly array: z.ZodArray;
  readonly boolean: z.ZodBoolean;
  readonly default: z.ZodDefault;
  readonly enum: z.ZodEnum;
  readonly nullable: z.ZodNullable;
  readonly number: z.ZodNumber;
  readonly optional: z.ZodOptional;
}

/** Asks the schema itself, so that the command line needs nothing of zod's own code. */
function isType<T extends keyof SchemaTypes>(schema: z.ZodType, type: T): schema is z.ZodType & SchemaTypes[T] {
  return schema.def.type === type;
}

function unwrap(schema: z.ZodType): { schema: z.ZodType; optional: boolean; defaultValue: unknown } {
  let current = schema;
  let optional = false;
  let defaultValue: unknown;
  for (;;) {
    if (isType(current, "default")) {
      optional = true;
      defaultValue = current.def.defaultValue;
      current = current.unwrap() as z.ZodType;
    } else if (isType(current, "optional") || isType(current, "nullable")) {
      optional = true;
      current = current.unwrap() as z.ZodType;
    } else {
      return { schema: current, optional, defaultValue };
    }
  }
}

/** A description may stand on the schema or on what it wraps. */
function description(schema: z.ZodType): string {
  return schema.description ?? unwrap(schema).schema.description ?? "";
}

function placeholder(name: string, schema: z.ZodType): string {
  if (isType(schema, "number")) return "n";
  return kebab(name.split("_").at(-1) ?? name);
}

function singular(name: string): string {
  return kebab(name.replace(/s$/, ""));
}

function kebab(name: string): string {
  return name.replaceAll("_", "-");
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
