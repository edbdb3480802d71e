import { extname } from "node:path";
import type { FileChange, Proposal } from "../candidate.ts";
import { linesOf } from "../edit/difference.ts";
import type { Tree } from "../tree.ts";
import { nearest } from "./generalise.ts";
import { indentUnit, lineTokens, shiftIndent } from "./lines.ts";
import { namesInScope } from "./scope.ts";
import type { EditTemplate, Hole, Piece, TemplateHunk } from "./template.ts";
import type { Token } from "./tokens.ts";

/** Where and with what a template is replayed. */
export interface ReplayPlace {
  /** The file of the failure, relative; absent when the log names none. */
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
  readonly captures: Readonly<Record<string, string>>;
}

const MAX_FILES = 200;
const NEAR_LINES = 3;

/**
 * The edits a template makes here, most cautious first: only where the failure points; everywhere in that file;
 * everywhere in the product's files of the same kind. Empty when it does not fit anywhere.
 */
export async function replay(template: EditTemplate, place: ReplayPlace, tree: Tree): Promise<readonly Proposal[]> {
  const proposals: Proposal[] = [];
  const seen = new Set<string>();
  const offer = (changes: readonly FileChange[]) => {
    const key = JSON.stringify(changes.map((change) => [change.path, change.after]));
    if (changes.length === 0 || seen.has(key)) return;
    seen.add(key);
    proposals.push({ summary: "replay a fix that worked before", changes });
  };
  const atPlace = place.file !== undefined && extname(place.file) === template.extension ? place.file : undefined;
  if (atPlace !== undefined) {
    if (place.line !== undefined) offer(await changesOf(template, atPlace, tree, place.captures, place.line));
    offer(await changesOf(template, atPlace, tree, place.captures, undefined));
  }
  if (template.hunks.some((hunk) => hunk.insert)) return proposals;
  const files = (await tree.paths()).filter((path) => extname(path) === template.extension);
  if (files.length <= MAX_FILES) {
    const all = await Promise.all(files.map((path) => changesOf(template, path, tree, place.captures, undefined)));
    offer(all.flat());
  }
  return proposals;
}

async function changesOf(
  template: EditTemplate,
  path: string,
  tree: Tree,
  captures: ReplayPlace["captures"],
  nearLine: number | undefined,
): Promise<readonly FileChange[]> {
  const before = await tree.read(path);
  if (before === undefined) return [];
  const scope = await namesInScope(tree, path);
  const after = applyTemplate(template, before, { captures, scope, nearLine });
  return after === undefined || after === before ? [] : [{ path, before, after }];
}

export interface ApplyContext {
  readonly captures: Readonly<Record<string, string>>;
  readonly scope: readonly string[];
  /** Only matches within three lines of this line (from 1) count. */
  readonly nearLine: number | undefined;
}

/** The text after a template, or undefined when one of its hunks fits nowhere. */
export function applyTemplate(template: EditTemplate, before: string, context: ApplyContext): string | undefined {
  const end = before.includes("\r\n") ? "\r\n" : "\n";
  const lines = linesOf(before).map((line) => line.replace(/\r$/, ""));
  const unit = indentUnit(before);
  const edits: { from: number; to: number; lines: readonly string[] }[] = [];
  for (const hunk of template.hunks) {
    const found = hunk.insert
      ? insertion(template, hunk, lines, unit, context)
      : replacements(template, hunk, lines, unit, context);
    if (found.length === 0) return undefined;
    edits.push(...found);
  }
  edits.sort((a, b) => b.from - a.from);
  let last = Number.POSITIVE_INFINITY;
  for (const edit of edits) {
    if (edit.to > last) return undefined;
    last = edit.from;
    lines.splice(edit.from, edit.to - edit.from, ...edit.lines);
  }
  return lines.join(end) + (before.endsWith("\n") || before === "" ? end : "");
}

type LineEdit = { readonly from: number; readonly to: number; readonly lines: readonly string[] };

function replacements(
  template: EditTemplate,
  hunk: TemplateHunk,
  lines: readonly string[],
  unit: string,
  context: ApplyContext,
): LineEdit[] {
  const wanted = splitLines(hunk.before);
  const edits: LineEdit[] = [];
  for (let from = 0; from + wanted.length <= lines.length; from++) {
    const near = context.nearLine;
    if (near !== undefined && (from + wanted.length - 1 < near - 1 - NEAR_LINES || from > near - 1 + NEAR_LINES)) {
      continue;
    }
    const bound = new Map<number, string>();
    const here = lines.slice(from, from + wanted.length).map(lineTokens);
    if (!wanted.every((pieces, index) => bind(template, pieces, here[index]?.tokens ?? [], bound, context))) continue;
    const seen = new Set(here.flatMap((line) => line.tokens.map((token) => token.text)));
    const written = write(template, hunk.after, here[0]?.indent ?? "", unit, bound, seen, context);
    if (written) {
      edits.push({ from, to: from + wanted.length, lines: written });
      from += wanted.length - 1;
    }
  }
  return edits;
}

function insertion(
  template: EditTemplate,
  hunk: TemplateHunk,
  lines: readonly string[],
  unit: string,
  context: ApplyContext,
): LineEdit[] {
  const written = write(template, hunk.after, "", unit, new Map(), new Set(), context);
  if (!written || written.every((line) => lines.includes(line))) return [];
  const at = hunk.insert === "top" ? 0 : importsStart(lines);
  return [{ from: at, to: at, lines: written }];
}

/** The line where a new import goes: before the first import, else after shebang, comments and docstring. */
export function importsStart(lines: readonly string[]): number {
  const importing = /^(?:import\b|from\s+\S+\s+import\b|use\s|#\s*include\b|(?:const|let|var)\s.*\brequire\()/;
  let at = 0;
  let docstring: string | undefined;
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (docstring !== undefined) {
      if (text.endsWith(docstring)) docstring = undefined;
      at = index + 1;
      continue;
    }
    if (/^from\s+__future__\s+import\b/.test(line)) {
      at = index + 1;
      continue;
    }
    if (importing.test(line)) return index;
    const quote = /^[rRuU]?("""|''')/.exec(text)?.[1];
    if (quote) {
      if (!(text.length > quote.length * 2 && text.endsWith(quote))) docstring = quote;
      at = index + 1;
      continue;
    }
    if (text.startsWith("#") || text.startsWith("//") || /^["']use strict["']/.test(text)) {
      at = index + 1;
      continue;
    }
    if (text !== "") break;
  }
  return at;
}

function splitLines(pieces: readonly Piece[]): Piece[][] {
  const lines: Piece[][] = [[]];
  for (const [index, piece] of pieces.entries()) {
    if ("line" in piece) {
      if (index > 0) lines.push([]);
    } else {
      lines.at(-1)?.push(piece);
    }
  }
  return lines;
}

function bind(
  template: EditTemplate,
  pieces: readonly Piece[],
  tokens: readonly Token[],
  bound: Map<number, string>,
  context: ApplyContext,
): boolean {
  if (pieces.length !== tokens.length) return false;
  return pieces.every((piece, index) => {
    const token = tokens[index] as Token;
    if ("text" in piece) return piece.text === token.text;
    if ("space" in piece) return token.kind === "space";
    if ("line" in piece) return false;
    const hole = template.holes[piece.hole];
    if (!hole || !fits(hole, token, context)) return false;
    const before = bound.get(piece.hole);
    if (before !== undefined) return before === token.text;
    bound.set(piece.hole, token.text);
    return true;
  });
}

function fits(hole: Hole, token: Token, context: ApplyContext): boolean {
  if (hole.type !== token.kind && !(hole.type === "string" && token.kind === "path")) return false;
  if (hole.from.kind !== "match") return false;
  return hole.from.equals === undefined || context.captures[hole.from.equals] === token.text;
}

function write(
  template: EditTemplate,
  pieces: readonly Piece[],
  indent: string,
  unit: string,
  bound: ReadonlyMap<number, string>,
  seen: ReadonlySet<string>,
  context: ApplyContext,
): string[] | undefined {
  if (pieces.length === 0) return [];
  const lines: string[] = [];
  let line = indent;
  for (const [index, piece] of pieces.entries()) {
    if ("line" in piece) {
      if (index > 0) lines.push(line.trimEnd());
      line = shiftIndent(indent, piece.indent, unit);
    } else if ("text" in piece) {
      line += piece.text;
    } else if ("space" in piece) {
      line += " ";
    } else {
      const text = fill(template, piece.hole, bound, seen, context);
      if (text === undefined) return undefined;
      line += text;
    }
  }
  lines.push(line.trimEnd());
  return lines;
}

function fill(
  template: EditTemplate,
  index: number,
  bound: ReadonlyMap<number, string>,
  seen: ReadonlySet<string>,
  context: ApplyContext,
): string | undefined {
  const from = template.holes[index]?.from;
  switch (from?.kind) {
    case "match":
      return bound.get(index);
    case "capture": {
      const text = context.captures[from.name];
      // A capture comes from a log, which anyone may have written: only a plain name or path is taken over.
      return text !== undefined && /^[\p{L}\p{N}_$@./-]{1,200}$/u.test(text) ? text : undefined;
    }
    case "nearest": {
      const word = bound.get(from.to);
      return word === undefined ? undefined : nearest(word, context.scope, seen);
    }
    case undefined:
      return undefined;
  }
}
