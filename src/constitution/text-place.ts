import type { SourcePlace } from "../core/diagnostic.ts";

/**
 * The place in a YAML file of a span inside a scalar's value. YAML folds lines, indents and escapes, so value and source
 * are walked side by side: each character of the value that is not white space is found again, in order, in the source
 * of the scalar, which begins at `scalar`.
 */
export function placeInScalar(
  fileText: string,
  scalar: SourcePlace,
  value: string,
  span: { readonly start: number; readonly end: number },
): SourcePlace {
  if (scalar.line === undefined || scalar.column === undefined) return scalar;
  const lines = fileText.split(/\r?\n/);
  const source = { line: scalar.line, column: scalar.column };
  const first = lines[source.line - 1]?.[source.column - 1];
  if (first === "|" || first === ">") {
    source.line++;
    source.column = 1;
  }
  let at: { line: number; column: number } | undefined;
  let endColumn = 0;
  for (let index = 0; index < value.length && index < span.end; index++) {
    const char = value[index] as string;
    if (/\s/.test(char)) continue;
    if (!seek(lines, source, char)) return scalar;
    if (index >= span.start && !at) at = { ...source };
    if (at && source.line === at.line) endColumn = source.column + 1;
    source.column++;
  }
  if (!at) {
    // An empty span, as where the text ends too early: the column after its last character.
    at = { ...source };
    endColumn = source.column + 1;
  }
  const top = Math.max(1, at.line - 1);
  return {
    file: scalar.file,
    ...(scalar.commit ? { commit: scalar.commit } : {}),
    line: at.line,
    column: at.column,
    endColumn,
    excerpt: { firstLine: top, lines: lines.slice(top - 1, at.line + 1) },
  };
}

function seek(lines: readonly string[], source: { line: number; column: number }, char: string): boolean {
  for (;;) {
    const line = lines[source.line - 1];
    if (line === undefined) return false;
    const found = line.indexOf(char, source.column - 1);
    if (found >= 0) {
      source.column = found + 1;
      return true;
    }
    source.line++;
    source.column = 1;
  }
}
