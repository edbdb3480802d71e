import { posix } from "node:path";
import {
  bare,
  child,
  children,
  enclosingFunctions,
  functionName,
  nameOf,
  parameter,
  type SourceFile,
  type SyntaxNode,
} from "./syntax.ts";

/** A call of a function, with the file it stands in. */
export interface CallSite {
  readonly file: SourceFile;
  readonly call: SyntaxNode;
}

/** What is known of a set of source files without running or type-checking them. */
export interface Program {
  readonly files: readonly SourceFile[];
  /** The calls that a function gets: by its name, where it is imported, and through parameters it is handed to. */
  callsOf(file: SourceFile, fn: SyntaxNode): readonly CallSite[];
  /** Whether a file calls that function. */
  calls(file: SourceFile, fn: SyntaxNode): boolean;
  /** The value of a constant that a file imports, where it is declared. */
  constant(file: SourceFile, name: string): { readonly file: SourceFile; readonly node: SyntaxNode } | undefined;
}

export function programOf(sources: readonly SourceFile[]): Program {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const calls = new Map<SourceFile, SyntaxNode[]>(
    sources.map((file) => [file, file.nodes.filter(({ type }) => type === "CallExpression")]),
  );
  const known = new Map<SyntaxNode, readonly CallSite[]>();

  /** The named function that a call reaches: declared in the file or imported into it. */
  const calledFunction = ({ file, call }: CallSite): { file: SourceFile; fn: SyntaxNode } | undefined => {
    const name = nameOf(child(call, "callee"));
    if (name === undefined) return undefined;
    const here = declared(file, name);
    if (here) return { file, fn: here };
    const imported = importOf(file, name);
    const from = imported && byPath.get(imported.path);
    const there = from && declared(from, imported.name);
    return from && there ? { file: from, fn: there } : undefined;
  };

  /** Calls of what `name` stands for within `scope`, and of every parameter it is handed on to. */
  const callsByName = (file: SourceFile, name: string, scope: SyntaxNode, seen: Set<SyntaxNode>): CallSite[] => {
    const found: CallSite[] = [];
    for (const call of calls.get(file) ?? []) {
      if (!within(call, scope) || shadowed(call, name, scope)) continue;
      if (nameOf(child(call, "callee")) === name) found.push({ file, call });
      const at = children(call, "arguments").findIndex((argument) => nameOf(bare(argument)) === name);
      if (at >= 0) found.push(...handedOn({ file, call }, at, seen));
    }
    return found;
  };

  const handedOn = (site: CallSite, at: number, seen: Set<SyntaxNode>): CallSite[] => {
    const target = calledFunction(site);
    const taken = target && children(target.fn, "params")[at];
    const name = taken && parameter(taken).name;
    if (!target || !taken || name === undefined || seen.has(taken)) return [];
    return callsByName(target.file, name, target.fn, new Set([...seen, taken]));
  };

  const find = (file: SourceFile, fn: SyntaxNode): CallSite[] => {
    const name = functionName(fn);
    if (name === undefined) {
      // A function without a name is called by whatever it is an argument of.
      const { parent } = fn;
      if (parent?.type !== "CallExpression") return [];
      return handedOn({ file, call: parent }, children(parent, "arguments").indexOf(fn), new Set());
    }
    const scope = [...enclosingFunctions(fn)][0] ?? file.program;
    const found = callsByName(file, name, scope, new Set());
    for (const other of sources) {
      for (const local of importedAs(other, file.path, name)) {
        found.push(...callsByName(other, local, other.program, new Set()));
      }
    }
    return found;
  };

  return {
    files: sources,
    calls: (file, fn) => (calls.get(file) ?? []).some((call) => calledFunction({ file, call })?.fn === fn),
    constant(file, name) {
      const imported = importOf(file, name);
      const from = imported && byPath.get(imported.path);
      const declaration = from?.declarators
        .get(imported?.name ?? "")
        ?.find((one) => [...enclosingFunctions(one)].length === 0);
      const node = declaration && child(declaration, "init");
      return from && node ? { file: from, node } : undefined;
    },
    callsOf(file, fn) {
      const before = known.get(fn);
      if (before) return before;
      const found = find(file, fn);
      known.set(fn, found);
      return found;
    },
  };
}

function within(node: SyntaxNode, scope: SyntaxNode): boolean {
  return node.start >= scope.start && node.end <= scope.end;
}

/** A parameter of the same name stands between the node and the scope. */
function shadowed(node: SyntaxNode, name: string, scope: SyntaxNode): boolean {
  for (const fn of enclosingFunctions(node)) {
    if (fn === scope) return false;
    if (children(fn, "params").some((one) => parameter(one).name === name)) return true;
  }
  return false;
}

/** The function of that name at the top level of a file. */
function declared(file: SourceFile, name: string): SyntaxNode | undefined {
  return file.nodes.find(
    (node) => /Function/.test(node.type) && functionName(node) === name && [...enclosingFunctions(node)].length === 0,
  );
}

interface Import {
  readonly path: string;
  readonly name: string;
  readonly local: string;
}

function imports(file: SourceFile): readonly Import[] {
  return children(file.program, "body")
    .filter(({ type }) => type === "ImportDeclaration")
    .flatMap((declaration) => {
      const source = nameOf(child(declaration, "source")) ?? "";
      const path = posix.join(posix.dirname(file.path), source);
      return children(declaration, "specifiers").map((specifier) => ({
        path,
        name: nameOf(child(specifier, "imported")) ?? "",
        local: nameOf(child(specifier, "local")) ?? "",
      }));
    });
}

function importOf(file: SourceFile, local: string): Import | undefined {
  return imports(file).find((one) => one.local === local);
}

function importedAs(file: SourceFile, path: string, name: string): readonly string[] {
  return imports(file)
    .filter((one) => one.path === path && one.name === name)
    .map(({ local }) => local);
}
