import { Environment } from "@marcbachmann/cel-js";
import { FACT_NAMES, FACTS, type FactName, type Facts } from "../core/facts.ts";
import { type Group, hasFactType, ROOT } from "./fact-paths.ts";

/** The CEL environment of all conditions: every fact typed, nothing else declared. */
export const environment: Environment = createEnvironment();

function createEnvironment(): Environment {
  const env = new Environment({ limits: { maxAstNodes: 2_000, maxDepth: 60 } });
  const declare = (group: Group): void => {
    for (const inner of group.groups.values()) declare(inner);
    const fields: Record<string, string> = {};
    for (const [key, inner] of group.groups) fields[key] = inner.typeName;
    for (const [key, name] of group.facts) fields[key] = FACTS[name][0];
    env.registerType(group.typeName, { ctor: group.create, fields } as never);
  };
  for (const [name, group] of ROOT.groups) {
    declare(group);
    env.registerVariable(name, group.typeName);
  }
  return env;
}

/**
 * The facts of one decision. What the CEL library needs of them is made when the first sub-condition goes through it.
 */
export interface FactValues {
  readonly facts: Facts;
  context: Record<string, unknown> | undefined;
}

export function factValues(facts: Facts): FactValues {
  return { facts, context: undefined };
}

/** Whether a fact is known. One of the wrong run-time type (as a damaged log may hold) is not. */
export function isKnown(values: FactValues, name: FactName): boolean {
  const fact = values.facts[name];
  return fact !== undefined && hasFactType(name, fact.value);
}

/** Where a fact's value goes in the library's context. */
const SLOTS = new Map(
  FACT_NAMES.map((name) => {
    const parts = name.split(".");
    const groups: { key: string; create: Group["create"] }[] = [];
    let group = ROOT;
    for (const key of parts.slice(0, -1)) {
      group = group.groups.get(key) as Group;
      groups.push({ key, create: group.create });
    }
    return [name, { groups, key: parts.at(-1) as string, int: FACTS[name][0] === "int" }] as const;
  }),
);

/** The nested, typed values of the facts: class instances, which the library reads without converting them. */
export function celContext(values: FactValues): Record<string, unknown> {
  if (values.context) return values.context;
  const context: Record<string, unknown> = {};
  for (const [name, slot] of SLOTS) {
    if (!isKnown(values, name)) continue;
    let holder = context;
    for (const { key, create } of slot.groups) {
      holder[key] ??= new create();
      holder = holder[key] as Record<string, unknown>;
    }
    const value: unknown = values.facts[name]?.value;
    holder[slot.key] = slot.int ? BigInt(value as number) : value;
  }
  values.context = context;
  return context;
}
