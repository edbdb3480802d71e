import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const UNUSED =
  /'([\w$]+)' is declared but its value is never read|[`'"]([\w.]+)[`'"] imported but unused|"([\w./-]+)" imported and not used|All imports in import declaration are unused/;

export const unusedImport: Fixer = {
  name: "unused-import",
  summary: "an import that nothing uses, where the build takes that for an error",
  trust: 0.9,
  async propose(input) {
    const match = UNUSED.exec(textOf(input));
    const place = await placeOf(input);
    if (!match || !place) return [];
    const name = match.slice(1).find((group) => group !== undefined);
    const line = ((await input.tree.read(place.file)) ?? "").split("\n")[place.line - 1] ?? "";
    if (match[3] !== undefined) {
      if (!line.includes(`"${match[3]}"`)) return [];
      return proposals(`drop the unused import of ${match[3]}`, [
        await rewrite(input.tree, place.file, withoutLine(place.line)),
      ]);
    }
    if (!/^\s*(?:import|from)\b/.test(line)) return [];
    const summary = `drop the unused import${name === undefined ? "" : ` of ${name}`}`;
    const shorter = name === undefined ? "" : withoutName(line, name.split(".").at(-1) ?? name);
    return proposals(summary, [
      await rewrite(
        input.tree,
        place.file,
        shorter === "" ? withoutLine(place.line) : editLine(place.line, () => shorter),
      ),
    ]);
  },
};

/** The import without one of its names; empty when none is left. */
function withoutName(line: string, name: string): string {
  const braces = /\{([^}]*)\}/.exec(line);
  const names = (list: string) =>
    list
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  const isIt = (part: string) =>
    part
      .replace(/^type\s+/, "")
      .split(/\s+as\s+/)
      .at(-1) === name;
  if (braces) {
    const kept = names(braces[1] ?? "").filter((part) => !isIt(part));
    const head = /^\s*import\s+([\w$]+)\s*,/.exec(line)?.[1];
    if (head === name) return line.replace(/^(\s*import\s+)[\w$]+\s*,\s*/, "$1");
    if (kept.length > 0) return line.replace(braces[0], `{ ${kept.join(", ")} }`);
    return head === undefined ? "" : line.replace(/\s*,\s*\{[^}]*\}/, "");
  }
  const python = /^(\s*from\s+\S+\s+import\s+|\s*import\s+)(.+)$/.exec(line);
  if (!python || /["']/.test(line)) return "";
  const kept = names((python[2] ?? "").replace(/[()]/g, "")).filter((part) => !isIt(part));
  return kept.length === 0 ? "" : `${python[1]}${kept.join(", ")}`;
}

function withoutLine(line: number): (text: string) => string {
  return (text) => {
    const lines = text.split("\n");
    lines.splice(line - 1, 1);
    return lines.join("\n");
  };
}
