import { didYouMean } from "../../../../core/suggest.ts";
import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const SAYS =
  /\bKeyError: (['"])([^'"\n]+)\1|key not found: :?"?([\w.-]+)"?|no (?:key|column|field) (?:named )?['"]([^'"\n]+)['"]/;
const LITERAL = /(["'])((?:(?!\1)[^\\\n]){1,60})\1/g;
/** Files whose texts are looked through for keys. */
const MOST_FILES = 300;

export const misspeltKey: Fixer = {
  name: "misspelt-key",
  summary: "a misspelt key of a dictionary, by the keys that the product's other texts and data use",
  trust: 0.5,
  async propose(input) {
    const match = SAYS.exec(textOf(input));
    const key = match?.[2] ?? match?.[3] ?? match?.[4];
    const place = await placeOf(input);
    if (key === undefined || !place) return [];
    const { tree } = input;
    const written = new RegExp(`(["'])${key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\1`);
    const lines = ((await tree.read(place.file)) ?? "").split("\n");
    if (!written.test(lines[place.line - 1] ?? "")) return [];
    const kind = /\.\w+$/.exec(place.file)?.[0] ?? "";
    const files = (await tree.paths()).filter((path) => path.endsWith(kind) || /\.(?:json|ya?ml|toml)$/.test(path));
    const keys = new Set<string>();
    for (const path of files.slice(0, MOST_FILES)) {
      for (const [, , text = ""] of ((await tree.read(path)) ?? "").matchAll(LITERAL)) keys.add(text);
    }
    keys.delete(key);
    const meant = didYouMean(key, keys);
    if (meant === undefined) return [];
    const change = await rewrite(
      tree,
      place.file,
      editLine(place.line, (line) => line.replace(written, `$1${meant}$1`)),
    );
    return proposals(`look up ${meant}`, [change]);
  },
};
