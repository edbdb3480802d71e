/** A span of a text and what stands there instead. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Puts replacements into a text; everything outside of them keeps every byte. They may come in any order. */
export function replaceSpans(text: string, replacements: readonly Replacement[]): string {
  let out = "";
  let from = 0;
  for (const { start, end, text: piece } of [...replacements].sort((a, b) => a.start - b.start)) {
    if (start < from) throw new RangeError("replacements overlap");
    out += text.slice(from, start) + piece;
    from = end;
  }
  return out + text.slice(from);
}

/** Line and column, from 1, of an offset. */
export function lineColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}
