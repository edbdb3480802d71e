import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const SAYS =
  /A function whose declared type is neither|Function lacks ending return statement|Not all code paths return a value|missing return(?: statement)?\b|control reaches end of non-void function|no return statement in function returning non-void/;

/** A last statement that is a value of its own: a call, a name, an object or arithmetic, no assignment and no keyword. */
const VALUE =
  /^(\s*)(?!(?:return|throw|if|else|for|while|do|switch|case|break|continue|const|let|var|try|catch|finally|import|export|delete|void|yield|await|function|class)\b)([\w$(["'`!-][^=]*(?:[=!]==?[^=]*)?;?\s*)$/u;

export const missingReturn: Fixer = {
  name: "missing-return",
  summary: "a function that must give a value and ends with an expression whose value nobody takes",
  trust: 0.7,
  async propose(input) {
    const place = await placeOf(input);
    if (!place || !SAYS.test(textOf(input))) return [];
    const lines = ((await input.tree.read(place.file)) ?? "").split("\n");
    const last = lastStatement(lines, place.line - 1);
    if (last === undefined || !VALUE.test(lines[last]?.replace(/\r$/, "") ?? "")) return [];
    const change = await rewrite(
      input.tree,
      place.file,
      editLine(last + 1, (line) => line.replace(VALUE, "$1return $2")),
    );
    return proposals("return the value of the last statement", [change]);
  },
};

/**
 * The line before the closing brace of the function that a line lies in: compilers point at its head (tsc), its return
 * type, or its closing brace (javac, go, gcc).
 */
function lastStatement(lines: readonly string[], from: number): number | undefined {
  let end = from;
  if (!/^\s*\}/.test(lines[from] ?? "")) {
    let depth = 0;
    let opened = false;
    for (end = from; end < lines.length; end++) {
      for (const char of lines[end] ?? "") {
        if (char === "{") {
          depth++;
          opened = true;
        } else if (char === "}") depth--;
      }
      if (opened && depth <= 0) break;
    }
  }
  if (end >= lines.length) return undefined;
  let at = end - 1;
  while (at > 0 && /^\s*(?:\/\/.*)?\r?$/.test(lines[at] ?? "")) at--;
  return at > 0 ? at : undefined;
}
