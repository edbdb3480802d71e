import { FACT_NAMES, FACTS, type FactName, type FactType } from "../core/facts.ts";

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

const TYPE_TESTS: { readonly [T in FactType]: (value: unknown) => boolean } = {
  string: (value) => typeof value === "string",
  bool: (value) => typeof value === "boolean",
  int: (value) => Number.isSafeInteger(value),
  double: (value) => typeof value === "number" && Number.isFinite(value),
  "list<string>": (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
};

/** The test of whether a value is of a fact's type. */
export function typeTest(name: FactName): (value: unknown) => boolean {
  return TYPE_TESTS[FACTS[name][0]];
}

/** Whether a value is of a fact's type. */
export function hasFactType(name: FactName, value: unknown): boolean {
  return typeTest(name)(value);
}
