import type { ASTNode } from "@marcbachmann/cel-js";
import { FACTS, type FactName, type Facts } from "../core/facts.ts";
import { factOf } from "./comparison.ts";

/**
 * What most sub-conditions consist of (facts, literals, comparisons, arithmetic, texts, lists, `all` and `exists`) as a
 * function of our own, several times as fast as the library's interpreter. It only ever answers what the library would:
 * wherever something special happens (an overflow, an index out of range, an invalid pattern) it does not answer and
 * leaves the expression to the library. A property test holds the two together.
 */
export type OwnProgram = (facts: Facts) => boolean | undefined;

type Value = string | number | boolean | readonly string[];
/** `bound` holds the values of the macros' variables. Undefined leaves the whole expression to the library. */
type Run<T extends Value = Value> = (facts: Facts, bound: Value[]) => T | undefined;
type Kind = "bool" | "int" | "double" | "string" | "list<string>";
type Typed = { readonly kind: Kind; readonly run: Run };
/** The variables of macros, each with its place in `bound`; all hold texts, since only lists of texts are gone through. */
type Scope = ReadonlyMap<string, number>;

/**
 * The program of a sub-condition that passed the library's type check; undefined for what only the library can do. All
 * facts that the expression names have to be known, and of their type, before it is called.
 */
export function ownProgram(ast: ASTNode): OwnProgram | undefined {
  const whole = translate(ast, new Map());
  if (whole?.kind !== "bool") return undefined;
  const run = whole.run as Run<boolean>;
  return (facts) => run(facts, []);
}

function translate(ast: ASTNode, scope: Scope): Typed | undefined {
  switch (ast.op) {
    case "value":
      return literal(ast.args);
    case "id": {
      const place = scope.get(ast.args);
      return place === undefined
        ? undefined
        : { kind: "string", run: (_facts, bound) => bound[place] as string | undefined };
    }
    case ".":
      return fact(ast, scope);
    case "!_": {
      const inner = of("bool", ast.args, scope);
      return inner && bool((facts, bound) => not(inner(facts, bound)));
    }
    case "-_":
      return negated(translate(ast.args, scope));
    case "&&":
    case "||":
      return junction(ast.op, ast.args, scope);
    case "?:":
      return choice(ast.args, scope);
    case "in":
      return membership(ast.args, scope);
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compared(ast.op, ast.args, scope);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return calculated(ast.op, ast.args, scope);
    case "[]":
      return element(ast.args, scope);
    case "call": {
      const [name, args] = ast.args;
      return name === "size" && args.length === 1 ? size(translate(args[0] as ASTNode, scope)) : undefined;
    }
    case "rcall":
      return method(ast.args, scope);
    default:
      return undefined;
  }
}

const bool = (run: Run<boolean>): Typed => ({ kind: "bool", run });
const not = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value);

/** The program of an expression of one kind. */
function of<K extends Kind>(kind: K, ast: ASTNode, scope: Scope): Run<KindValue[K]> | undefined {
  const typed = translate(ast, scope);
  return typed?.kind === kind ? (typed.run as Run<KindValue[K]>) : undefined;
}

interface KindValue {
  bool: boolean;
  int: number;
  double: number;
  string: string;
  "list<string>": readonly string[];
}

function literal(value: unknown): Typed | undefined {
  switch (typeof value) {
    case "string":
      return { kind: "string", run: () => value };
    case "boolean":
      return { kind: "bool", run: () => value };
    case "number":
      return { kind: "double", run: () => value };
    case "bigint": {
      const plain = Number(value);
      return Number.isSafeInteger(plain) ? { kind: "int", run: () => plain } : undefined;
    }
    default:
      return undefined;
  }
}

function fact(ast: ASTNode, scope: Scope): Typed | undefined {
  let root = ast;
  while (root.op === ".") root = root.args[0];
  // A macro's variable hides the group of facts of that name.
  if (root.op !== "id" || scope.has(root.args)) return undefined;
  const name: FactName | undefined = factOf(ast);
  if (!name) return undefined;
  return { kind: FACTS[name][0], run: (facts) => facts[name]?.value as Value | undefined };
}

function negated(inner: Typed | undefined): Typed | undefined {
  if (inner?.kind !== "int" && inner?.kind !== "double") return undefined;
  const run = inner.run as Run<number>;
  return {
    kind: inner.kind,
    run: (facts, bound) => {
      const value = run(facts, bound);
      return value === undefined ? undefined : -value;
    },
  };
}

/** Left to right. That an error on the left can be outweighed by the right side is left to the library. */
function junction(op: "&&" | "||", [a, b]: readonly [ASTNode, ASTNode], scope: Scope): Typed | undefined {
  const left = of("bool", a, scope);
  const right = of("bool", b, scope);
  if (!left || !right) return undefined;
  const decided = op === "||";
  return bool((facts, bound) => {
    const first = left(facts, bound);
    return first === undefined || first === decided ? first : right(facts, bound);
  });
}

function choice([a, b, c]: readonly [ASTNode, ASTNode, ASTNode], scope: Scope): Typed | undefined {
  const test = of("bool", a, scope);
  const yes = translate(b, scope);
  const no = translate(c, scope);
  if (!test || !yes || yes.kind !== no?.kind) return undefined;
  return {
    kind: yes.kind,
    run: (facts, bound) => {
      const chosen = test(facts, bound);
      return chosen === undefined ? undefined : (chosen ? yes : no).run(facts, bound);
    },
  };
}

function membership([item, list]: readonly [ASTNode, ASTNode], scope: Scope): Typed | undefined {
  const wanted = translate(item, scope);
  if (!wanted || wanted.kind === "double" || wanted.kind === "list<string>") return undefined;
  if (list.op === "list") {
    const items = list.args.map((one) => of(wanted.kind, one, scope));
    if (items.some((run) => run === undefined)) return undefined;
    return bool((facts, bound) => {
      const value = wanted.run(facts, bound);
      if (value === undefined) return undefined;
      let found = false;
      for (const run of items as Run[]) {
        const one = run(facts, bound);
        // Each item is computed: one that fails makes the whole fail.
        if (one === undefined) return undefined;
        if (one === value) found = true;
      }
      return found;
    });
  }
  const values = of("list<string>", list, scope);
  if (wanted.kind !== "string" || !values) return undefined;
  return bool((facts, bound) => {
    const value = wanted.run(facts, bound) as string | undefined;
    const all = values(facts, bound);
    return value === undefined || all === undefined ? undefined : all.includes(value);
  });
}

const COMPARE: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function compared(op: string, [a, b]: readonly [ASTNode, ASTNode], scope: Scope): Typed | undefined {
  const left = translate(a, scope);
  const right = translate(b, scope);
  if (!left || left.kind !== right?.kind || left.kind === "list<string>") return undefined;
  return pair(left.run, right.run, "bool", COMPARE[op] as (a: Value, b: Value) => boolean);
}

/** A function of two values, both of which are computed. */
function pair<T extends Value>(left: Run, right: Run, kind: Kind, combine: (a: T, b: T) => Value | undefined): Typed {
  return {
    kind,
    run: (facts, bound) => {
      const first = left(facts, bound) as T | undefined;
      const second = right(facts, bound) as T | undefined;
      return first === undefined || second === undefined ? undefined : combine(first, second);
    },
  };
}

/** An exact whole number, or nothing: the library computes with 64 bits and knows what an overflow is. */
const whole = (value: number): number | undefined => (Number.isSafeInteger(value) ? value : undefined);

const WHOLE: Readonly<Record<string, (a: number, b: number) => number | undefined>> = {
  "+": (a, b) => whole(a + b),
  "-": (a, b) => whole(a - b),
  "*": (a, b) => whole(a * b),
  "/": (a, b) => (b === 0 ? undefined : whole(Math.trunc(a / b))),
  "%": (a, b) => (b === 0 ? undefined : whole(a % b)),
};

const BROKEN: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
};

function calculated(op: string, [a, b]: readonly [ASTNode, ASTNode], scope: Scope): Typed | undefined {
  const left = translate(a, scope);
  const right = translate(b, scope);
  if (!left || left.kind !== right?.kind) return undefined;
  if (left.kind === "string" && op === "+") {
    return pair<string>(left.run, right.run, "string", (first, second) => first + second);
  }
  const compute = left.kind === "int" ? WHOLE[op] : left.kind === "double" ? BROKEN[op] : undefined;
  return compute && pair<number>(left.run, right.run, left.kind, compute);
}

function element([list, index]: readonly [ASTNode, ASTNode], scope: Scope): Typed | undefined {
  const values = of("list<string>", list, scope);
  const at = of("int", index, scope);
  if (!values || !at) return undefined;
  return {
    kind: "string",
    run: (facts, bound) => {
      const place = at(facts, bound);
      return place === undefined ? undefined : values(facts, bound)?.[place];
    },
  };
}

function size(inner: Typed | undefined): Typed | undefined {
  if (inner?.kind !== "string" && inner?.kind !== "list<string>") return undefined;
  const run = inner.run as Run<string | readonly string[]>;
  return {
    kind: "int",
    run: (facts, bound) => {
      const value = run(facts, bound);
      // Of a text the characters count, not the halves of those that JavaScript keeps in two.
      return typeof value === "string" ? [...value].length : value?.length;
    },
  };
}

const TEXT_TESTS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
};

function method(
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  scope: Scope,
): Typed | undefined {
  const [first, second] = args;
  if (!first) return name === "size" ? size(translate(receiver, scope)) : undefined;
  if (second) return name === "all" || name === "exists" ? quantified(name, receiver, first, second, scope) : undefined;
  const text = of("string", receiver, scope);
  if (!text) return undefined;
  if (name === "matches") return matching(text, first);
  const part = of("string", first, scope);
  const test = Object.hasOwn(TEXT_TESTS, name) ? TEXT_TESTS[name] : undefined;
  return part && test && pair<string>(text, part, "bool", test);
}

function matching(text: Run<string>, pattern: ASTNode): Typed | undefined {
  const source = literal(pattern.op === "value" ? pattern.args : undefined)?.run({}, []);
  if (typeof source !== "string") return undefined;
  let expression: RegExp;
  try {
    expression = new RegExp(source);
  } catch {
    // The library says what is wrong with it.
    return undefined;
  }
  return bool((facts, bound) => {
    const value = text(facts, bound);
    return value === undefined ? undefined : expression.test(value);
  });
}

function quantified(
  name: "all" | "exists",
  receiver: ASTNode,
  variable: ASTNode,
  predicate: ASTNode,
  scope: Scope,
): Typed | undefined {
  if (variable.op !== "id") return undefined;
  const place = scope.size;
  const values = of("list<string>", receiver, scope);
  const test = scope.has(variable.args)
    ? undefined
    : of("bool", predicate, new Map([...scope, [variable.args, place]]));
  if (!values || !test) return undefined;
  const decided = name === "exists";
  return bool((facts, bound) => {
    const items = values(facts, bound);
    if (items === undefined) return undefined;
    for (const item of items) {
      bound[place] = item;
      const holds = test(facts, bound);
      if (holds === undefined || holds === decided) return holds;
    }
    return !decided;
  });
}
