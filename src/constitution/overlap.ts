import { FACTS, type FactName } from "../core/facts.ts";
import { type ConditionNode, evaluate, subConditions } from "./condition.ts";
import { type FactValues, factValues } from "./fact-values.ts";
import { PILLARS } from "./pillars.ts";
import { supposedFacts } from "./probe.ts";
import type { Rule } from "./rules.ts";

/**
 * Whether conditions can hold, and whether one always holds with another, by trying values. A sub-condition that compares
 * one fact with literals is decided by the values on, between and beyond those literals, which is exact. Any other one
 * (functions, two facts) is taken as a coin that may fall either way: that can miss a contradiction but never invents one.
 */

/** More combinations than this are not tried. */
const MOST = 60_000;

/** Undefined when there are too many combinations to say. */
export function canHold(rule: Rule): boolean | undefined {
  const worlds = worldsOf([rule]);
  if (!worlds) return undefined;
  for (const world of worlds) if (holdsIn(rule, world)) return true;
  return false;
}

/** Whether `other` holds wherever `rule` does, which can hold. Undefined when there are too many combinations to say. */
export function implies(rule: Rule, other: Rule): boolean | undefined {
  if (independent(rule, other)) return false;
  const worlds = worldsOf([rule, other]);
  if (!worlds) return undefined;
  for (const world of worlds) if (holdsIn(rule, world) && !holdsIn(other, world)) return false;
  return true;
}

/**
 * Whether `other` asks for something that `rule` says nothing about and that can be otherwise: then it does not follow from
 * `rule`, which can hold. Most pairs of rules are like that, and need no search.
 */
function independent(rule: Rule, other: Rule): boolean {
  const named = new Set(rule.condition?.facts);
  return (other.condition?.all ?? []).some((part) => {
    const simple = part.op === "not" ? part.part : part;
    const comparison = simple.op === "is" ? simple.comparison : undefined;
    if (!comparison || named.has(comparison.fact)) return false;
    const { fact, literals } = comparison;
    return domain(fact, literals).some((value) => evaluate(part, factValues(supposedFacts([[fact, value]]))) !== true);
  });
}

/** Values of facts, and how the coins fell, by the text of their sub-condition. */
interface World {
  readonly values: FactValues;
  readonly coins: ReadonlyMap<string, boolean>;
}

function holdsIn(rule: Rule, world: World): boolean {
  if (!rule.condition) return true;
  const truth = (node: ConditionNode): boolean => {
    switch (node.op) {
      case "not":
        return !truth(node.part);
      case "and":
        return node.parts.every(truth);
      case "or":
        return node.parts.some(truth);
      case "is":
        return world.coins.get(node.text) ?? evaluate(node, world.values) === true;
    }
  };
  return truth(rule.condition.root);
}

function worldsOf(rules: readonly Rule[]): Iterable<World> | undefined {
  const literals = new Map<FactName, unknown[]>();
  const coins = new Set<string>();
  for (const rule of rules) {
    for (const part of rule.condition ? subConditions(rule.condition.root) : []) {
      const simple = part.comparison;
      if (simple) literals.set(simple.fact, [...(literals.get(simple.fact) ?? []), ...simple.literals]);
      else if (part.facts.length > 0) coins.add(part.text);
    }
  }
  const axes: (readonly (readonly ["fact", FactName, unknown] | readonly ["coin", string, boolean])[])[] = [
    ...[...literals].map(([fact, values]) => domain(fact, values).map((value) => ["fact", fact, value] as const)),
    ...[...coins].map((text) => [["coin", text, true] as const, ["coin", text, false] as const]),
  ];
  const size = axes.reduce((product, axis) => product * axis.length, 1);
  if (size > MOST) return undefined;
  return combinations(axes, size);
}

function* combinations(
  axes: readonly (readonly (readonly ["fact", FactName, unknown] | readonly ["coin", string, boolean])[])[],
  size: number,
): Generator<World> {
  for (let number = 0; number < size; number += 1) {
    let rest = number;
    const facts: [FactName, unknown][] = [];
    const coins = new Map<string, boolean>();
    for (const axis of axes) {
      const choice = axis[rest % axis.length] as (typeof axis)[number];
      rest = Math.floor(rest / axis.length);
      if (choice[0] === "fact") facts.push([choice[1], choice[2]]);
      else coins.set(choice[1], choice[2]);
    }
    yield { values: factValues(supposedFacts(facts)), coins };
  }
}

/** One value of each kind that the literals tell apart. */
function domain(fact: FactName, literals: readonly unknown[]): unknown[] {
  switch (FACTS[fact][0]) {
    case "bool":
      return [true, false];
    case "int":
      return inRange(fact, [...new Set(literals.flatMap((value) => around(Number(value), 1)))]);
    case "double": {
      const sorted = [...new Set(literals.map(Number))].sort((a, b) => a - b);
      const between = sorted.slice(1).map((value, index) => (value + (sorted[index] as number)) / 2);
      return inRange(fact, [(sorted[0] ?? 0) - 1, ...sorted, ...between, (sorted.at(-1) ?? 0) + 1]);
    }
    case "string": {
      const named = [...new Set(literals)];
      const known = KNOWN[fact];
      if (!known) return [...named, "\u{10ffff}something else"];
      // One stands for all that no literal names.
      const other = known.find((value) => !named.includes(value));
      return [...named.filter((value) => known.includes(value as string)), ...(other === undefined ? [] : [other])];
    }
    case "list<string>":
      return [[]];
  }
}

/** Numbers that a fact can be; all others are counts, from 0. */
const RANGES: { readonly [N in FactName]?: readonly [number, number] } = {
  "now.hour": [0, 23],
  "coverage.percent": [0, 100],
  "fix.trust": [0, 1],
};

/** All texts that a fact can be. */
const KNOWN: { readonly [N in FactName]?: readonly string[] } = {
  "now.weekday": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
  "run.trigger": ["person", "ci", "cron", "webhook", "rollout"],
  "run.pillar": PILLARS,
  "product.priority": ["critical", "high", "medium", "low"],
  "release.bump": ["major", "minor", "patch", "prerelease"],
};

/** Those of the values that can be; the range's own ends stand for what was beyond them. */
function inRange(fact: FactName, values: readonly number[]): number[] {
  const [low, high] = RANGES[fact] ?? [0, Number.POSITIVE_INFINITY];
  return [...new Set(values.map((value) => Math.min(high, Math.max(low, value))))];
}

function around(value: number, step: number): number[] {
  return [Math.floor(value) - step, Math.floor(value), Math.ceil(value), Math.ceil(value) + step];
}
