import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";

export type TomlPath = readonly (string | number)[];

/** A string value and its span, quotes included. */
export interface TomlString {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/** A TOML document with the places of its strings, however they are written (tables, dotted keys, inline tables). */
export interface TomlSpans {
  string(path: TomlPath): TomlString | undefined;
  /** True when anything stands at the path or below it. */
  has(path: TomlPath): boolean;
  /** How many entries the array of tables at a path has. */
  count(path: TomlPath): number;
  /** Every string with its path. */
  readonly strings: readonly { readonly path: TomlPath; readonly string: TomlString }[];
  /** Keys directly under a path. */
  keys(path: TomlPath): string[];
  boolean(path: TomlPath): boolean | undefined;
}

/** Parses TOML 1.0, keeping where each value stands. */
export function readTomlSpans(text: string, file: string): Outcome<TomlSpans> {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text, { tomlVersion: "1.0" });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const where = { file, line: Math.max(1, error.lineNumber), column: error.column + 1 };
    return fail(problem("product", "manifest.toml", `${file} is not valid TOML: ${error.message}`, { where }));
  }
  const strings: { path: TomlPath; string: TomlString }[] = [];
  const byPath = new Map<string, TomlString>();
  const booleans = new Map<string, boolean>();
  const children = new Map<string, Set<string | number>>();
  const note = (path: TomlPath) => {
    for (let depth = 1; depth <= path.length; depth++) {
      const parent = keyOf(path.slice(0, depth - 1));
      const known = children.get(parent);
      if (known) known.add(path[depth - 1] as string | number);
      else children.set(parent, new Set([path[depth - 1] as string | number]));
    }
  };
  const visit = (node: AST.TOMLContentNode, path: TomlPath): void => {
    note(path);
    if (node.type === "TOMLValue") {
      if (node.kind === "boolean") booleans.set(keyOf(path), node.value as boolean);
      if (node.kind !== "string") return;
      const { line, column } = node.loc.start;
      const string = {
        value: node.value as string,
        start: node.range[0],
        end: node.range[1],
        line,
        column: column + 1,
      };
      strings.push({ path, string });
      byPath.set(keyOf(path), string);
    } else if (node.type === "TOMLArray") {
      for (const [index, element] of node.elements.entries()) visit(element, [...path, index]);
    } else {
      for (const pair of node.body) visit(pair.value, [...path, ...keysOf(pair.key)]);
    }
  };
  for (const item of program.body[0].body) {
    if (item.type === "TOMLKeyValue") visit(item.value, keysOf(item.key));
    else {
      note(item.resolvedKey);
      for (const pair of item.body) visit(pair.value, [...item.resolvedKey, ...keysOf(pair.key)]);
    }
  }
  return succeed({
    strings,
    string: (path) => byPath.get(keyOf(path)),
    boolean: (path) => booleans.get(keyOf(path)),
    has: (path) =>
      byPath.has(keyOf(path)) || booleans.has(keyOf(path)) || children.has(keyOf(path)) || isChild(children, path),
    count: (path) => [...(children.get(keyOf(path)) ?? [])].filter((key) => typeof key === "number").length,
    keys: (path) => [...(children.get(keyOf(path)) ?? [])].map(String),
  });
}

function isChild(children: ReadonlyMap<string, ReadonlySet<string | number>>, path: TomlPath): boolean {
  return children.get(keyOf(path.slice(0, -1)))?.has(path.at(-1) as string | number) ?? false;
}

function keyOf(path: TomlPath): string {
  return JSON.stringify(path);
}

function keysOf(key: AST.TOMLKey): string[] {
  return key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value));
}
