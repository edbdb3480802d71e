import { Environment } from "@marcbachmann/cel-js";
import { FACT_NAMES, FACTS, type FactName, type Facts } from "../core/facts.ts";

/**
 * Facts as CEL sees them. Dotted names become nested typed objects (`target.branch.protected` is the field `protected`
 * of the field `branch` of the variable `target`), whole numbers become CEL ints. Class instances rather than plain
 * objects, because the library then reads fields without converting them on every evaluation.
 */
interface Group {
  readonly typeName: string;
  readonly create: new () => Record<string, unknown>;
  readonly groups: Map<string, Group>;
  readonly facts: Map<string, FactName>;
}

function newGroup(typeName: string): Group {
  return {
    typeName,
    create: { [typeName]: class {} }[typeName] as new () => Record<string, unknown>,
    groups: new Map(),
    facts: new Map(),
  };
}

const ROOT = newGroup("facts");
for (const name of FACT_NAMES) {
  const parts = name.split(".");
  let group = ROOT;
  for (const part of parts.slice(0, -1)) {
    const inner = group.groups.get(part) ?? newGroup(`${group.typeName}_${part}`);
    group.groups.set(part, inner);
    group = inner;
  }
  group.facts.set(parts.at(-1) as string, name);
}

/** What a dotted path of identifiers means: a fact, a group of facts, or nothing. */
export function resolvePath(
  parts: readonly string[],
): { fact: FactName; used: number } | { group: string[] } | undefined {
  let group = ROOT;
  for (const [index, part] of parts.entries()) {
    const fact = group.facts.get(part);
    if (fact) return { fact, used: index + 1 };
    const inner = group.groups.get(part);
    if (!inner) return undefined;
    group = inner;
  }
  return { group: factsBelow(group) };
}

function factsBelow(group: Group): FactName[] {
  return [...group.facts.values(), ...[...group.groups.values()].flatMap(factsBelow)];
}

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

/** Position of each fact in `FactValues.known`. */
export const FACT_INDEX: Readonly<Record<FactName, number>> = Object.fromEntries(
  FACT_NAMES.map((name, index) => [name, index]),
) as Record<FactName, number>;

/** Facts made ready for conditions, once for a decision. */
export interface FactValues {
  readonly context: Record<string, unknown>;
  /** 1 at the index of each fact that is known. */
  readonly known: Uint8Array;
}

/** Where a fact's value goes in the context. */
const SLOTS = Object.fromEntries(
  FACT_NAMES.map((name) => {
    const parts = name.split(".");
    const groups: { key: string; create: Group["create"] }[] = [];
    let group = ROOT;
    for (const key of parts.slice(0, -1)) {
      group = group.groups.get(key) as Group;
      groups.push({ key, create: group.create });
    }
    return [
      name,
      { groups, key: parts.at(-1) as string, index: FACT_INDEX[name], int: FACTS[name][0] === "int" },
    ] as const;
  }),
);

/** The nested, typed values of facts. A fact of the wrong run-time type is left out: unknown, not wrong. */
export function factValues(facts: Facts): FactValues {
  const context: Record<string, unknown> = {};
  const known = new Uint8Array(FACT_NAMES.length);
  for (const name in facts) {
    const slot = SLOTS[name];
    const fact = facts[name as FactName];
    if (!slot || !fact) continue;
    const value: unknown = fact.value;
    if (slot.int && !Number.isSafeInteger(value)) continue;
    let holder = context;
    for (const { key, create } of slot.groups) {
      let inner = holder[key] as Record<string, unknown> | undefined;
      if (!inner) {
        inner = new create();
        holder[key] = inner;
      }
      holder = inner;
    }
    holder[slot.key] = slot.int ? BigInt(value as number) : value;
    known[slot.index] = 1;
  }
  return { context, known };
}

/** Whether a value is of a fact's type. */
export function hasFactType(name: FactName, value: unknown): boolean {
  switch (FACTS[name][0]) {
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "int":
      return Number.isSafeInteger(value);
    case "double":
      return typeof value === "number" && Number.isFinite(value);
    case "list<string>":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
  }
}
