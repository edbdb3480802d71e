import type { ASTNode } from "@marcbachmann/cel-js";
import { FACTS, type FactName, type Facts } from "../core/facts.ts";
import { resolvePath, typeTest } from "./fact-paths.ts";

/** A sub-condition of the plainest kind: one fact against literals. Most conditions consist of nothing else. */
export interface Comparison {
  readonly fact: FactName;
  /** `is`: the fact itself, which is true or false. */
  readonly operator: "is" | "in" | "==" | "!=" | "<" | "<=" | ">" | ">=";
  readonly literals: readonly (string | number | boolean)[];
}

const FLIPPED = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** Recognises a comparison of one fact with literals of its own type; undefined for every other expression. */
export function comparisonOf(ast: ASTNode): Comparison | undefined {
  const own = factOf(ast);
  if (own) return FACTS[own][0] === "bool" ? { fact: own, operator: "is", literals: [] } : undefined;
  if (ast.op === "in") {
    const fact = factOf(ast.args[0]);
    if (!fact || ast.args[1].op !== "list") return undefined;
    const literals = ast.args[1].args.map((item) => literalOf(item, fact));
    return literals.every((value) => value !== undefined) ? { fact, operator: "in", literals } : undefined;
  }
  if (!Object.hasOwn(FLIPPED, ast.op)) return undefined;
  const operator = ast.op as keyof typeof FLIPPED;
  const [left, right] = ast.args as readonly [ASTNode, ASTNode];
  const fact = factOf(left) ?? factOf(right);
  if (!fact) return undefined;
  const flipped = factOf(left) === undefined;
  const literal = literalOf(flipped ? left : right, fact);
  if (literal === undefined) return undefined;
  const ordered = operator !== "==" && operator !== "!=";
  // The order of texts and of truth values is left to the library.
  if (ordered && typeof literal !== "number") return undefined;
  return { fact, operator: flipped ? FLIPPED[operator] : operator, literals: [literal] };
}

/**
 * A comparison as a function of the facts, which saves the way through the library; undefined is unknown. A property test
 * holds it to the library's answers.
 */
export function comparisonTest({ fact, operator, literals }: Comparison): (facts: Facts) => boolean | undefined {
  const isOfType = typeTest(fact);
  const over = (test: (value: never) => boolean) => (facts: Facts) => {
    const value = facts[fact]?.value;
    return isOfType(value) ? test(value as never) : undefined;
  };
  const literal = literals[0] as number;
  switch (operator) {
    case "is":
      return over((value: boolean) => value);
    case "in": {
      const set = new Set<unknown>(literals);
      return over((value) => set.has(value));
    }
    case "==":
      return over((value: number) => value === literal);
    case "!=":
      return over((value: number) => value !== literal);
    case "<":
      return over((value: number) => value < literal);
    case "<=":
      return over((value: number) => value <= literal);
    case ">":
      return over((value: number) => value > literal);
    case ">=":
      return over((value: number) => value >= literal);
  }
}

/** The fact that an expression is, and nothing besides. */
export function factOf(node: ASTNode): FactName | undefined {
  const path: string[] = [];
  let current = node;
  while (current.op === ".") {
    path.unshift(current.args[1]);
    current = current.args[0];
  }
  if (current.op !== "id") return undefined;
  const found = resolvePath([current.args, ...path]);
  return found && "fact" in found && found.used === path.length + 1 ? found.fact : undefined;
}

/** A literal of a fact's type as a plain value: whole numbers for ints, any number for doubles. */
function literalOf(node: ASTNode, fact: FactName): string | number | boolean | undefined {
  const type = FACTS[fact][0];
  if (node.op === "-_") {
    const inner = literalOf(node.args, fact);
    return typeof inner === "number" ? -inner : undefined;
  }
  if (node.op !== "value") return undefined;
  const value = node.args;
  switch (typeof value) {
    case "string":
      return type === "string" ? value : undefined;
    case "boolean":
      return type === "bool" ? value : undefined;
    case "bigint":
      return (type === "int" || type === "double") && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
    case "number":
      return type === "double" ? value : undefined;
    default:
      return undefined;
  }
}
