import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const NONE = /Function is missing a return type annotation/;
const OTHER = /Incompatible return value type \(got "([\w.]+)", expected "([\w.]+)"\)/;

/** Whether the function that begins on a line (from 0) gives a value back anywhere in its body. */
function returnsValue(lines: readonly string[], defined: number): boolean {
  const indent = (line: string) => line.length - line.trimStart().length;
  const own = indent(lines[defined] ?? "");
  const rest = lines.slice(defined + 1);
  const end = rest.findIndex((line) => line.trim() !== "" && indent(line) <= own && !/^\s*\)/.test(line));
  return rest.slice(0, end < 0 ? undefined : end).some((line) => /^\s*(?:return\s+[^#\s]|yield\b)/.test(line));
}

/** mypy wants to hear that a function returns nothing, or says what it returns instead of what its annotation says. */
export const pythonReturnAnnotation: Fixer = {
  name: "python-return-annotation",
  summary:
    "a Python function without the `-> None` that mypy asks for, or that is annotated with another type than it returns",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place?.file.endsWith(".py")) return [];
    const [, got, expected] = OTHER.exec(text) ?? [];
    const missing = NONE.test(text);
    if (!missing && (got === undefined || expected === undefined)) return [];
    const change = await rewrite(input.tree, place.file, (source) => {
      const lines = source.split("\n");
      const defined = lines.slice(0, place.line).findLastIndex((line) => /^\s*(?:async\s+)?def\s/.test(line));
      const end = lines.findIndex((line, index) => index >= defined && /:\s*(?:#.*)?$/.test(line));
      if (defined < 0 || end < 0) return undefined;
      const line = lines[end] ?? "";
      if (missing && returnsValue(lines, defined)) return undefined;
      const edited = missing
        ? line.replace(/\)\s*:(\s*(?:#.*)?)$/, ") -> None:$1")
        : line.replace(new RegExp(`->\\s*${expected?.replaceAll(".", "\\.")}\\s*:`), `-> ${got}:`);
      return edited === line ? undefined : lines.with(end, edited).join("\n");
    });
    return proposals(missing ? "say that nothing is returned" : `say that a ${got} is returned`, [change]);
  },
};
