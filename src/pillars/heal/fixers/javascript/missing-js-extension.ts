import { type Fixer, proposals, rewrite } from "../fixer.ts";
import { brokenImport, specifierFor, withSpecifier } from "./module-paths.ts";

/** As the specifier has to be written: TypeScript sources are imported by the name of what they compile to. */
const ENDINGS: readonly (readonly [file: string, written: string])[] = [
  [".js", ".js"],
  [".mjs", ".mjs"],
  [".cjs", ".cjs"],
  [".json", ".json"],
  [".ts", ".js"],
  [".tsx", ".js"],
  [".mts", ".mjs"],
  ["/index.js", "/index.js"],
  ["/index.mjs", "/index.mjs"],
  ["/index.ts", "/index.js"],
];

export const missingJsExtension: Fixer = {
  name: "missing-js-extension",
  summary: "a relative ES module import without the file extension, or of a folder",
  trust: 0.9,
  async propose({ tree, ...input }) {
    const broken = await brokenImport({ tree, ...input });
    if (!broken) return [];
    const paths = await tree.paths();
    const base = broken.target.replace(/\/$/, "");
    const found = ENDINGS.filter(([ending]) => paths.includes(base + ending));
    const [only] = found;
    if (!only || found.length > 1) return [];
    // A project that runs its TypeScript directly writes the real extension.
    const direct =
      /\.[cm]?tsx?$/.test(only[0]) &&
      /["']\.{1,2}\/[^"']+\.[cm]?tsx?["']/.test((await tree.read(broken.importer)) ?? "");
    const to = specifierFor(broken.importer, base + (direct ? only[0] : only[1]));
    const change = await rewrite(tree, broken.importer, (text) => withSpecifier(text, broken.specifier, to));
    return proposals(`import ${to} with its extension`, [change]);
  },
};
