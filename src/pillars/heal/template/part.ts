import { type Bound, type FitOptions, fitPieces } from "./fit.ts";
import type { EditTemplate, Piece, TemplateHunk } from "./template.ts";
import type { Token } from "./tokens.ts";

/**
 * A learned line is more than the fix: `return money(amount)` taught that `new` was missing, not that there is one
 * argument. So where the whole line fits nowhere, what changed on it is looked for with less and less around it.
 */
export interface LinePart {
  /** White space does not count, and pieces that stay are written as they were found. */
  readonly left: readonly Piece[];
  readonly changed: readonly Piece[];
  readonly right: readonly Piece[];
  /** What comes in place of `changed`. */
  readonly after: readonly Piece[];
}

/**
 * What changed on the one line of a hunk, with at most `around` pieces on each side. Undefined where the hunk is of
 * several lines, where it needs a hole that this part does not bind, or where no word or operator is left that tells
 * this place from any other.
 */
export function partOf(template: EditTemplate, hunk: TemplateHunk, around: number): LinePart | undefined {
  const { before, after } = hunk;
  if (hunk.insert !== undefined || [...before, ...after].some((piece) => "line" in piece)) return undefined;
  if (before.length === 0 || after.length === 0) return undefined;
  const same = (a: Piece | undefined, b: Piece | undefined) => JSON.stringify(a) === JSON.stringify(b);
  let start = 0;
  while (start < Math.min(before.length, after.length) && same(before[start], after[start])) start++;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    same(before[before.length - 1 - end], after[after.length - 1 - end])
  ) {
    end++;
  }
  const part = {
    left: before.slice(0, start).filter(isSolid).slice(-around),
    changed: before.slice(start, before.length - end).filter(isSolid),
    right: before
      .slice(before.length - end)
      .filter(isSolid)
      .slice(0, around),
    after: after.slice(start, after.length - end),
  };
  const found = [...part.left, ...part.changed, ...part.right];
  const holes = new Set(found.flatMap((piece) => ("hole" in piece ? [piece.hole] : [])));
  const needed = part.after.flatMap((piece) => ("hole" in piece ? [piece.hole] : []));
  const whole = needed.every((index) => {
    const from = template.holes[index]?.from;
    return from?.kind === "capture" || holes.has(from?.kind === "nearest" ? from.to : index);
  });
  return whole && found.some((piece) => tells(template, piece)) ? part : undefined;
}

/** Where the part fits on a line of tokens: the tokens that are replaced, and what the holes are. */
export function fitPart(
  template: EditTemplate,
  part: LinePart,
  tokens: readonly Token[],
  options: FitOptions,
): { readonly from: number; readonly to: number; readonly bound: Bound }[] {
  const solid = tokens.flatMap((token, index) => (token.kind === "space" ? [] : [{ token, index }]));
  const bare = solid.map(({ token }) => token);
  const fits: { from: number; to: number; bound: Bound }[] = [];
  for (let at = 0; at < bare.length; at++) {
    const found = fitPieces(template, [...part.left, ...part.changed, ...part.right], bare, at, new Map(), options);
    if (found === undefined) continue;
    const start = part.left.length === 0 ? at : found.ends[part.left.length - 1]!;
    const end = part.changed.length === 0 ? start : found.ends[part.left.length + part.changed.length - 1]!;
    const from = solid[start]?.index ?? tokens.length;
    const to = end === start ? from : solid[end - 1]!.index + 1;
    if (fits.every((known) => known.to <= from)) fits.push({ from, to, bound: found.bound });
  }
  return fits;
}

function isSolid(piece: Piece): boolean {
  return !("space" in piece);
}

/** A word of the language, an operator, or a name that the failure itself has named. */
function tells(template: EditTemplate, piece: Piece): boolean {
  if ("text" in piece) return !/^[\s()[\]{},;:."'`]*$/.test(piece.text);
  if (!("hole" in piece)) return false;
  const from = template.holes[piece.hole]?.from;
  return from?.kind === "match" && from.equals !== undefined;
}
