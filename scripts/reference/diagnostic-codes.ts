import { type CallSite, type Program, programOf } from "./program.ts";
import {
  bare,
  child,
  children,
  enclosingFunctions,
  nameOf,
  parseSource,
  property,
  type SourceFile,
  type SyntaxNode,
} from "./syntax.ts";
import { decidingTest, exactTexts, NeedsCall, recordsOf, shownTexts, type View } from "./texts.ts";

/** A diagnostic as one place of the program makes it. */
export interface CodeUse {
  /** `{name}` stands in it where a caller outside the program's own files decides. */
  readonly code: string;
  readonly kind: string;
  readonly severity: string;
  /** With `{name}` where a value stands. */
  readonly messages: readonly string[];
  readonly next: readonly string[];
  /** The file that says it, relative to the repository. */
  readonly file: string;
  /** The function that makes it, where that is one of a file's own. */
  readonly within: SyntaxNode | undefined;
}

export interface Collected {
  readonly uses: readonly CodeUse[];
  /** Places whose code or kind cannot be told without running the program: `file:line`. */
  readonly unresolved: readonly string[];
}

/** Functions deeper than this between a message and `problem` are not followed. */
const MOST_CALLS = 6;

/**
 * Every diagnostic that `problem(kind, code, message, rest)` can make in the given files (texts by path), found by
 * reading them: constants, conditions, tables, templates, and parameters from each call that leads there.
 */
export function collectCodes(sources: ReadonlyMap<string, string>): Collected {
  const program = programOf([...sources].map(([path, text]) => parseSource(path, text)));
  const uses: CodeUse[] = [];
  const unresolved: string[] = [];
  for (const file of program.files) {
    for (const call of file.nodes) {
      if (call.type !== "CallExpression" || nameOf(child(call, "callee")) !== "problem") continue;
      const found = usesOf(program, { file, call }, { calls: new Map(), choices: new Map() });
      if (found.length === 0) unresolved.push(`${file.path}:${lineOf(file, call)}`);
      uses.push(...found);
    }
  }
  return { uses: [...uses, ...renamed(program, uses)], unresolved };
}

function usesOf(program: Program, site: CallSite, view: View): CodeUse[] {
  const { file, call } = site;
  const [kind, code, message, rest] = children(call, "arguments");
  if (!kind || !code || !message) return [];
  try {
    const rows = view.record ? [] : tableRows(file, code);
    if (rows.length > 0) return rows.flatMap((record) => usesOf(program, site, { ...view, record }));
    const test = decidingTest(program, { file, node: code }, view);
    if (test !== undefined && !view.choices.has(test)) {
      return [true, false].flatMap((choice) =>
        usesOf(program, site, { ...view, choices: new Map([...view.choices, [test, choice]]) }),
      );
    }
    const kinds = exactTexts(program, { file, node: kind }, view);
    // Where a part cannot be told, its name stands for it; a code without any text of its own says nothing.
    const codes =
      exactTexts(program, { file, node: code }, view) ??
      shownTexts(program, { file, node: code }, view).filter((text) => /^[^{]|\}[^{]+/.test(text));
    if (!kinds || codes.length === 0) return [];
    const shown = (part: SyntaxNode) => [...new Set(shownTexts(program, { file, node: part }, view))];
    const next = property(rest, "next");
    const severity = property(rest, "severity");
    const severities = severity && exactTexts(program, { file, node: severity }, view);
    return codes.map((one) => ({
      code: one,
      kind: kinds.join(" or "),
      severity: severities?.join(" or ") ?? "error",
      messages: shown(message),
      next: next ? shown(next) : [],
      file: [...view.calls.values()].at(-1)?.file.path ?? file.path,
      within: [...enclosingFunctions(call)].at(-1),
    }));
  } catch (error) {
    if (!(error instanceof NeedsCall)) throw error;
    if (view.calls.size >= MOST_CALLS || view.calls.has(error.fn)) return [];
    return program
      .callsOf(error.file, error.fn)
      .flatMap((caller) => usesOf(program, site, { ...view, calls: new Map([...view.calls, [error.fn, caller]]) }));
  }
}

/** `row.code` in a file that has a table of such rows: each row, under the name it is looked at by. */
function tableRows(file: SourceFile, code: SyntaxNode) {
  const node = bare(code);
  const name = node.type === "MemberExpression" ? nameOf(child(node, "object")) : undefined;
  if (name === undefined || nameOf(child(node, "property")) !== "code") return [];
  return recordsOf(file, ["code", "kind"]).map((object) => ({ name, object }));
}

/** `code: diagnostic.code.replace("http.", "webhook.")`: another area's diagnostics under one's own name. */
function renamed(program: Program, uses: readonly CodeUse[]): CodeUse[] {
  const found: CodeUse[] = [];
  for (const file of program.files) {
    for (const node of file.nodes) {
      const call = node.type === "Property" && nameOf(child(node, "key")) === "code" ? child(node, "value") : undefined;
      const callee = call?.type === "CallExpression" ? child(call, "callee") : undefined;
      if (!call || !callee || nameOf(child(callee, "property")) !== "replace") continue;
      const [from, to] = children(call, "arguments").map((argument) => nameOf(argument));
      if (from === undefined || to === undefined) continue;
      for (const use of uses) {
        const maker = use.within;
        if (!use.code.startsWith(from) || maker === undefined || !program.calls(file, maker)) continue;
        found.push({ ...use, code: use.code.replace(from, to), file: file.path });
      }
    }
  }
  return found;
}

function lineOf(file: SourceFile, node: SyntaxNode): number {
  return file.text.slice(0, node.start).split("\n").length;
}
