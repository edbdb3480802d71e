import { extname } from "node:path";
import type { FileChange, Proposal } from "../candidate.ts";
import { lineHunks, linesOf } from "../edit/difference.ts";
import type { Tree } from "../tree.ts";
import { type Bound, fitPieces } from "./fit.ts";
import { nearest } from "./generalise.ts";
import { importsStart } from "./imports-start.ts";
import { indentUnit, lineTokens, shiftIndent } from "./lines.ts";
import { fitPart, partOf } from "./part.ts";
import { namesInScope } from "./scope.ts";
import type { EditTemplate, Piece, TemplateHunk } from "./template.ts";

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

/** Pieces on each side of what changed on a line, when the whole line fits nowhere. */
const AROUND = [4, 3, 2, 1];
/** Places near the failure that are tried one by one. */
const MOST_FITS = 4;

/**
 * The edits a template makes here, most cautious first: only where the failure points; everywhere in that file;
 * everywhere in the product's files of the same kind; then, where the failure points or at the only place that fits, with
 * expressions for names and with less and less of the learned line. Empty when it does not fit anywhere.
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
  const { captures } = place;
  const strict = { captures, chains: false, around: undefined };
  if (atPlace !== undefined) {
    if (place.line !== undefined) offer(await changesOf(template, atPlace, tree, { ...strict, nearLine: place.line }));
    offer(await changesOf(template, atPlace, tree, { ...strict, nearLine: undefined }));
  }
  if (template.hunks.some((hunk) => hunk.insert)) return proposals;
  const files = (await tree.paths()).filter((path) => extname(path) === template.extension);
  if (files.length <= MAX_FILES) {
    const everywhere = { ...strict, nearLine: undefined };
    offer((await Promise.all(files.map((path) => changesOf(template, path, tree, everywhere)))).flat());
  }
  for (const around of [undefined, ...AROUND]) {
    const loose = { captures, chains: true, around };
    if (atPlace !== undefined && place.line !== undefined) {
      const near = { ...loose, nearLine: place.line };
      for (let nth = 0; nth < MOST_FITS; nth++) offer(await changesOf(template, atPlace, tree, { ...near, nth }));
      offer(await changesOf(template, atPlace, tree, near));
    }
    if (files.length > MAX_FILES) continue;
    // The failure often shows in a test, which is not where the fault is. One place that fits is worth a try, several are not.
    const all = await Promise.all(
      files.map((path) => changesOf(template, path, tree, { ...loose, nearLine: undefined })),
    );
    const [only, ...more] = all.flat();
    if (only !== undefined && more.length === 0 && changedLines(only) === 1) offer([only]);
  }
  return proposals;
}

function changedLines({ before, after }: FileChange): number {
  return lineHunks(before ?? "", after ?? "").reduce((sum, hunk) => sum + hunk.before.length, 0);
}

async function changesOf(
  template: EditTemplate,
  path: string,
  tree: Tree,
  how: Omit<ApplyContext, "scope">,
): Promise<readonly FileChange[]> {
  const before = await tree.read(path);
  if (before === undefined) return [];
  const after = applyTemplate(template, before, { ...how, scope: await namesInScope(tree, path) });
  return after === undefined || after === before ? [] : [{ path, before, after }];
}

export interface ApplyContext {
  readonly captures: Readonly<Record<string, string>>;
  readonly scope: readonly string[];
  /** Only matches within three lines of this line (from 1) count. */
  readonly nearLine: number | undefined;
  /** A chain of names may stand where a name was learned. */
  readonly chains: boolean;
  /** Pieces that have to fit on each side of what changes; undefined: the whole line. */
  readonly around: number | undefined;
  /** With `around`: only this one of the places that fit, from 0. */
  readonly nth?: number;
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
  if (context.around !== undefined)
    return partial(template, hunk, { around: context.around, nth: context.nth }, lines, context);
  const wanted = splitLines(hunk.before);
  const edits: LineEdit[] = [];
  for (let from = 0; from + wanted.length <= lines.length; from++) {
    if (!isNear(from, wanted.length, context.nearLine)) continue;
    const here = lines.slice(from, from + wanted.length).map(lineTokens);
    let bound: Bound | undefined = new Map();
    for (const [index, pieces] of wanted.entries()) {
      bound = bound && fitPieces(template, pieces, here[index]?.tokens ?? [], 0, bound, context, true)?.bound;
    }
    if (bound === undefined) continue;
    const seen = new Set(here.flatMap((line) => line.tokens.map((token) => token.text)));
    const written = write(template, hunk.after, here[0]?.indent ?? "", unit, bound, seen, context);
    if (written) {
      edits.push({ from, to: from + wanted.length, lines: written });
      from += wanted.length - 1;
    }
  }
  return edits;
}

/**
 * Lines of which a part is as the part of the learned line that the fix changed; the rest of them stays as it is. With
 * `nth` only one of the places that fit, counted from 0.
 */
function partial(
  template: EditTemplate,
  hunk: TemplateHunk,
  { around, nth }: { readonly around: number; readonly nth: number | undefined },
  lines: readonly string[],
  context: ApplyContext,
): LineEdit[] {
  const part = partOf(template, hunk, around);
  if (part === undefined) return [];
  let number = 0;
  return lines.flatMap((line, from): LineEdit[] => {
    if (!isNear(from, 1, context.nearLine)) return [];
    const { indent, tokens } = lineTokens(line);
    const texts = tokens.map(({ text }) => text);
    const chosen = fitPart(template, part, tokens, context).filter(() => nth === undefined || number++ === nth);
    const written = [...texts];
    for (const { from: start, to: end, bound } of chosen.reverse()) {
      const [text] = write(template, part.after, "", "", bound, new Set(texts), context, false) ?? [];
      if (text === undefined && part.after.length > 0) return [];
      written.splice(start, end - start, text ?? "");
    }
    const after = indent + written.join("");
    return after === indent + texts.join("") ? [] : [{ from, to: from + 1, lines: [after] }];
  });
}

function isNear(from: number, count: number, nearLine: number | undefined): boolean {
  if (nearLine === undefined) return true;
  return from + count - 1 >= nearLine - 1 - NEAR_LINES && from <= nearLine - 1 + NEAR_LINES;
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

function write(
  template: EditTemplate,
  pieces: readonly Piece[],
  indent: string,
  unit: string,
  bound: Bound,
  seen: ReadonlySet<string>,
  context: ApplyContext,
  trims = true,
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
  lines.push(trims ? line.trimEnd() : line);
  return lines;
}

export function fill(
  template: EditTemplate,
  index: number,
  bound: Bound,
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
