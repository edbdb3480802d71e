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
