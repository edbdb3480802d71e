import { posix } from "node:path";
import { type Fixer, proposals, rewrite, SCRIPT, textOf } from "../fixer.ts";

const MISSING = /Module "([^"]+\.json)" needs an import attribute of "type: json"/;

export const importAttributeMissing: Fixer = {
  name: "import-attribute-missing",
  summary: 'an import of a JSON file without `with { type: "json" }`',
  trust: 0.9,
  async propose(input) {
    const { tree } = input;
    const target = MISSING.exec(textOf(input))?.[1];
    const file = target === undefined ? undefined : await tree.locate(target);
    if (file === undefined) return [];
    const scripts = (await tree.paths()).filter((path) => SCRIPT.test(path));
    const changes = await Promise.all(
      scripts.map((path) =>
        rewrite(tree, path, (text) =>
          text.replace(
            /(\bfrom\s*|\bimport\s+)(["'])(\.{1,2}\/[^"'\n]+)\2(?!\s*(?:with|assert)\b)/g,
            (whole, _from, quote, specifier) =>
              posix.normalize(posix.join(posix.dirname(path), specifier)) === file
                ? `${whole} with { type: ${quote}json${quote} }`
                : whole,
          ),
        ),
      ),
    );
    return proposals("import the JSON file with its attribute", changes);
  },
};
