import type { ASTNode } from "@marcbachmann/cel-js";

/**
 * An expression's tree as CEL text that is read as the same tree: every operand in parentheses, every literal in full.
 * (The library's own `serialize` writes `a - (b - c)` as `a - b - c`, and doubles with nine digits.)
 */
export function expressionText(ast: ASTNode): string {
  const inner = (node: ASTNode) =>
    node.op === "value" || node.op === "id" ? plain(node) : `(${expressionText(node)})`;
  const list = (nodes: readonly ASTNode[]) => nodes.map(expressionText).join(", ");
  switch (ast.op) {
    case "value":
    case "id":
      return plain(ast);
    case ".":
    case ".?":
      return `${inner(ast.args[0])}${ast.op}${ast.args[1]}`;
    case "[]":
      return `${inner(ast.args[0])}[${expressionText(ast.args[1])}]`;
    case "[?]":
      return `${inner(ast.args[0])}[?${expressionText(ast.args[1])}]`;
    case "call":
      return `${ast.args[0]}(${list(ast.args[1])})`;
    case "rcall":
      return `${inner(ast.args[1])}.${ast.args[0]}(${list(ast.args[2])})`;
    case "list":
      return `[${list(ast.args)}]`;
    case "map":
      return `{${ast.args.map(([key, value]) => `${expressionText(key)}: ${expressionText(value)}`).join(", ")}}`;
    case "?:":
      return `${inner(ast.args[0])} ? ${inner(ast.args[1])} : ${inner(ast.args[2])}`;
    case "!_":
    case "-_":
      return `${ast.op[0]}${inner(ast.args)}`;
    default:
      return `${inner(ast.args[0])} ${ast.op} ${inner(ast.args[1])}`;
  }
}

function plain(ast: ASTNode): string {
  if (ast.op === "id") return ast.args;
  const value: unknown = ast.op === "value" ? ast.args : undefined;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return doubleText(value);
  if (value instanceof Uint8Array) {
    return `b"${Array.from(value, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
  }
  // Unsigned numbers are objects of the library's.
  return typeof value === "object" && value !== null ? `${value.valueOf()}u` : `${value}`;
}

/** With a point or an exponent, since it would be a whole number without. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return "1e999";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
