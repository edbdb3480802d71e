import { parseSync } from "rolldown/utils";

/** A node of the ESTree of a TypeScript file; `parent` is put in here. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  parent?: SyntaxNode;
  readonly [key: string]: unknown;
}

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  /** All nodes, parents before children. */
  readonly nodes: readonly SyntaxNode[];
  /** Constants and variables with a value, by name. */
  readonly declarators: ReadonlyMap<string, readonly SyntaxNode[]>;
}

/** Parses a TypeScript file. Throws on a syntax error: what does not parse has no reference. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  const nodes: SyntaxNode[] = [];
  const visit = (node: SyntaxNode, parent: SyntaxNode | undefined) => {
    if (parent) node.parent = parent;
    nodes.push(node);
    for (const [key, value] of Object.entries(node)) {
      if (key === "parent") continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node);
    }
  };
  visit(program as unknown as SyntaxNode, undefined);
  const named = nodes.filter((node) => node.type === "VariableDeclarator" && nameOf(child(node, "id")) !== undefined);
  const declarators = Map.groupBy(named, (node) => nameOf(child(node, "id")) as string);
  return { path, text, program: program as unknown as SyntaxNode, nodes, declarators };
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

export function child(node: SyntaxNode, key: string): SyntaxNode | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

export function children(node: SyntaxNode, key: string): readonly SyntaxNode[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The identifier's, the property's or the string's text. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type === "Identifier") return String(node.name);
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

export function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** The functions around a node, from the inside out. */
export function* enclosingFunctions(node: SyntaxNode): Generator<SyntaxNode> {
  for (let at = node.parent; at; at = at.parent) if (isFunction(at)) yield at;
}

/** The name a parameter is known by inside its function, and its default value. */
export function parameter(node: SyntaxNode): {
  readonly name: string | undefined;
  readonly fallback: SyntaxNode | undefined;
} {
  if (node.type === "AssignmentPattern") return { name: nameOf(child(node, "left")), fallback: child(node, "right") };
  return { name: nameOf(node), fallback: undefined };
}

/** The name a function is called by: its own, or that of the constant it is the value of. */
export function functionName(fn: SyntaxNode): string | undefined {
  const own = nameOf(child(fn, "id"));
  if (own !== undefined) return own;
  return fn.parent?.type === "VariableDeclarator" ? nameOf(child(fn.parent, "id")) : undefined;
}

/** What is left of an expression without the parts that say something to the type checker only. */
export function bare(node: SyntaxNode): SyntaxNode {
  const inner = /^(TS(As|NonNull|Satisfies)Expression|ParenthesizedExpression|ChainExpression|AwaitExpression)$/.test(
    node.type,
  )
    ? (child(node, "expression") ?? child(node, "argument"))
    : undefined;
  return inner ? bare(inner) : node;
}

/** A property of an object, also of one that is spread into it on a condition. */
export function property(object: SyntaxNode | undefined, name: string): SyntaxNode | undefined {
  if (!object) return undefined;
  const node = bare(object);
  if (node.type === "ConditionalExpression") {
    return property(child(node, "consequent"), name) ?? property(child(node, "alternate"), name);
  }
  for (const part of children(node, "properties")) {
    if (part.type === "SpreadElement") {
      const inner = property(child(part, "argument"), name);
      if (inner) return inner;
    } else if (nameOf(child(part, "key")) === name) return child(part, "value");
  }
  return undefined;
}

export function sourceOf(file: SourceFile, node: SyntaxNode): string {
  return file.text.slice(node.start, node.end);
}
