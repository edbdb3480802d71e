import { distance } from "fastest-levenshtein";
import { tokenise } from "../template/tokens.ts";
import { commonPairs, sequenceHunks } from "./difference.ts";
import type { Region } from "./region.ts";

/**
 * The new lines of a region. Search and replacement were written together, perhaps both with the same noise (another
 * indentation, quotes, a slip); the original is right where they agree with each other. So this is a three-way merge:
 * the base is the search, one side the original, the other the replacement. What the replacement leaves as the search
 * has it stays as the original has it; what it changes is taken over, in the original's indentation and quotes where
 * the replacement keeps to the search's.
 */
export function mergeBlock(
  lines: readonly string[],
  region: Region,
  search: readonly string[],
  replace: readonly string[],
): string[] {
  const noise = (index: number) => region.lines[index] === undefined;
  const partners = pairLines(search, replace, noise);
  const frame = frameOf(lines, region, search, replace, partners);
  const result: string[] = [];
  let shown = region.from - 1;
  replace.forEach((line, index) => {
    const partner = partners[index];
    const at = partner === undefined ? undefined : region.lines[partner];
    if (partner === undefined || at === undefined) {
      // A blank line that only search and replacement have, at the same place, is noise of both.
      const above = index === 0 ? undefined : partners[index - 1];
      if (line.trim() === "" && above !== undefined && above + 1 < search.length && noise(above + 1)) return;
      result.push(reframed(line, frame));
      return;
    }
    // Blank lines of the original that the search left out, between two lines that stay neighbours.
    const previous = index === 0 ? undefined : partners[index - 1];
    const neighbours = previous !== undefined && previous === partner - 1;
    for (let between = shown + 1; neighbours && between < at; between++) {
      if ((lines[between] ?? "").trim() === "") result.push(lines[between] ?? "");
    }
    shown = Math.max(shown, at);
    result.push(mergeLine(lines[at] ?? "", search[partner] ?? "", line, frame));
  });
  return result;
}

/** For each line of the replacement the line of the search that it is or replaces; undefined for a new one. */
function pairLines(
  search: readonly string[],
  replace: readonly string[],
  noise: (index: number) => boolean,
): (number | undefined)[] {
  const key = (line: string) => line.trim().replaceAll(/\s+/g, "").replaceAll(/["'`]/g, '"');
  const partners: (number | undefined)[] = replace.map(() => undefined);
  // What the original does not have is no line to be paired with.
  const pairs = commonPairs(
    search.map((line, index) => (noise(index) ? `\0${index}` : key(line))),
    replace.map(key),
  );
  for (const [s, r] of pairs) partners[r] = s;
  // Between two equal lines: the most alike ones belong together, in order.
  let s = 0;
  let r = 0;
  for (const [nextS, nextR] of [...pairs, [search.length, replace.length] as const]) {
    for (; r < nextR; r++) {
      const line = key(replace[r] ?? "");
      if (line === "") continue;
      let best: { at: number; likeness: number } | undefined;
      for (let at = s; at < nextS; at++) {
        const likeness = alike(line, key(search[at] ?? ""));
        if (likeness > 0.5 && (!best || likeness > best.likeness)) best = { at, likeness };
      }
      if (best) {
        partners[r] = best.at;
        s = best.at + 1;
      }
    }
    s = nextS + 1;
    r = nextR + 1;
  }
  return partners;
}

function alike(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 0 : 1 - distance(a, b) / longest;
}

/** How the search's way of writing maps to the original's, for lines that have no partner there. */
interface Frame {
  /** The replacement is written in the search's indentation, which is not the original's. */
  readonly shifts: readonly { readonly from: string; readonly to: string }[];
  readonly quotes: { readonly from: string; readonly to: string } | undefined;
  readonly dropsTrailing: boolean;
}

function frameOf(
  lines: readonly string[],
  region: Region,
  search: readonly string[],
  replace: readonly string[],
  partners: readonly (number | undefined)[],
): Frame {
  const shifts: { from: string; to: string }[] = [];
  let trailing = 0;
  const quotes = new Map<string, number>();
  search.forEach((line, index) => {
    const at = region.lines[index];
    if (at === undefined || line.trim() === "") return;
    const own = lines[at] ?? "";
    if (!shifts.some((shift) => shift.from === indentOf(line)))
      shifts.push({ from: indentOf(line), to: indentOf(own) });
    if (/\s$/.test(line) && !/\s$/.test(own)) trailing++;
    const [here, there] = [quotesOf(line), quotesOf(own)];
    if (here.length === there.length) {
      here.forEach((quote, position) => {
        const pair = `${quote}${there[position]}`;
        quotes.set(pair, (quotes.get(pair) ?? 0) + 1);
      });
    }
  });
  // The replacement's own lines tell whether it was written like the search or like the original.
  let likeOriginal = 0;
  let likeSearch = 0;
  partners.forEach((partner, index) => {
    const at = partner === undefined ? undefined : region.lines[partner];
    if (partner === undefined || at === undefined) return;
    const [r, s, o] = [replace[index] ?? "", search[partner] ?? "", lines[at] ?? ""].map(indentOf);
    if (s === o || r === undefined) return;
    if (r === o) likeOriginal++;
    else if (r === s) likeSearch++;
  });
  const firstOwn = indentOf(lines[region.from] ?? "");
  const firstReplace = indentOf(replace.find((line) => line.trim() !== "") ?? "");
  const keeps = likeOriginal > likeSearch || (likeOriginal + likeSearch === 0 && firstReplace === firstOwn);
  const swapped = [...quotes.keys()].filter((pair) => pair[0] !== pair[1]);
  const [pair] = swapped;
  const wholly = pair !== undefined && swapped.length === 1 && !quotes.has(`${pair[0]}${pair[0]}`);
  return {
    shifts: keeps || shifts.every((shift) => shift.from === shift.to) ? [] : shifts,
    quotes: wholly ? { from: pair[0] ?? "", to: pair[1] ?? "" } : undefined,
    dropsTrailing: trailing > 0,
  };
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

function quotesOf(line: string): string[] {
  return line.match(/["'`]/g) ?? [];
}

/** A new line in the original's way of writing. */
function reframed(line: string, frame: Frame): string {
  if (line.trim() === "") return line.trimEnd();
  let body = line.slice(indentOf(line).length);
  if (frame.dropsTrailing) body = body.trimEnd();
  if (frame.quotes && !body.includes(frame.quotes.to)) body = body.replaceAll(frame.quotes.from, frame.quotes.to);
  return shifted(indentOf(line), frame) + body;
}

function shifted(indent: string, frame: Frame): string {
  if (frame.shifts.length === 0) return indent;
  const same = frame.shifts.find((shift) => shift.from === indent);
  if (same) return same.to;
  const unit = unitsOf(frame);
  // The nearest known level, then as many levels more or fewer as the replacement has.
  const known = [...frame.shifts].sort(
    (a, b) => Math.abs(a.from.length - indent.length) - Math.abs(b.from.length - indent.length),
  )[0];
  if (!known) return indent;
  const levels = Math.round((indent.length - known.from.length) / unit.from.length);
  if (levels >= 0) return known.to + unit.to.repeat(levels);
  return known.to.slice(0, Math.max(0, known.to.length + levels * unit.to.length));
}

/** One level of indentation on both sides. */
function unitsOf(frame: Frame): { from: string; to: string } {
  const step = (side: "from" | "to"): string => {
    const widths = [...new Set(frame.shifts.map((shift) => shift[side].length))].sort((a, b) => a - b);
    const steps = widths.slice(1).map((width, index) => width - (widths[index] ?? 0));
    const tabs = frame.shifts.some((shift) => shift[side].includes("\t"));
    const width = steps.length > 0 ? Math.min(...steps) : Math.min(...widths.filter((one) => one > 0));
    return (tabs ? "\t" : " ").repeat(Number.isFinite(width) ? (steps.length > 0 || width <= 4 ? width : 4) : 2);
  };
  const from = step("from");
  const to = step("to");
  // Only one level was seen: a shift moves it, and one level stays as wide as it is.
  const levels = new Set(frame.shifts.map((shift) => shift.from.length)).size;
  const sameKind = from.includes("\t") === to.includes("\t");
  return levels < 2 && sameKind ? { from, to: from } : { from, to };
}

/** One line: what the replacement changed of the search is taken over into the original. */
function mergeLine(original: string, search: string, replace: string, frame: Frame): string {
  if (replace === search || (replace.trim() === "" && original.trim() === "")) return original;
  const body = mergeBody(original.trim(), search.trim(), replace.trim());
  const [o, s, r] = [indentOf(original), indentOf(search), indentOf(replace)];
  const indent = r === s ? o : r === o ? o : s === o ? r : shifted(r, frame);
  const tails = [original, search, replace].map((line) => /\s*$/.exec(line)?.[0] ?? "");
  const tail = tails[2] === tails[1] ? tails[0] : frame.dropsTrailing ? "" : tails[2];
  return indent + body + (tail ?? "");
}

/** Three-way merge by tokens; where both sides changed the same place differently the replacement wins. */
function mergeBody(original: string, search: string, replace: string): string {
  if (search === replace) return original;
  if (original === search || original === replace) return replace;
  const base = textsOf(search);
  const ours = sequenceHunks(base, textsOf(original));
  const theirs = sequenceHunks(base, textsOf(replace));
  let result = "";
  let at = 0;
  let o = 0;
  let t = 0;
  while (at <= base.length) {
    const mine = ours[o];
    const their = theirs[t];
    if (their && their.beforeStart === at) {
      result += their.after.join("");
      // An insertion of theirs does not swallow the change of the token that follows.
      const end = at + their.before.length;
      while (ours[o] && (ours[o]?.beforeStart ?? 0) < end) o++;
      if (their.before.length === 0 && mine?.beforeStart === at && mine.after.join("") === their.after.join("")) o++;
      t++;
      if (their.before.length > 0) {
        at = end;
        continue;
      }
    }
    const own = ours[o];
    if (own && own.beforeStart === at) {
      const end = at + own.before.length;
      const clash = theirs[t] && (theirs[t]?.beforeStart ?? 0) < end && (theirs[t]?.beforeStart ?? 0) >= at;
      if (!clash) {
        result += own.after.join("");
        o++;
        if (own.before.length > 0) {
          at = end;
          continue;
        }
      } else {
        o++;
      }
    }
    if (at < base.length) result += base[at];
    at++;
  }
  return result;
}

function textsOf(text: string): string[] {
  return tokenise(text).flatMap((token) =>
    token.kind === "string" || token.kind === "path"
      ? (token.text.match(/[\p{L}\p{N}_$]+|[^\p{L}\p{N}_$]/gu) ?? [])
      : [token.text],
  );
}
