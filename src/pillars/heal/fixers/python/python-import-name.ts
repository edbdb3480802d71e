import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import { type Fixer, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";
import { withPythonImport } from "../source/missing-local-import.ts";
import { moduleDefining } from "./module-paths.ts";

const SAYS = /cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'/;
const DEFINED = /^(?:(?:async\s+)?def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=(?!=)/gm;

export const pythonImportName: Fixer = {
  name: "python-import-name",
  summary:
    "a misspelt name in `from … import …`, by the names that the module defines, or one that its package no longer passes on",
  trust: 0.7,
  async propose(input) {
    const [, name, module] = SAYS.exec(textOf(input)) ?? [];
    const place = await placeOf(input);
    if (name === undefined || module === undefined || !place?.file.endsWith(".py")) return [];
    const { tree } = input;
    const file = module.replaceAll(".", "/");
    const path = (await tree.locate(`${file}.py`)) ?? (await tree.locate(`${file}/__init__.py`));
    const text = path === undefined ? undefined : await tree.read(path);
    if (text === undefined) return [];
    const names = [...text.matchAll(DEFINED)].map((match) => match[1] ?? match[2] ?? "");
    if (
      path !== undefined &&
      posix.basename(path) === "__init__.py" &&
      !wholeWord(name, "u").test(text.replace(/^__all__[\s\S]*?\]/m, ""))
    ) {
      const defining = await moduleDefining(tree, posix.dirname(path), name);
      const exported =
        defining && (await rewrite(tree, path, (source) => withPythonImport(source, path, defining, name)));
      if (exported) return proposals(`let ${module} export ${name}`, [exported]);
    }
    const meant = didYouMean(name, names);
    if (meant === undefined || names.includes(name)) return [];
    const change = await rewrite(tree, place.file, (source) => source.replace(wholeWord(name), meant));
    return proposals(`import ${meant}, which ${module} defines`, [change]);
  },
};
