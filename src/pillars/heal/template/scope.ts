import { extname, posix } from "node:path";
import type { Tree } from "../tree.ts";
import { tokenise } from "./tokens.ts";
import { isPublicWord } from "./vocabulary.ts";

const IMPORT = /(?:from|import|require\()\s*["'](\.{1,2}\/[^"']+)["']/g;
const EXTENSIONS = ["", ".js", ".mjs", ".ts", ".mts", ".tsx", ".jsx", "/index.js", "/index.ts"];
const PYTHON_IMPORT = /^[ \t]*(?:from\s+([\w.]+)\s+import\b|import\s+([\w.]+))/gm;
const INCLUDE = /^\s*#\s*include\s*"([^"]+)"/gm;
/** Languages whose files of one folder see each other's names. */
const ONE_FOLDER = /\.(?:go|java|kt|cs|rs)$/;
const MOST_FILES = 60;

/**
 * The product's own names that a file may mean: those it uses itself and those of the files whose names it sees: what it
 * imports or includes of the product, or its folder where that is the language's way. Used to find what a misspelt name
 * was meant to be.
 */
export async function namesInScope(tree: Tree, path: string): Promise<readonly string[]> {
  const text = (await tree.read(path)) ?? "";
  const texts = [text];
  for (const seen of (await seenFrom(tree, path, text)).slice(0, MOST_FILES)) {
    const source = seen === path ? undefined : await tree.read(seen);
    if (source !== undefined) texts.push(source);
  }
  const names = new Set<string>();
  for (const source of texts) {
    for (const token of tokenise(source)) {
      if (token.kind === "identifier" && token.text.length > 2 && !isPublicWord(token.text, extname(path)))
        names.add(token.text);
    }
  }
  return [...names];
}

/** Paths of the product's files whose names a file sees; some of them may not be there. */
async function seenFrom(tree: Tree, path: string, text: string): Promise<readonly string[]> {
  const folder = posix.dirname(path);
  if (ONE_FOLDER.test(path)) {
    return (await tree.paths()).filter((one) => posix.dirname(one) === folder && extname(one) === extname(path));
  }
  const locate = async (relative: string) => (await tree.locate(relative)) ?? posix.join(folder, relative);
  if (path.endsWith(".py")) {
    const modules = [...text.matchAll(PYTHON_IMPORT)].map(([, from, whole]) => from ?? whole ?? "");
    const files = modules.map((module) => {
      const dots = /^\.*/.exec(module)?.[0].length ?? 0;
      const named = module.slice(dots).replaceAll(".", "/");
      return dots === 0 ? named : posix.join(folder, "../".repeat(dots - 1), named);
    });
    return Promise.all(files.flatMap((file) => [`${file}.py`, `${file}/__init__.py`]).map(locate));
  }
  if (/\.(?:c|cc|cpp|cxx|h|hh|hpp)$/.test(path)) {
    return Promise.all([...text.matchAll(INCLUDE)].map(([, header = ""]) => locate(header)));
  }
  return [...text.matchAll(IMPORT)].flatMap(([, specifier = ""]) =>
    EXTENSIONS.map((extension) => posix.normalize(posix.join(folder, specifier)) + extension),
  );
}
