import { indentUnit } from "../../template/lines.ts";
import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const FAULT =
  /(TabError: inconsistent use of tabs|unindent does not match any outer indentation level|unexpected indent|expected an indented block(?: after (?:[^\n]*?) on line (\d+))?)/;

/** Indentation that Python refuses. What the block was meant to be is decided by the lines around it. */
export const pythonIndentation: Fixer = {
  name: "python-indentation",
  summary: "Python indentation: mixed tabs and spaces, a line off its block's level, a missing or surplus level",
  trust: 0.7,
  async propose(input) {
    const fault = FAULT.exec(textOf(input))?.[1];
    const place = await placeOf(input);
    if (fault === undefined || !place?.file.endsWith(".py")) return [];
    const source = (await input.tree.read(place.file)) ?? "";
    const lines = source.split("\n");
    const spaces = indentUnit(source.replaceAll("\t", ""));
    if (fault.startsWith("TabError")) {
      const edits = [8, 4].map(
        (width) => (text: string) =>
          text
            .split("\n")
            .map((line) => line.replace(/^[ \t]+/, (indent) => expand(indent, width)))
            .join("\n"),
      );
      const changes = await Promise.all(edits.map((edit) => rewrite(input.tree, place.file, edit)));
      return changes.flatMap((change) => proposals("indent with spaces only", [change]));
    }
    const above = previous(lines, place.line - 1);
    const wanted = fault.startsWith("unindent")
      ? outerLevels(lines, place.line - 1)
      : fault.startsWith("unexpected")
        ? [above]
        : [above + spaces];
    const changes = await Promise.all(
      wanted.map((indent) =>
        rewrite(
          input.tree,
          place.file,
          editLine(place.line, (line) => indent + line.trimStart()),
        ),
      ),
    );
    return changes.flatMap((change) => proposals("put the line on the level of its block", [change]));
  },
};

function expand(indent: string, width: number): string {
  let column = 0;
  for (const char of indent) column = char === "\t" ? (Math.floor(column / width) + 1) * width : column + 1;
  return " ".repeat(column);
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** Indentation of the nearest line above that has text. */
function previous(lines: readonly string[], index: number): string {
  for (let at = index - 1; at >= 0; at--) {
    const line = lines[at] ?? "";
    if (line.trim() !== "") return indentOf(line);
  }
  return "";
}

/** The levels that are open above a line, the nearest in width first; of two as near the outer one: it was unindented. */
function outerLevels(lines: readonly string[], index: number): string[] {
  const own = indentOf(lines[index] ?? "").length;
  const open = new Set<string>();
  let limit = Number.POSITIVE_INFINITY;
  for (let at = index - 1; at >= 0 && limit > 0; at--) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || line.trim().startsWith("#")) continue;
    const indent = indentOf(line);
    if (indent.length < limit) {
      open.add(indent);
      limit = indent.length;
    }
  }
  return [...open]
    .sort((a, b) => Math.abs(a.length - own) - Math.abs(b.length - own) || a.length - b.length)
    .slice(0, 3);
}
