import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import { type Fixer, proposals, rewrite } from "../fixer.ts";
import { brokenImport, specifierFor, withSpecifier } from "./module-paths.ts";

const EXTENSION = /\.(?:[cm]?[jt]sx?|json)$/;

/** `./Money.js` for `./money.js`: works on file systems that ignore case, fails on those that don't. */
export const wrongModuleCase: Fixer = {
  name: "wrong-module-case",
  summary: "a relative import whose upper and lower case differ from the file's name",
  trust: 0.9,
  async propose(input) {
    const broken = await brokenImport(input);
    if (!broken) return [];
    const wanted = broken.target.toLowerCase();
    const found = (await input.tree.paths()).filter(
      (path) =>
        path.toLowerCase() === wanted ||
        (!EXTENSION.test(wanted) && path.toLowerCase().replace(EXTENSION, "") === wanted),
    );
    const [file] = found;
    if (file === undefined || found.length > 1) return [];
    return [...(await importOf(input.tree, broken, file))];
  },
};

/** `./mony.js` for `./money.js`, and a file that lies in another folder. */
export const misspeltModulePath: Fixer = {
  name: "misspelt-module-path",
  summary: "a relative import with a misspelt file name, or of a file that lies in another folder",
  trust: 0.7,
  async propose(input) {
    const broken = await brokenImport(input);
    if (!broken) return [];
    const paths = (await input.tree.paths()).filter((path) => EXTENSION.test(path) && path !== broken.importer);
    if (paths.some((path) => path === broken.target || path.replace(EXTENSION, "") === broken.target)) return [];
    const folder = posix.dirname(broken.target);
    const name = posix.basename(broken.target).replace(EXTENSION, "");
    const siblings = paths.filter((path) => posix.dirname(path) === folder);
    const meant = didYouMean(name, new Set(siblings.map((path) => posix.basename(path).replace(EXTENSION, ""))));
    const spelt = siblings.filter((path) => posix.basename(path).replace(EXTENSION, "") === meant);
    const moved = paths.filter((path) => posix.basename(path).replace(EXTENSION, "") === name);
    const found = spelt.length > 0 ? spelt : moved;
    const [file] = found;
    if (file === undefined || found.length > 1) return [];
    return importOf(input.tree, broken, file);
  },
};

async function importOf(
  tree: Parameters<typeof rewrite>[0],
  broken: { importer: string; specifier: string },
  file: string,
) {
  const full = specifierFor(broken.importer, file);
  // The importer's habit is kept: no extension where it wrote none, `.js` for a TypeScript source where it wrote that.
  const written = EXTENSION.exec(broken.specifier)?.[0];
  const to = written === undefined ? full.replace(EXTENSION, "") : full.replace(EXTENSION, written);
  const choices = [...new Set([to, full])];
  const changes = await Promise.all(
    choices.map((choice) => rewrite(tree, broken.importer, (text) => withSpecifier(text, broken.specifier, choice))),
  );
  return changes.flatMap((change, index) => proposals(`import ${choices[index]}, as the file is named`, [change]));
}
