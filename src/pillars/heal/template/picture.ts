import type { EditTemplate, Piece } from "./template.ts";

/**
 * A template as people read a change: `-` for the lines it looks for, `+` for what comes instead, holes as ‹1›, and below
 * what each hole stands for.
 */
export function pictureOf({ hunks, holes, extension }: EditTemplate): readonly string[] {
  const lines = hunks.flatMap(({ before, after, insert }) => [
    ...(insert === undefined ? [] : [insert === "top" ? "@@ at the top" : "@@ among the imports"]),
    ...linesOf(before).map((line) => `- ${line}`),
    ...linesOf(after).map((line) => `+ ${line}`),
  ]);
  const meanings = holes.map(({ type, from }, index) => {
    const meaning = {
      match: `${type} found there${from.kind === "match" && from.equals ? `, the failure's ${from.equals}` : ""}`,
      capture: `the failure's ${from.kind === "capture" ? from.name : ""}`,
      nearest: `the name in scope that ‹${from.kind === "nearest" ? from.to + 1 : ""}› is a misspelling of`,
    }[from.kind];
    return `  ‹${index + 1}› ${meaning}`;
  });
  return [`in ${extension} files`, ...lines, ...meanings];
}

function linesOf(pieces: readonly Piece[]): readonly string[] {
  if (pieces.length === 0) return [];
  const lines = [""];
  for (const [index, piece] of pieces.entries()) {
    if ("line" in piece) {
      const indent = "  ".repeat(Math.max(0, piece.indent));
      if (index === 0) lines[0] = indent;
      else lines.push(indent);
      continue;
    }
    lines[lines.length - 1] += "text" in piece ? piece.text : "space" in piece ? " " : `‹${piece.hole + 1}›`;
  }
  return lines;
}
