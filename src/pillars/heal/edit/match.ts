import { distance } from "fastest-levenshtein";
import { didYouMean } from "../../../core/suggest.ts";
import { mergeBlock } from "./merge.ts";
import type { Region } from "./region.ts";

/** One search/replace edit, as a model writes it. */
export interface SearchReplace {
  readonly search: string;
  readonly replace: string;
}

/** How far the search had to be bent to fit, the least first. */
export type Layer = "exact" | "whitespace" | "indentation" | "quotes" | "fuzzy";

export type Matched =
  | { readonly ok: true; readonly text: string; readonly layer: Layer }
  | {
      readonly ok: false;
      readonly why: "absent" | "ambiguous" | "empty";
      /** What to tell whoever wrote the edit, so that the next try fits. */
      readonly feedback: string;
    };

/** The one-letter slips that a fuzzy match forgives, for each line and for a whole block. */
const MOST_PER_LINE = 0.2;
const MOST_PER_BLOCK = 0.1;
/** How much worse the second best place must be than the best one. */
const MARGIN = 1;

/**
 * Applies a search/replace edit. The search is looked for exactly, then with other white space at the ends of lines,
 * then with another indentation, then with other quotes and blank lines, and at last with small slips of spelling. A
 * layer that finds more than one place ends the search: nothing is changed on a guess. What the edit does not mean to
 * change keeps the original's spelling, white space and quotes (see merge.ts).
 */
export function applySearchReplace(original: string, edit: SearchReplace): Matched {
  if (edit.search.trim() === "") {
    if (original.trim() === "" && edit.search === "") return { ok: true, text: edit.replace, layer: "exact" };
    return { ok: false, why: "empty", feedback: "the search text is empty; copy the lines to be replaced into it" };
  }
  const crlf = original.includes("\r\n");
  const plain = (text: string) => text.replaceAll("\r\n", "\n");
  const source = plain(original);
  const search = plain(edit.search);
  const replace = plain(edit.replace);
  const found = exact(source, search, replace) ?? byLines(source, search, replace);
  if (!found.ok) return found;
  return { ...found, text: crlf ? found.text.replaceAll("\n", "\r\n") : found.text };
}

/** The search as it stands: whole lines before parts of lines. Undefined when another layer has to look. */
function exact(source: string, search: string, replace: string): Matched | undefined {
  const places: number[] = [];
  for (let at = source.indexOf(search); at >= 0; at = source.indexOf(search, at + 1)) places.push(at);
  const whole = places.filter(
    (at) =>
      (at === 0 || source[at - 1] === "\n") &&
      (search.endsWith("\n") || at + search.length === source.length || source[at + search.length] === "\n"),
  );
  if (whole.length > 1) return ambiguous(whole.map((at) => lineOf(source, at)));
  // Inside a word it is another word: `xport` in `export` is a slip, not a match.
  const [only] = whole.length === 1 ? whole : places.filter((at) => !insideWord(source, at, at + search.length));
  if (only === undefined) return undefined;
  // A whole line without its indentation, or several places inside lines: the layers that compare lines know better.
  if (whole.length === 0 && (places.length > 1 || isLineWithoutIndent(source, only, search))) return undefined;
  return { ok: true, text: spliced(source, only, only + search.length, search, replace), layer: "exact" };
}

/** Keeps the line end after the search when only one of both texts has it. */
function spliced(source: string, from: number, to: number, search: string, replace: string): string {
  const tail = source.slice(to);
  const lost = search.endsWith("\n") && replace !== "" && !replace.endsWith("\n") && tail !== "";
  const doubled = !search.endsWith("\n") && replace.endsWith("\n") && tail.startsWith("\n");
  // A deletion of whole lines takes their line end along.
  const emptied =
    replace === "" && !search.endsWith("\n") && tail.startsWith("\n") && (from === 0 || source[from - 1] === "\n");
  return source.slice(0, from) + replace + (lost ? "\n" : "") + (doubled || emptied ? tail.slice(1) : tail);
}

function insideWord(source: string, from: number, to: number): boolean {
  const joins = (at: number) => at > 0 && /^[\p{L}\p{N}_$]{2}$/u.test(source.slice(at - 1, at + 1));
  return joins(from) || joins(to);
}

function isLineWithoutIndent(source: string, at: number, search: string): boolean {
  const start = source.lastIndexOf("\n", at - 1) + 1;
  const rest = source.slice(at + search.trimEnd().length);
  return at > start && source.slice(start, at).trim() === "" && /^[ \t]*(?:\n|$)/.test(rest);
}

function lineOf(source: string, at: number): number {
  return source.slice(0, at).split("\n").length;
}

type Key = (line: string) => string;

const trimEnd: Key = (line) => line.trimEnd();
const indentFree: Key = (line) => line.trim().replaceAll(/[ \t]+/g, " ");
const quoteFree: Key = (line) =>
  indentFree(line)
    .replaceAll(/["'`‘’“”]/g, '"')
    .replaceAll(/ /g, "");

/** The layers that compare line by line, from strict to lax. */
const LAYERS: readonly { readonly layer: Layer; readonly key: Key; readonly skipsBlank: boolean }[] = [
  { layer: "whitespace", key: trimEnd, skipsBlank: false },
  { layer: "indentation", key: indentFree, skipsBlank: false },
  { layer: "quotes", key: indentFree, skipsBlank: true },
  { layer: "quotes", key: quoteFree, skipsBlank: true },
];

function byLines(source: string, search: string, replace: string): Matched {
  const lines = linesWithout(source);
  const wanted = linesWithout(search);
  for (const { layer, key, skipsBlank } of LAYERS) {
    const regions = regionsOf(lines, wanted, (a, b) => key(a) === key(b), skipsBlank);
    if (regions.length > 1) return ambiguous(regions.map((region) => region.from + 1));
    const [region] = regions;
    if (region) return { ok: true, text: replaced(source, lines, region, wanted, replace), layer };
  }
  return fuzzy(source, lines, wanted, replace);
}

/** Lines without the empty one after the last line end. */
function linesWithout(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Every run of lines that is the wanted one, line by line; with `skipsBlank` blank lines may be more or fewer. */
function regionsOf(
  lines: readonly string[],
  wanted: readonly string[],
  same: (a: string, b: string) => boolean,
  skipsBlank: boolean,
): Region[] {
  const regions: Region[] = [];
  const first = skipsBlank ? wanted.findIndex((line) => line.trim() !== "") : 0;
  for (let from = 0; from < lines.length; from++) {
    if (first < 0 || !same(lines[from] ?? "", wanted[first] ?? "")) continue;
    const region = regionAt(lines, wanted, from, same, skipsBlank);
    if (region) regions.push(region);
  }
  return regions;
}

function regionAt(
  lines: readonly string[],
  wanted: readonly string[],
  from: number,
  same: (a: string, b: string) => boolean,
  skipsBlank: boolean,
): Region | undefined {
  const pairs: (number | undefined)[] = [];
  let at = from;
  let last = from - 1;
  for (const line of wanted) {
    if (skipsBlank && line.trim() === "") {
      // A blank line of the search is one of the original's where both have one, else nothing.
      const here = last >= from && (lines[at] ?? "x").trim() === "" ? at : undefined;
      pairs.push(here);
      if (here !== undefined) {
        last = here;
        at = here + 1;
      }
      continue;
    }
    while (skipsBlank && last >= from && at < lines.length && (lines[at] ?? "").trim() === "") at++;
    if (at >= lines.length || !same(lines[at] ?? "", line)) return undefined;
    pairs.push(at);
    last = at;
    at++;
  }
  return { from, to: last + 1, lines: pairs };
}

function replaced(
  source: string,
  lines: readonly string[],
  region: Region,
  wanted: readonly string[],
  replace: string,
): string {
  const block = mergeBlock(lines, region, wanted, linesWithout(replace));
  const all = [...lines.slice(0, region.from), ...block, ...lines.slice(region.to)];
  return all.join("\n") + (source.endsWith("\n") && all.length > 0 ? "\n" : "");
}

interface Scored extends Region {
  readonly cost: number;
}

function fuzzy(source: string, lines: readonly string[], wanted: readonly string[], replace: string): Matched {
  const scored = fuzzyRegions(lines, wanted).sort((a, b) => a.cost - b.cost || a.from - b.from);
  const [best] = scored;
  if (!best) return absent(lines, wanted);
  const rival = scored.find((one) => one !== best && (one.from >= best.to || one.to <= best.from));
  if (rival && rival.cost < best.cost + Math.max(MARGIN, Math.ceil(best.cost / 2))) {
    return ambiguous([best.from + 1, rival.from + 1]);
  }
  return { ok: true, text: replaced(source, lines, best, wanted, replace), layer: "fuzzy" };
}

/** All places where the wanted lines stand but for a few letters, white space and quotes not counted. */
function fuzzyRegions(lines: readonly string[], wanted: readonly string[]): Scored[] {
  const regions: Scored[] = [];
  const keys = new Map<string, string>();
  const keyOf = (line: string) => {
    let key = keys.get(line);
    if (key === undefined) {
      key = quoteFree(line);
      keys.set(line, key);
    }
    return key;
  };
  const near = (a: string, b: string) => costOf(keyOf(a), keyOf(b)) !== undefined;
  const total = wanted.reduce((sum, line) => sum + keyOf(line).length, 0);
  for (const region of regionsOf(lines, wanted, near, true)) {
    const cost = region.lines.reduce<number>((sum, at, index) => {
      if (at === undefined) return sum;
      return sum + (costOf(keyOf(lines[at] ?? ""), keyOf(wanted[index] ?? "")) ?? 0);
    }, 0);
    if (cost <= Math.max(1, Math.floor(total * MOST_PER_BLOCK))) regions.push({ ...region, cost });
  }
  return regions;
}

/** Letters by which two lines differ; undefined when that is too many for them to be the same line. */
function costOf(a: string, b: string): number | undefined {
  const limit = Math.max(1, Math.floor(Math.min(a.length, b.length) * MOST_PER_LINE));
  if (Math.abs(a.length - b.length) > limit) return undefined;
  // One letter is all that a line of two or three has to tell it from others.
  if (Math.min(a.length, b.length) < 3) return a === b ? 0 : undefined;
  const cost = slips(a, b);
  return cost <= limit ? cost : undefined;
}

/** Levenshtein distance, where two swapped neighbours (the commonest slip) count once. */
function slips(a: string, b: string): number {
  const cost = distance(a, b);
  if (cost !== 2 || a.length !== b.length) return cost;
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2) ? 1 : cost;
}

function ambiguous(places: readonly number[]): Matched {
  const lines = places.slice(0, 5).join(", ");
  return {
    ok: false,
    why: "ambiguous",
    feedback: `the search text fits in ${places.length} places (lines ${lines}); add lines around it until it fits in one`,
  };
}

function absent(lines: readonly string[], wanted: readonly string[]): Matched {
  const first = wanted.find((line) => line.trim() !== "")?.trim() ?? "";
  const meant = didYouMean(
    first,
    lines.map((line) => line.trim()).filter((line) => line !== ""),
  );
  const hint = meant === undefined ? "copy the lines exactly as the file has them" : `did you mean the line: ${meant}`;
  return { ok: false, why: "absent", feedback: `the search text is nowhere in the file; ${hint}` };
}
