import { extname, posix } from "node:path";
import type { Tree } from "../tree.ts";
import { tokenise } from "./tokens.ts";
import { isPublicWord } from "./vocabulary.ts";

const IMPORT = /(?:from|import|require\()\s*["'](\.{1,2}\/[^"']+)["']/g;
const EXTENSIONS = ["", ".js", ".mjs", ".ts", ".mts", ".tsx", ".jsx", "/index.js", "/index.ts"];

/**
 * The product's own names that a file may mean: those it uses itself and those of the files it imports by a relative
 * path. Used to find what a misspelt name was meant to be.
 */
export async function namesInScope(tree: Tree, path: string): Promise<readonly string[]> {
  const text = (await tree.read(path)) ?? "";
  const texts = [text];
  for (const [, specifier = ""] of text.matchAll(IMPORT)) {
    const base = posix.normalize(posix.join(posix.dirname(path), specifier));
    for (const candidate of EXTENSIONS.map((extension) => base + extension)) {
      const imported = await tree.read(candidate);
      if (imported !== undefined) {
        texts.push(imported);
        break;
      }
    }
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
