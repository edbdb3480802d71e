import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const UNUSED =
  /'([\w$]+)' is declared but its value is never read|declared and not used: (\w+)|(\w+) declared (?:and|but) not used|unused variable [‘'`](\w+)[’'`]|variable [‘'](\w+)[’'] set but not used|Local variable [`'](\w+)[`'] is assigned to but never used/;

/** What is computed may have effects: only a value that has none is dropped, a call keeps being made. */
export const unusedVariable: Fixer = {
  name: "unused-variable",
  summary: "a variable that nothing reads, where the build takes that for an error",
  trust: 0.7,
  async propose(input) {
    const name = UNUSED.exec(textOf(input))
      ?.slice(1)
      .find((group) => group !== undefined);
    const place = await placeOf(input);
    if (name === undefined || !place) return [];
    const line = ((await input.tree.read(place.file)) ?? "").split("\n")[place.line - 1] ?? "";
    const declared = new RegExp(
      `^(\\s*)(?:(?:export\\s+)?(?:const|let|var)\\s+)?(?:[\\w:<>*]+\\s+)??\\*?${name}\\s*(?::[^=]+)?(:?=)\\s*(.+?)(;?)\\s*$`,
    ).exec(line);
    if (!declared || /^\s*(?:import|from)\b/.test(line)) {
      const bare = new RegExp(`^\\s*(?:(?:let|var)\\s+|[\\w<>]+\\s+\\*?)${name}\\s*;?\\s*$`).test(line);
      return bare
        ? proposals(`drop the unused ${name}`, [await rewrite(input.tree, place.file, withoutLine(place.line))])
        : [];
    }
    const [, indent = "", , value = "", end = ""] = declared;
    const summary = `drop ${name}, which nothing reads`;
    if (!/[(`]|\bawait\b|\bnew\b|<-/.test(value)) {
      return proposals(summary, [await rewrite(input.tree, place.file, withoutLine(place.line))]);
    }
    const kept = place.file.endsWith(".go") ? `${indent}_ = ${value}` : `${indent}${value}${end}`;
    return proposals(summary, [
      await rewrite(
        input.tree,
        place.file,
        editLine(place.line, () => kept),
      ),
    ]);
  },
};

function withoutLine(line: number): (text: string) => string {
  return (text) => {
    const lines = text.split("\n");
    lines.splice(line - 1, 1);
    return lines.join("\n");
  };
}
