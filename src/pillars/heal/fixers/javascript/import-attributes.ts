import { type Fixer, placeOf, proposals, rewrite, SCRIPT, textOf } from "../fixer.ts";

const STATIC = /((?:\bfrom|\bimport)\s*(?:"[^"\n]*"|'[^'\n]*')\s*)assert(\s*\{)/g;
const DYNAMIC = /(\bimport\s*\([^)]*?,\s*\{\s*)assert(\s*:)/g;

/** Import assertions left V8 with Node 22; the attribute syntax of the standard says `with`. */
export const importAttributes: Fixer = {
  name: "import-attributes",
  summary: 'an import assertion (`assert { type: "json" }`) on a Node that only knows import attributes (`with`)',
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    if (!/Unexpected identifier 'assert'|Import assertions have been replaced by import attributes/.test(text))
      return [];
    const place = await placeOf(input);
    const edit = (source: string) => source.replace(STATIC, "$1with$2").replace(DYNAMIC, "$1with$2");
    const files = (await input.tree.paths()).filter((path) => SCRIPT.test(path));
    const there = place ? await rewrite(input.tree, place.file, edit) : undefined;
    const all = await Promise.all(files.map((path) => rewrite(input.tree, path, edit)));
    return [
      ...proposals("import with attributes instead of assertions", [there]),
      ...proposals("import with attributes instead of assertions, everywhere", all),
    ];
  },
};
