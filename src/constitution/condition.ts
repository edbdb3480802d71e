import type { ASTNode, TypeError as CelTypeError, ParseError } from "@marcbachmann/cel-js";
import type { FactName, Facts } from "../core/facts.ts";
import { type Comparison, comparisonOf, comparisonTest } from "./comparison.ts";
import { type ConditionError, summaryOf, syntaxError, typeError, typeWord } from "./condition-errors.ts";
import { referencesIn } from "./condition-facts.ts";
import { expressionText } from "./expression-text.ts";
import { celContext, environment, type FactValues, isKnown } from "./fact-values.ts";
import { type OwnProgram, ownProgram } from "./own-program.ts";

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
  /** What it compares, where it only compares a fact with literals. */
  readonly comparison: Comparison | undefined;
  /** The whole of it then. */
  readonly quick: ((facts: Facts) => Truth) | undefined;
  /** Our own program for it, where there is one; it answers, or leaves it to the library. Made when it is asked for. */
  readonly own: () => OwnProgram | undefined;
  /** The library's program for it, made when it is first run. */
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
  const checked = parsed.check();
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
  const answer = part.own()?.(values.facts);
  if (answer !== undefined) return answer;
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
  if (node.op === "not") {
    const text = nodeText(node.part);
    return node.part.op === "is" && /^[\w.]+(?:\([^()]*\))?$/.test(text) ? `!${text}` : `!(${text})`;
  }
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
  const comparison = comparisonOf(ast);
  return {
    op: "is",
    text: own.replaceAll(/\s+/g, " "),
    ast,
    start,
    end,
    facts,
    comparison,
    quick: comparison && comparisonTest(comparison),
    own: lazy(() => ownProgram(ast)),
    run: libraryProgram(ast),
  };
}

/**
 * A program of its own: the sub-condition is run without the rest of the condition. Written anew from its tree, since
 * parentheses, comments and raw strings make a slice of the text ambiguous.
 */
function libraryProgram(ast: ASTNode): SubCondition["run"] {
  const program = lazy(() => deeper().parse(expressionText(ast)));
  return (context) => program()(context);
}

/** What is written anew has more parentheses than what a person wrote, and they count as depth. */
const deeper = lazy(() => environment.clone({ limits: { maxDepth: 1_000 } }));

/** Most of a constitution's programs are not run by most commands. */
function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
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
