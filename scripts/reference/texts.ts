import { posix } from "node:path";
import type { CallSite, Program } from "./program.ts";
import {
  bare,
  child,
  children,
  isFunction,
  nameOf,
  parameter,
  property,
  type SourceFile,
  type SyntaxNode,
  sourceOf,
} from "./syntax.ts";

/** From where an expression is looked at. */
export interface View {
  /** The call that each function is looked at from: its parameters have that call's values. */
  readonly calls: ReadonlyMap<SyntaxNode, CallSite>;
  /** Conditions that are taken as true or false, by their source text. */
  readonly choices: ReadonlyMap<string, boolean>;
  /** The object that a name stands for, where a table is gone through. */
  readonly record?: { readonly name: string; readonly object: SyntaxNode };
}

/** The expression depends on a parameter of a function whose call is not known yet. */
export class NeedsCall extends Error {
  readonly file: SourceFile;
  readonly fn: SyntaxNode;
  constructor(file: SourceFile, fn: SyntaxNode) {
    super("a parameter's value depends on the call");
    this.file = file;
    this.fn = fn;
  }
}

/** An expression in its file. */
export interface Place {
  readonly file: SourceFile;
  readonly node: SyntaxNode;
}

/**
 * The texts that an expression can have, exactly: undefined when one of its parts cannot be told. Throws NeedsCall
 * where it depends on a parameter whose function's call is not in the view.
 */
export function exactTexts(program: Program, { file, node: given }: Place, view: View): readonly string[] | undefined {
  const node = bare(given);
  const at = (inner: SyntaxNode) => exactTexts(program, { file, node: inner }, view);
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? [node.value] : undefined;
    case "TemplateLiteral": {
      let texts: readonly string[] = [cooked(node, 0)];
      for (const [index, expression] of children(node, "expressions").entries()) {
        const parts = at(expression);
        if (!parts) return undefined;
        texts = texts.flatMap((text) => parts.map((part) => text + part + cooked(node, index + 1)));
      }
      return texts;
    }
    case "ConditionalExpression":
    case "LogicalExpression": {
      const all = branches(file, node, view).map(at);
      return all.every((one) => one !== undefined) ? [...new Set(all.flat())] : undefined;
    }
    case "Identifier":
    case "MemberExpression": {
      const target = followed(program, { file, node }, view);
      if (target === "absent") return undefined;
      if (target) return exactTexts(program, target, view);
      const narrowed = comparedWith(file, node);
      if (narrowed.length > 0) return narrowed;
      return node.type === "Identifier"
        ? annotated(declarationOf(file, node))
        : propertyTexts(program, { file, node }, view);
    }
    default:
      return undefined;
  }
}

/** A text as a reader meets it, with `{name}` for what is filled in; several where a condition chooses. */
export function shownTexts(program: Program, { file, node: given }: Place, view: View): readonly string[] {
  const node = bare(given);
  const at = (inner: SyntaxNode) => shownTexts(program, { file, node: inner }, view);
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? [node.value] : [];
    case "TemplateLiteral": {
      const parts = children(node, "expressions").map((part) => fixedText(program, { file, node: part }, view));
      return [cooked(node, 0) + parts.map((part, index) => part + cooked(node, index + 1)).join("")];
    }
    case "ConditionalExpression":
    case "LogicalExpression":
      return branches(file, node, view).flatMap(at);
  }
  const target = followed(program, { file, node }, view);
  if (target === "absent" || nameOf(node) === "undefined") return [];
  if (target) return shownTexts(program, target, view);
  return [hole(node)];
}

/** What stands in a template's place: a constant's own text, else `{name}`. */
function fixedText(program: Program, place: Place, view: View): string {
  const node = bare(place.node);
  if (node.type === "Identifier" || node.type === "MemberExpression") {
    const target = constantValue(program, place.file, node, view);
    const value = target && bare(target.node);
    if (typeof value?.value === "string" || typeof value?.value === "number") return String(value.value);
    if (target && value?.type === "TemplateLiteral") return shownTexts(program, target, view).join("");
  }
  return hole(node);
}

/** A constant that is written as one literal: a limit, a name. */
function constantValue(program: Program, file: SourceFile, node: SyntaxNode, view: View): Place | undefined {
  if (node.type === "MemberExpression") return ofRecord(file, node, view);
  const declaration = declarationOf(file, node);
  if (declaration?.type === "VariableDeclarator") {
    const value = child(declaration, "init");
    return value && { file, node: value };
  }
  return declaration ? undefined : program.constant(file, nameOf(node) ?? "");
}

/** Both sides of a condition, or the one that the view has chosen. */
function branches(file: SourceFile, node: SyntaxNode, view: View): readonly SyntaxNode[] {
  const sides = (...keys: string[]) => keys.map((key) => child(node, key)).filter((one) => one !== undefined);
  if (node.type === "LogicalExpression") return sides("left", "right");
  const test = child(node, "test");
  const chosen = test && view.choices.get(sourceOf(file, test));
  if (chosen === undefined) return sides("consequent", "alternate");
  return chosen ? sides("consequent") : sides("alternate");
}

/** The source of the condition that an expression is decided by; undefined when it is decided by none. */
export function decidingTest(program: Program, { file, node: given }: Place, view: View): string | undefined {
  const node = bare(given);
  if (node.type === "ConditionalExpression") {
    const test = child(node, "test");
    return test && sourceOf(file, test);
  }
  const target = node.type === "Identifier" ? followed(program, { file, node }, view) : undefined;
  return target && target !== "absent" ? decidingTest(program, target, view) : undefined;
}

function cooked(template: SyntaxNode, index: number): string {
  const value = children(template, "quasis")[index]?.value as { cooked?: string } | undefined;
  return value?.cooked ?? "";
}

/** `{name}` of what is filled in: the last name of the expression, or that of a call's subject. */
function hole(expression: SyntaxNode): string {
  let node: SyntaxNode | undefined = expression;
  while (node) {
    node = bare(node);
    if (node.type === "Identifier") {
      const name = String(node.name);
      return `{${/[a-z]/.test(name) ? name : name.toLowerCase()}}`;
    }
    if (node.type === "MemberExpression") {
      node = child(node, node.computed ? "object" : "property");
    } else if (node.type === "CallExpression") {
      const callee: SyntaxNode | undefined = child(node, "callee");
      const subject: SyntaxNode | undefined = callee && child(callee, "object");
      const isGlobal = /^[A-Z]/.test(nameOf(subject) ?? "");
      node = subject && !isGlobal ? subject : children(node, "arguments")[0];
    } else if (node.type === "LogicalExpression" || node.type === "BinaryExpression") node = child(node, "left");
    else break;
  }
  return "{…}";
}

/**
 * The expression that a name stands for: a constant's value, the argument of the call in view, or the property of the
 * record in view. "absent" when the call gives no such argument.
 */
function followed(program: Program, { file, node }: Place, view: View): Place | "absent" | undefined {
  if (node.type === "MemberExpression") return ofRecord(file, node, view);
  const name = nameOf(node);
  if (node.type !== "Identifier" || name === undefined) return undefined;
  const declaration = declarationOf(file, node);
  if (!declaration) return program.constant(file, name);
  if (declaration.type === "VariableDeclarator") {
    const value = child(declaration, "init");
    return value && { file, node: value };
  }
  const fn = declaration.parent as SyntaxNode;
  const { fallback } = parameter(declaration);
  const site = view.calls.get(fn);
  if (!site) {
    if (program.callsOf(file, fn).length > 0) throw new NeedsCall(file, fn);
    return fallback && { file, node: fallback };
  }
  const argument = children(site.call, "arguments")[children(fn, "params").indexOf(declaration)];
  if (argument) return { file: site.file, node: argument };
  return fallback ? { file, node: fallback } : "absent";
}

function ofRecord(file: SourceFile, member: SyntaxNode, { record }: View): Place | undefined {
  if (!record || nameOf(child(member, "object")) !== record.name) return undefined;
  const value = property(record.object, nameOf(child(member, "property")) ?? "");
  return value && { file, node: value };
}

const SCOPES = /^(BlockStatement|Program|SwitchCase|ForOfStatement)$/;

/** The parameter or the constant that an identifier names, looked for from the inside out. */
function declarationOf(file: SourceFile, identifier: SyntaxNode): SyntaxNode | undefined {
  const name = nameOf(identifier);
  for (let scope = identifier.parent; scope; scope = scope.parent) {
    if (isFunction(scope)) {
      const taken = children(scope, "params").find((one) => parameter(one).name === name);
      if (taken) return taken;
    }
    if (!SCOPES.test(scope.type)) continue;
    const constant = file.declarators.get(name ?? "")?.find((one) => blockOf(one) === scope);
    if (constant) return constant;
  }
  return undefined;
}

function blockOf(node: SyntaxNode): SyntaxNode | undefined {
  let scope = node.parent;
  while (scope && !SCOPES.test(scope.type)) scope = scope.parent;
  return scope;
}

/** The texts that a declaration's type allows, where it lists them. */
function annotated(declaration: SyntaxNode | undefined): readonly string[] | undefined {
  if (!declaration) return undefined;
  const target = child(declaration, "left") ?? child(declaration, "id") ?? declaration;
  const annotation = child(target, "typeAnnotation");
  return annotation && listedTexts(child(annotation, "typeAnnotation"));
}

function listedTexts(type: SyntaxNode | undefined): readonly string[] | undefined {
  if (type?.type === "TSLiteralType") {
    const text = nameOf(child(type, "literal"));
    return text === undefined ? undefined : [text];
  }
  if (type?.type !== "TSUnionType") return undefined;
  const all = children(type, "types").map(listedTexts);
  return all.every((one) => one !== undefined) ? all.flat() : undefined;
}

/**
 * The texts that the code around an expression leaves for it: inside `if (x === "a" || x === "b")`, or after
 * `if (x !== "a" && x !== "b") return`.
 */
function comparedWith(file: SourceFile, node: SyntaxNode): readonly string[] {
  const source = sourceOf(file, node);
  const tested = (test: SyntaxNode | undefined, operator: string): readonly string[] => {
    if (!test) return [];
    const comparisons = file.nodes.filter(
      (one) => one.type === "BinaryExpression" && one.start >= test.start && one.end <= test.end,
    );
    const own = comparisons.filter((one) => sourceOf(file, child(one, "left") ?? one) === source);
    const texts = own.map((one) => (one.operator === operator ? nameOf(child(one, "right")) : undefined));
    return texts.every((text) => text !== undefined) ? texts : [];
  };
  for (let at = node; at.parent && !isFunction(at); at = at.parent) {
    const { parent } = at;
    if (parent.type === "IfStatement" && child(parent, "consequent") === at) {
      const texts = tested(child(parent, "test"), "===");
      if (texts.length > 0) return texts;
    }
    if (parent.type !== "BlockStatement") continue;
    for (const before of children(parent, "body")) {
      if (before.start >= at.start) break;
      if (before.type !== "IfStatement" || child(before, "consequent")?.type !== "ReturnStatement") continue;
      const texts = tested(child(before, "test"), "!==");
      if (texts.length > 0) return texts;
    }
  }
  return [];
}

/**
 * The texts of `x.property` where `x` is not known: those that the objects written in the same file give that property,
 * else those that a type beside it lists, else those of the objects of the whole program.
 */
function propertyTexts(program: Program, { file, node }: Place, view: View): readonly string[] | undefined {
  const name = nameOf(child(node, "property"));
  if (name === undefined || node.computed) return undefined;
  const own = writtenProperties(program, [file], name, view);
  if (own.length > 0) return own;
  const beside = program.files.filter(({ path }) => posix.dirname(path) === posix.dirname(file.path));
  const listed = beside.flatMap((one) =>
    one.nodes
      .filter((part) => part.type === "TSPropertySignature" && nameOf(child(part, "key")) === name)
      .flatMap((part) => annotated(part) ?? []),
  );
  if (listed.length > 0) return [...new Set(listed)];
  const anywhere = writtenProperties(program, program.files, name, view);
  return anywhere.length > 0 ? anywhere : undefined;
}

function writtenProperties(
  program: Program,
  files: readonly SourceFile[],
  name: string,
  view: View,
): readonly string[] {
  const texts = files.flatMap((file) =>
    file.nodes
      .filter((node) => node.type === "Property" && nameOf(child(node, "key")) === name)
      .flatMap((node) => {
        const value = child(node, "value");
        if (value?.type !== "Literal" && value?.type !== "ConditionalExpression") return [];
        return exactTexts(program, { file, node: value }, view) ?? [];
      }),
  );
  return [...new Set(texts)];
}

/** The objects in a file that have all the named properties: the rows of a table. */
export function recordsOf(file: SourceFile, names: readonly string[]): readonly SyntaxNode[] {
  return file.nodes.filter(
    (node) => node.type === "ObjectExpression" && names.every((name) => property(node, name)?.type === "Literal"),
  );
}
