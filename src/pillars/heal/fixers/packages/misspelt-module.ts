import { builtinModules } from "node:module";
import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import { PYTHON_MODULES } from "../../template/vocabulary.ts";
import { type Fixer, type FixerInput, placeOf, proposals, rewrite, SCRIPT, textOf, wholeWord } from "../fixer.ts";

const NODE =
  /No such built-in module: ((?:node:)?[\w./-]+)|Cannot find package '([^']+)' imported from|Cannot find module '([^.'/][^']*)'/;
const PYTHON = /No module named '?([\w.]+)'?/;

/** A dependency with its range, or the name of a workspace's package. */
const DECLARED =
  /"((?:@[\w.-]+\/)?[\w.-]+)"\s*:\s*"(?:[\^~]?[\d*]|workspace:)|^\s*"name"\s*:\s*"((?:@[\w.-]+\/)?[\w.-]+)"/gm;
/** Of a larger monorepo the first ones are enough for a guess. */
const MOST_MANIFESTS = 200;

/** A misspelt package: only names that the product has declared or the language has itself are put in its place. */
export const misspeltModule: Fixer = {
  name: "misspelt-module",
  summary:
    "an import of a misspelt package, by the declared dependencies, the product's own modules and the built-in ones",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input);
    const node = NODE.exec(text)
      ?.slice(1)
      .find((group) => group !== undefined);
    if (node !== undefined) return inScripts(input, node);
    const python = PYTHON.exec(text)?.[1];
    return python === undefined ? [] : inPython(input, python);
  },
};

async function inScripts({ tree }: FixerInput, name: string) {
  const manifests = (await tree.paths()).filter((path) => posix.basename(path) === "package.json");
  const declared: string[] = [];
  for (const path of manifests.slice(0, MOST_MANIFESTS)) {
    const text = (await tree.read(path)) ?? "";
    declared.push(...[...text.matchAll(DECLARED)].map((match) => match[1] ?? match[2] ?? ""));
  }
  const builtin = builtinModules.filter((module) => !module.startsWith("_"));
  const known =
    name.startsWith("node:") || /^nod/.test(name)
      ? builtin.map((module) => `node:${module}`)
      : [...declared, ...builtin];
  const meant = didYouMean(name, known);
  if (meant === undefined) return [];
  const scripts = (await tree.paths()).filter((path) => SCRIPT.test(path));
  const changes = await Promise.all(
    scripts.map((path) =>
      rewrite(tree, path, (text) => text.replaceAll(`"${name}"`, `"${meant}"`).replaceAll(`'${name}'`, `'${meant}'`)),
    ),
  );
  return proposals(`import ${meant} instead of ${name}`, changes);
}

async function inPython(input: FixerInput, name: string) {
  const { tree } = input;
  const place = await placeOf(input);
  if (!place?.file.endsWith(".py")) return [];
  const own = (await tree.paths())
    .filter((path) => path.endsWith(".py"))
    .flatMap((path) => [posix.basename(path, ".py"), path.split("/")[0] ?? ""])
    .filter((word) => /^\w+$/.test(word) && word !== "__init__");
  const declared = ((await tree.read("requirements.txt")) ?? "").match(/^[\w-]+/gm) ?? [];
  const first = name.split(".")[0] ?? name;
  const last = name.split(".").at(-1) ?? name;
  const word = first === last ? first : last;
  const meant = didYouMean(
    word,
    new Set([...PYTHON_MODULES, ...own, ...declared.map((one) => one.replaceAll("-", "_"))]),
  );
  if (meant === undefined) return [];
  const change = await rewrite(tree, place.file, (text) => text.replace(wholeWord(word), meant));
  return proposals(`import ${meant} instead of ${word}`, [change]);
}
