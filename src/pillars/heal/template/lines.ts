import { type Token, tokenise } from "./tokens.ts";

/** Tokens of one line without the white space at both ends, and the width of its indentation. */
export interface LineTokens {
  readonly indent: string;
  readonly tokens: readonly Token[];
}

export function lineTokens(line: string): LineTokens {
  const body = line.replace(/\r$/, "");
  const indent = /^[ \t]*/.exec(body)?.[0] ?? "";
  return { indent, tokens: tokenise(body.slice(indent.length).trimEnd()) };
}

/** What one level of indentation is in a text: a tab, or its smallest step in spaces (2 when nothing is indented). */
export function indentUnit(text: string): string {
  const widths = new Set<number>();
  for (const line of text.split("\n")) {
    if (line.startsWith("\t")) return "\t";
    const width = /^ +(?=\S)/.exec(line)?.[0].length ?? 0;
    if (width > 0) widths.add(width);
  }
  const smallest = Math.min(...widths);
  return " ".repeat(Number.isFinite(smallest) && smallest > 1 ? Math.min(smallest, 8) : 2);
}

/** Whole levels from one indentation to another. */
export function levelsBetween(from: string, to: string, unit: string): number {
  const width = (text: string) => [...text].reduce((sum, char) => sum + (char === "\t" ? unitWidth : 1), 0);
  const unitWidth = unit === "\t" ? 1 : unit.length;
  return Math.round((width(to) - width(from)) / unitWidth);
}

/** An indentation moved by whole levels; never less than none. */
export function shiftIndent(indent: string, levels: number, unit: string): string {
  if (levels >= 0) return indent + unit.repeat(levels);
  return indent.slice(0, Math.max(0, indent.length + levels * unit.length));
}
