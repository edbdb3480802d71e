import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const AWAIT =
  /await is only valid in async functions|'await' expressions are only allowed within async functions|Unexpected reserved word|'await' outside async function|"await" can only be used inside an "async" function/;

const FUNCTIONS: readonly (readonly [RegExp, string])[] = [
  [/^(\s*(?:export\s+)?(?:default\s+)?)(function\b)/, "$1async $2"],
  [/^(\s*)(def\s)/, "$1async $2"],
  [/((?:=|\(|,|:|return)\s*)((?:\([^()]*\)|[\p{L}_$][\p{L}\p{N}_$]*)\s*(?::\s*[^=]+)?=>)/u, "$1async $2"],
  [/((?:=|\(|,|:)\s*)(function\b)/, "$1async $2"],
  [
    /^(\s*(?:(?:public|private|protected|static|override)\s+)*)((?!(?:if|for|while|switch|catch|return)\b)[\p{L}_$#][\p{L}\p{N}_$]*\s*\([^()]*\)\s*(?::[^{]+)?\{)/u,
    "$1async $2",
  ],
];

export const missingAsync: Fixer = {
  name: "missing-async",
  summary: "`await` in a function that is not `async`",
  trust: 0.9,
  async propose(input) {
    const place = await placeOf(input);
    if (!place || !AWAIT.test(textOf(input))) return [];
    const lines = ((await input.tree.read(place.file)) ?? "").split("\n");
    const own = lines[place.line - 1] ?? "";
    if (!/\bawait\b/.test(own)) return [];
    const depth = indentOf(own);
    for (let at = place.line - 1; at >= 0; at--) {
      const line = lines[at] ?? "";
      const outer = at === place.line - 1 || (line.trim() !== "" && indentOf(line) < depth);
      if (!outer || /\basync\b/.test(line)) continue;
      const found = FUNCTIONS.find(([pattern]) => pattern.test(line));
      if (!found || (at === place.line - 1 && line.search(/\bawait\b/) < line.search(found[0]))) continue;
      const [pattern, made] = found;
      const change = await rewrite(
        input.tree,
        place.file,
        editLine(at + 1, (text) => text.replace(pattern, made)),
      );
      return proposals("make the function that awaits async", [change]);
    }
    return [];
  },
};

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
