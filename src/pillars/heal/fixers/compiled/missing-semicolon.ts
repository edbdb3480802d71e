import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const HERE = /error: '?;'? expected|';' expected|expected `;`, found|expected ';' after/;
const BEFORE = /expected (?:[‘'],[’'] or )?[‘'];[’'] before/;

export const missingSemicolon: Fixer = {
  name: "missing-semicolon",
  summary: "a missing semicolon in C, C++, Java or Rust",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place || !(HERE.test(text) || BEFORE.test(text))) return [];
    const lines = ((await input.tree.read(place.file)) ?? "").split("\n");
    const ends = (line: string) => /[\w)\]"'}]\s*$/.test(line.replace(/\/\/.*$/, ""));
    // gcc points at the token after the gap, which is most often on the next line.
    let at = place.line;
    if (BEFORE.test(text) || !ends(lines[at - 1] ?? "")) {
      do at--;
      while (at > 0 && (lines[at - 1] ?? "").trim() === "");
    }
    const candidates = [...new Set([at, place.line])].filter((line) => ends(lines[line - 1] ?? ""));
    const changes = await Promise.all(
      candidates.map((line) =>
        rewrite(
          input.tree,
          place.file,
          editLine(line, (old) => old.replace(/(\s*(?:\/\/.*)?)$/, ";$1")),
        ),
      ),
    );
    return changes.flatMap((change) => proposals("end the statement with a semicolon", [change]));
  },
};
