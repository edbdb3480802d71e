import type { ASTNode } from "@marcbachmann/cel-js";
import { FACT_NAMES, FACTS, type FactName } from "../core/facts.ts";
import { didYouMean } from "../core/suggest.ts";
import { BINDING_MACROS, type ConditionError, typeWord } from "./condition-errors.ts";
import { resolvePath } from "./fact-paths.ts";

export interface References {
  readonly facts: FactName[];
  readonly errors: ConditionError[];
}

/** The facts an expression names, and what it names wrongly. A macro's variable hides a fact group of that name. */
export function referencesIn(ast: ASTNode): References {
  const facts = new Set<FactName>();
  const errors: ConditionError[] = [];
  const visit = (node: ASTNode, bound: ReadonlySet<string>): void => {
    const path = pathOf(node);
    if (path) {
      const root = path[0] as string;
      if (bound.has(root)) return;
      const found = resolvePath(path);
      if (found && "fact" in found && found.used === path.length) {
        facts.add(found.fact);
        return;
      }
      if (found && "fact" in found && node.op === ".") {
        const meant = didYouMean(path.join("."), FACT_NAMES);
        errors.push(meant ? unknownFact(node, path, meant) : notAGroup(node, path, found));
        return;
      }
      errors.push(unknownFact(node, path, undefined, found && "group" in found ? found.group : undefined));
      return;
    }
    switch (node.op) {
      case "value":
        return;
      case "id":
        return;
      case "call": {
        const [name, args] = node.args;
        if (name === "has") {
          errors.push({
            code: "condition_type",
            message: "has() cannot be asked: what is unknown makes a deny match and an allow not match",
            start: node.start,
            end: node.end,
            next: "name the fact itself; a missing fact is dealt with by the rule's effect",
          });
          return;
        }
        for (const arg of args) visit(arg, bound);
        return;
      }
      case "rcall": {
        const [name, receiver, args] = node.args;
        visit(receiver, bound);
        const variable = args[0];
        if (BINDING_MACROS.has(name) && variable?.op === "id") {
          const inner = new Set([...bound, variable.args]);
          for (const arg of args.slice(1)) visit(arg, inner);
        } else {
          for (const arg of args) visit(arg, bound);
        }
        return;
      }
      case ".":
      case ".?":
        visit(node.args[0], bound);
        return;
      case "!_":
      case "-_":
        visit(node.args, bound);
        return;
      case "list":
        for (const item of node.args) visit(item, bound);
        return;
      case "map":
        for (const [key, value] of node.args) {
          visit(key, bound);
          visit(value, bound);
        }
        return;
      default:
        for (const operand of node.args) visit(operand, bound);
    }
  };
  visit(ast, new Set());
  return { facts: [...facts], errors };
}

/** Type names that may stand bare, as in `type(x) == int`. */
const BARE = new Set(["int", "uint", "double", "string", "bool", "bytes", "list", "map", "type", "null_type", "cel"]);

function pathOf(node: ASTNode): string[] | undefined {
  if (node.op === "id") return BARE.has(node.args) ? undefined : [node.args];
  if (node.op !== ".") return undefined;
  const left = pathOf(node.args[0]);
  return left ? [...left, node.args[1]] : undefined;
}

function unknownFact(
  node: ASTNode,
  path: readonly string[],
  meant?: string,
  group?: readonly string[],
): ConditionError {
  const name = path.join(".");
  const range = { start: node.start, end: node.end };
  if (group) {
    return {
      code: "unknown_fact",
      message: `${name} is a group of facts, not a fact`,
      next: `known below it: ${group.join(", ")}`,
      ...range,
    };
  }
  const suggestion = meant ?? didYouMean(name, FACT_NAMES);
  const siblings = FACT_NAMES.filter((fact) => fact.startsWith(`${path[0]}.`));
  return {
    code: "unknown_fact",
    message: `unknown fact ${name}${suggestion ? `; did you mean ${suggestion}?` : ""}`,
    ...(suggestion
      ? {}
      : { next: siblings.length > 0 ? `known: ${siblings.join(", ")}` : `known groups: ${rootNames().join(", ")}` }),
    ...range,
  };
}

function notAGroup(node: ASTNode, path: readonly string[], found: { fact: FactName; used: number }): ConditionError {
  return {
    code: "unknown_fact",
    message: `${found.fact} is ${typeWord(FACTS[found.fact][0])} and has no part ${path[found.used]}`,
    start: node.start,
    end: node.end,
  };
}

function rootNames(): string[] {
  return [...new Set(FACT_NAMES.map((name) => name.split(".")[0] as string))];
}
