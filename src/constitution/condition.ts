import { type ASTNode, type TypeError as CelTypeError, type ParseError, serialize } from "@marcbachmann/cel-js";
import { FACT_NAMES, FACTS, type FactName, type Facts } from "../core/facts.ts";
import { didYouMean } from "../core/suggest.ts";
import { comparisonOf, comparisonTest } from "./comparison.ts";
import { resolvePath } from "./fact-paths.ts";
import { celContext, environment, type FactValues, isKnown } from "./fact-values.ts";

/**
 * A condition is a tree of `&&`, `||` and `!` over sub-conditions, each a CEL expression of its own. The tree is kept so
 * that an unknown fact has one plain meaning (a sub-condition which names it is unknown; `false && unknown` is false,
 * `true || unknown` is true, as in CEL and in Kleene's logic) and so that `explain` can show each part's value.
 *
 * It follows that learning a further fact can settle an unknown condition but never turns true into false or back.
 */
export type ConditionNode =
  | { readonly op: "and" | "or"; readonly parts: readonly ConditionNode[] }
  | { readonly op: "not"; readonly part: ConditionNode }
  | SubCondition;

export interface SubCondition {
  readonly op: "is";
  /** As it stands in the constitution. */
  readonly text: string;
  readonly ast: ASTNode;
  /** Offsets in the whole condition's text. */
  readonly start: number;
  readonly end: number;
  readonly facts: readonly FactName[];
  /** The whole of it, where it only compares a fact with literals. */
  readonly quick: ((facts: Facts) => Truth) | undefined;
  /** The library's program for it. */
  readonly run: (context: Record<string, unknown>) => unknown;
}

export interface Condition {
  readonly text: string;
  readonly root: ConditionNode;
  readonly facts: readonly FactName[];
  /** The conjuncts at the top: the condition holds when all of them do. */
  readonly all: readonly ConditionNode[];
}

/** Undefined is unknown: a fact is missing, or the expression failed (an index out of range, an overflow). */
export type Truth = boolean | undefined;

/** What is wrong with a condition, and which part of its text. Offsets count UTF-16 units from 0; `end` is exclusive. */
export interface ConditionError {
  readonly code: "condition_syntax" | "condition_type" | "unknown_fact";
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly next?: string;
}

/** Parses and type-checks a condition; all unknown facts are reported together, else the first type error. */
export function compileCondition(text: string): { condition: Condition } | { errors: readonly ConditionError[] } {
  let parsed: ReturnType<typeof environment.parse>;
  try {
    parsed = environment.parse(text);
  } catch (error) {
    return { errors: [syntaxError(error as ParseError, text)] };
  }
  const references = referencesIn(parsed.ast);
  if (references.errors.length > 0) return { errors: references.errors };
  const root = split(parsed.ast, text);
  const checked = environment.check(text);
  if (!checked.valid) return { errors: [typeError(checked.error as CelTypeError, text)] };
  if (checked.type !== "bool") {
    return {
      errors: [
        {
          code: "condition_type",
          message: `a condition is true or false; this is ${typeWord(checked.type ?? "something else")}`,
          start: parsed.ast.start,
          end: Math.max(parsed.ast.end, parsed.ast.start + 1),
        },
      ],
    };
  }
  return { condition: { text, root, facts: references.facts, all: root.op === "and" ? root.parts : [root] } };
}

/** The value of a condition, evaluated from left to right no further than needed. */
export function evaluate(node: ConditionNode, values: FactValues): Truth {
  switch (node.op) {
    case "is":
      return evaluatePart(node, values);
    case "not": {
      const value = evaluate(node.part, values);
      return value === undefined ? undefined : !value;
    }
    case "and": {
      let result: Truth = true;
      for (const part of node.parts) {
        const value = evaluate(part, values);
        if (value === false) return false;
        if (value === undefined) result = undefined;
      }
      return result;
    }
    case "or": {
      let result: Truth = false;
      for (const part of node.parts) {
        const value = evaluate(part, values);
        if (value === true) return true;
        if (value === undefined) result = undefined;
      }
      return result;
    }
  }
}

function evaluatePart(part: SubCondition, values: FactValues): Truth {
  if (part.quick) return part.quick(values.facts);
  for (const name of part.facts) if (!isKnown(values, name)) return undefined;
  try {
    return part.run(celContext(values)) === true;
  } catch {
    // Unknown is the answer to an expression that fails; `evaluationError` says why when a person asks.
    return undefined;
  }
}

/** Why a sub-condition is unknown although its facts are known: the library's sentence. */
export function evaluationError(part: SubCondition, values: FactValues): string | undefined {
  if (!part.facts.every((name) => isKnown(values, name))) return undefined;
  try {
    part.run(celContext(values));
    return undefined;
  } catch (error) {
    return summaryOf(error);
  }
}

/** The sub-conditions of a tree, in the order of the text. */
export function subConditions(node: ConditionNode): SubCondition[] {
  if (node.op === "is") return [node];
  return node.op === "not" ? subConditions(node.part) : node.parts.flatMap(subConditions);
}

/** A node as text. */
export function nodeText(node: ConditionNode): string {
  if (node.op === "is") return node.text;
  if (node.op === "not") return node.part.op === "is" ? `!${node.part.text}` : `!(${nodeText(node.part)})`;
  const parts = node.parts.map((part) =>
    part.op === "and" || part.op === "or" ? `(${nodeText(part)})` : nodeText(part),
  );
  return parts.join(node.op === "and" ? " && " : " || ");
}

function split(ast: ASTNode, text: string): ConditionNode {
  if (ast.op === "&&" || ast.op === "||") {
    const op = ast.op === "&&" ? "and" : "or";
    const parts = ast.args.flatMap((operand) => {
      const node = split(operand, text);
      return node.op === op ? node.parts : [node];
    });
    return { op, parts };
  }
  if (ast.op === "!_") return { op: "not", part: split(ast.args, text) };
  const { start, end } = balanced(text, ast.start, ast.end);
  const own = text.slice(start, end);
  const facts = referencesIn(ast).facts;
  // A program of its own: the sub-condition is run without the rest of the condition. Written anew from its tree, since
  // parentheses and raw strings make a slice of the text ambiguous; doubles are the one thing the library writes with
  // fewer digits than it read, so a slice that parses to the same tree is preferred.
  const comparison = comparisonOf(ast);
  const program = environment.parse(sameTree(own, ast) ? own : serialize(ast));
  return {
    op: "is",
    text: own.replaceAll(/\s+/g, " "),
    ast,
    start,
    end,
    facts,
    quick: comparison && comparisonTest(comparison),
    run: (context) => program(context),
  };
}

function sameTree(text: string, ast: ASTNode): boolean {
  const parsed = environment.check(text).valid ? environment.parse(text).ast : undefined;
  const plain = (node: ASTNode) =>
    JSON.stringify(node.toOldStructure(), (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  return parsed !== undefined && plain(parsed) === plain(ast);
}

/**
 * The library's ranges leave out parentheses around a node's first and last operand, so that `(a + b) * 2` begins after
 * its parenthesis; such a range is widened until its parentheses pair up.
 */
function balanced(text: string, start: number, end: number): { start: number; end: number } {
  for (;;) {
    const { opens, closes } = unpaired(text.slice(start, end));
    if (opens === 0 && closes === 0) return { start, end };
    if (closes > 0) start = text.lastIndexOf("(", start - 1);
    else end = text.indexOf(")", end) + 1;
    if (start < 0 || end === 0) return { start: 0, end: text.length };
  }
}

function unpaired(text: string): { opens: number; closes: number } {
  let opens = 0;
  let closes = 0;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const char = text[index] as string;
    if (quote) {
      if (char === "\\") index++;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "(") opens++;
    else if (char === ")") {
      if (opens > 0) opens--;
      else closes++;
    }
  }
  return { opens, closes };
}

interface References {
  readonly facts: FactName[];
  readonly errors: ConditionError[];
}

const BINDING_MACROS = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** The facts an expression names, and what it names wrongly. A macro's variable hides a fact group of that name. */
function referencesIn(ast: ASTNode): References {
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

/** CEL spellings that people who write other languages try first. */
const HABITS: readonly [RegExp, string][] = [
  [/^and\b/i, "write && for and"],
  [/^or\b/i, "write || for or"],
  [/^not\b/i, "write ! for not"],
  [/^=(?!=)/, "write == to compare"],
  [/^&(?!&)/, "write && for and"],
  [/^\|(?!\|)/, "write || for or"],
];

function syntaxError(error: ParseError, text: string): ConditionError {
  const { start, end } = rangeOf(error, text);
  const rest = text.slice(start).trimStart();
  const habit = HABITS.find(([pattern]) => pattern.test(rest))?.[1];
  const summary = summaryOf(error);
  const message = /EOF/.test(summary) ? "the condition ends too early" : `not a CEL expression: ${lowerFirst(summary)}`;
  return { code: "condition_syntax", message, start, end, ...(habit ? { next: habit } : {}) };
}

function typeError(error: CelTypeError, text: string): ConditionError {
  const { start, end } = rangeOf(error, text);
  const summary = summaryOf(error);
  const overload = /^no such overload: (\S+) (\S+) (\S+)$/.exec(summary);
  const call = /^found no matching overload for '(?:([^.(]+)\.)?(\w+)\((.*)\)'$/.exec(summary);
  if (overload) {
    const [, left, operator, right] = overload as unknown as [string, string, string, string];
    return {
      code: "condition_type",
      message: `${typeWord(left)} ${operator} ${typeWord(right)} cannot be compared or computed`,
      start,
      end,
    };
  }
  if (call) {
    const [, receiver, name, args] = call;
    const meant = didYouMean(name as string, FUNCTIONS);
    return {
      code: "condition_type",
      message: receiver
        ? `${typeWord(receiver)} has no function ${name}(${args})${meant ? `; did you mean ${meant}?` : ""}`
        : `there is no function ${name}(${args})${meant ? `; did you mean ${meant}?` : ""}`,
      start,
      end,
    };
  }
  return { code: "condition_type", message: lowerFirst(summary), start, end };
}

const FUNCTIONS = [...new Set([...environment.getDefinitions().functions.map(({ name }) => name), ...BINDING_MACROS])];

function rangeOf(error: ParseError | CelTypeError, text: string): { start: number; end: number } {
  const start = Math.min(error.range?.start ?? 0, Math.max(0, text.length - 1));
  return { start, end: Math.min(text.length, Math.max(error.range?.end ?? text.length, start + 1)) };
}

function summaryOf(error: unknown): string {
  if (error instanceof Error) return "summary" in error ? String(error.summary) : error.message;
  return String(error);
}

function typeWord(type: string): string {
  const words: Record<string, string> = {
    string: "a text",
    int: "a whole number",
    double: "a number",
    bool: "true or false",
    null: "null",
    timestamp: "a point in time",
    duration: "a duration",
  };
  if (type.startsWith("list")) return "a list";
  if (type.startsWith("map")) return "a map";
  return words[type] ?? type;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The CEL type of a fact, for documentation and for reading test facts. */
export function factType(name: FactName): string {
  return FACTS[name][0];
}
