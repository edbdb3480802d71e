import { createTwoFilesPatch, diffArrays } from "diff";
import type { FileChange } from "../file-change.ts";

/** One stretch of differing lines; line numbers count from 0. */
export interface LineHunk {
  readonly beforeStart: number;
  readonly afterStart: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Lines with their final line end cut; a text that ends in a newline has no empty last line. */
export function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}

/** The minimal line difference of two texts, as hunks in order. */
export function lineHunks(before: string, after: string): LineHunk[] {
  return sequenceHunks(linesOf(before), linesOf(after));
}

/** The minimal difference of two sequences, as hunks in order. */
export function sequenceHunks(before: readonly string[], after: readonly string[]): LineHunk[] {
  const hunks: LineHunk[] = [];
  let beforeAt = 0;
  let afterAt = 0;
  let open: { before: string[]; after: string[]; beforeStart: number; afterStart: number } | undefined;
  for (const part of diffArrays([...before], [...after])) {
    if (!part.added && !part.removed) {
      if (open) hunks.push(open);
      open = undefined;
      beforeAt += part.value.length;
      afterAt += part.value.length;
      continue;
    }
    open ??= { before: [], after: [], beforeStart: beforeAt, afterStart: afterAt };
    if (part.removed) {
      open.before.push(...part.value);
      beforeAt += part.value.length;
    } else {
      open.after.push(...part.value);
      afterAt += part.value.length;
    }
  }
  if (open) hunks.push(open);
  return hunks;
}

/** Index pairs of a longest common subsequence of two sequences of keys. */
export function commonPairs(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  let i = 0;
  let j = 0;
  for (const part of diffArrays([...a], [...b])) {
    if (part.removed) i += part.value.length;
    else if (part.added) j += part.value.length;
    else for (let k = 0; k < part.value.length; k++) pairs.push([i++, j++]);
  }
  return pairs;
}

/** A unified diff of an edit, for people and for evidence. */
export function unifiedDiff(changes: readonly FileChange[]): string {
  return changes
    .map((change) =>
      createTwoFilesPatch(
        change.before === undefined ? "/dev/null" : `a/${change.path}`,
        change.after === undefined ? "/dev/null" : `b/${change.path}`,
        change.before ?? "",
        change.after ?? "",
        undefined,
        undefined,
        { context: 3 },
      ).replace(/^=+\n/, ""),
    )
    .join("");
}
