import { FACT_NAMES, FACTS, type FactName } from "../core/facts.ts";

/**
 * Facts as CEL names them: dotted names become nested groups (`target.branch.protected` is the field `protected` of the
 * field `branch` of the variable `target`), each group a type of its own.
 */
export interface Group {
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

export const ROOT: Group = newGroup("facts");
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
