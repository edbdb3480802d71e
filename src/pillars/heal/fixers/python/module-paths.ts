import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import type { Tree } from "../../tree.ts";
import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const LOST =
  /No module named '([\w.]+)'|Cannot find implementation or library stub for module named "([\w.]+)"|Unable to import '([\w.]+)'/;
const IMPORT = /^([ \t]*from[ \t]+)(\.*[\w.]*)([ \t]+import\b)/gm;
/** Sources that are looked through; a larger repository is not worth the time. */
const MOST_SOURCES = 1_000;

/**
 * Imports of the product's own modules that no file answers to: a misspelt module, or one whose file has got another
 * name. Looked for where the tool says so, and in the failing file itself: a checker that is told to pass over missing
 * modules complains of what follows from them.
 */
export const pythonModulePath: Fixer = {
  name: "python-module-path",
  summary:
    "an import of a Python module of the product that is misspelt, or whose file was renamed, by the modules that are there",
  trust: 0.7,
  async propose(input) {
    const { tree } = input;
    const lost = LOST.exec(textOf(input))
      ?.slice(1)
      .find((group) => group !== undefined);
    const place = await placeOf(input);
    const sources = (await tree.paths()).filter((path) => path.endsWith(".py"));
    if (sources.length > MOST_SOURCES || (lost === undefined && !place?.file.endsWith(".py"))) return [];
    const looked = lost === undefined ? sources.filter((path) => path === place?.file) : sources;
    const changes = [];
    for (const path of looked) {
      changes.push(await rewrite(tree, path, (text) => withModules(text, path, sources, lost)));
    }
    return proposals("import the module that is there", changes);
  },
};

/** The source with each lost module of the product replaced by the one that is meant. */
function withModules(text: string, path: string, sources: readonly string[], lost: string | undefined): string {
  return text.replace(IMPORT, (all, from: string, module: string, rest: string) => {
    const folder = folderOf(module, path, sources);
    const own = module.slice(module.lastIndexOf(".") + 1);
    if (folder === undefined || own === "") return all;
    if (lost !== undefined && lost.split(".").at(-1) !== own) return all;
    const siblings = sources.flatMap((source) => {
      const relative = posix.relative(folder, source);
      const name = /^(\w+)(?:\.py|\/__init__\.py)$/.exec(relative)?.[1];
      return name === undefined || name === "__init__" || source === path ? [] : [name];
    });
    if (siblings.includes(own)) return all;
    const meant = didYouMean(own, siblings);
    return meant === undefined ? all : `${from}${module.slice(0, module.length - own.length)}${meant}${rest}`;
  });
}

/** The folder that an import's last name lies in; undefined where it is no package of the product. */
function folderOf(module: string, path: string, sources: readonly string[]): string | undefined {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  const parents = module.slice(dots).split(".").slice(0, -1);
  if (dots > 0) return posix.join(posix.dirname(path), "../".repeat(dots - 1), ...parents);
  const suffix = parents.join("/");
  if (suffix === "") return undefined;
  const found = new Set(
    sources
      .map((source) => posix.dirname(source))
      .filter((folder) => folder === suffix || folder.endsWith(`/${suffix}`)),
  );
  return found.size === 1 ? [...found][0] : undefined;
}

/** The one module of a folder that defines a name; undefined where none or several do. */
export async function moduleDefining(tree: Tree, folder: string, name: string): Promise<string | undefined> {
  const defined = new RegExp(`^(?:(?:async\\s+)?def|class)\\s+${name}\\b|^${name}\\s*(?::[^=\\n]+)?=(?!=)`, "m");
  const found: string[] = [];
  for (const path of (await tree.paths()).filter(
    (one) => posix.dirname(one) === folder && /\/(?!__init__)\w+\.py$/.test(`/${one}`),
  )) {
    if (defined.test((await tree.read(path)) ?? "")) found.push(path);
  }
  return found.length === 1 ? found[0] : undefined;
}
