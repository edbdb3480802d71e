import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import type { FileChange } from "../../candidate.ts";
import type { Tree } from "../../tree.ts";
import { type Fixer, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";

const NODE = /The requested module '([^']+)' does not provide an export named '([^']+)'/;
const ESBUILD = /No matching export in "([^"]+)" for import "([^"]+)"/;
const ROLLUP = /"([^"]+)" is not exported by "([^"]+)"/;
/** tsc: TS2305 and TS2614 name the module as such, TS2724 does not. */
const TSC = /(?:Module )?'"([^"]+)"' has no exported member (?:named )?'([^']+)'/;

const EXPORTED =
  /\bexport\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|const|let|var|interface|type|enum)\s+([\p{L}_$][\p{L}\p{N}_$]*)/gu;
const LISTED = /\bexport\s*\{([^}]*)\}/g;

/** Names that a module's text exports by itself; `export *` is not followed. */
export function exportedNames(text: string): string[] {
  const names = [...text.matchAll(EXPORTED)].map((match) => match[1] ?? "");
  for (const [, list = ""] of text.matchAll(LISTED)) {
    for (const part of list.split(",")) {
      const name = part
        .replace(/^\s*type\s+/, "")
        .split(/\s+as\s+/)
        .at(-1)
        ?.trim();
      if (name) names.push(name);
    }
  }
  if (/\bexport\s+default\b/.test(text)) names.push("default");
  return names;
}

/** What tsc says of a name that is there and not exported. */
const LOCAL = /Module '"([^"]+)"' declares '([^']+)' locally, but it is not exported/;

export const unexportedName: Fixer = {
  name: "unexported-name",
  summary: "an import of what a module of the product declares, or could pass on, and does not export",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input);
    const local = LOCAL.exec(text);
    const asked = local?.[1] && local[2] ? { module: local[1], name: local[2] } : readAsked(text);
    const place = await placeOf(input);
    if (!asked || !place) return [];
    const module = await resolveModule(input.tree, place.file, asked.module);
    if (!module) return [];
    const declared = new RegExp(
      `^(?=(?:declare\\s+|abstract\\s+|async\\s+)*(?:function\\*?|class|const|let|var|interface|type|enum)\\s+${wholeWord(asked.name).source})`,
      "mu",
    );
    const change =
      (await rewrite(input.tree, module.path, (source) => source.replace(declared, "export "))) ??
      (await passedOn(input.tree, module, asked.name));
    return proposals(`export ${asked.name} from ${module.path}`, [change]);
  },
};

export const missingEsmExport: Fixer = {
  name: "missing-esm-export",
  summary: "an import of a misspelt export, a named import of a default export, or a default import of a named one",
  trust: 0.9,
  async propose(input) {
    const asked = readAsked(textOf(input));
    const place = await placeOf(input);
    if (!asked || !place) return [];
    const module = await resolveModule(input.tree, place.file, asked.module);
    if (!module) return [];
    const names = exportedNames(module.text);
    if (names.includes(asked.name)) return [];
    const source = (await input.tree.read(place.file)) ?? "";
    if (asked.name === "default") {
      const local = new RegExp(
        `import\\s+([\\p{L}_$][\\p{L}\\p{N}_$]*)\\s+from\\s*["'][^"']*${posix.basename(asked.module).replace(/[.$]/g, "\\$&")}["']`,
        "u",
      ).exec(source);
      const name = local?.[1];
      if (!local || name === undefined || !names.includes(name)) return [];
      const named = local[0].replace(wholeWord(name, "u"), `{ ${name} }`);
      return proposals(`import ${name} by its name`, [
        await rewrite(input.tree, place.file, (text) => text.replace(local[0], named)),
      ]);
    }
    const meant = didYouMean(
      asked.name,
      names.filter((name) => name !== "default"),
    );
    if (meant !== undefined) {
      // A local alias keeps its own name; only what is imported is spelt anew.
      const change = await rewrite(input.tree, place.file, (text) => text.replace(wholeWord(asked.name), meant));
      return proposals(`import ${meant}, which ${posix.basename(asked.module)} exports`, [change]);
    }
    if (names.length === 1 && names[0] === "default") {
      const braces = new RegExp(`import\\s*\\{\\s*${asked.name.replace(/[$]/g, "\\$&")}\\s*\\}\\s*from`, "u");
      const change = await rewrite(input.tree, place.file, (text) => text.replace(braces, `import ${asked.name} from`));
      return proposals(`import ${asked.name} as the default export`, [change]);
    }
    return [];
  },
};

/** A module of re-exports with one name more in the list of the one module that has it. */
async function passedOn(
  tree: Tree,
  module: { path: string; text: string },
  name: string,
): Promise<FileChange | undefined> {
  const lists = [...module.text.matchAll(/\bexport\s*\{([^}]*)\}\s*from\s*["'](\.{1,2}\/[^"']+)["']/g)];
  const having = [];
  for (const list of lists) {
    const from = await resolveModule(tree, module.path, list[2] ?? "");
    if (from && exportedNames(from.text).includes(name)) having.push(list);
  }
  const [only] = having;
  const names = only?.[1];
  if (!only || names === undefined || having.length > 1) return undefined;
  const trimmed = names.trimEnd().replace(/,$/, "");
  const end = names.slice(names.trimEnd().length);
  const comma = names.trimEnd().endsWith(",") ? "," : "";
  const written = only[0].replace(names, `${trimmed}, ${name}${comma}${end}`);
  return rewrite(tree, module.path, (text) => text.replace(only[0], written));
}

/** The folder of the repository's own package of that name. */
async function ownPackage(tree: Tree, name: string): Promise<string | undefined> {
  for (const path of (await tree.paths()).filter((one) => posix.basename(one) === "package.json")) {
    const own = /^\s*"name"\s*:\s*"([^"]+)"/m.exec((await tree.read(path)) ?? "")?.[1];
    if (own === name) return posix.dirname(path);
  }
  return undefined;
}

function readAsked(text: string): { module: string; name: string } | undefined {
  const first = NODE.exec(text) ?? ESBUILD.exec(text) ?? TSC.exec(text);
  if (first?.[1] && first[2]) return { module: first[1], name: first[2] };
  const rollup = ROLLUP.exec(text);
  return rollup?.[1] && rollup[2] ? { module: rollup[2], name: rollup[1] } : undefined;
}

async function resolveModule(
  tree: Tree,
  importer: string,
  module: string,
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const own = /^[@\w]/.test(module) ? await ownPackage(tree, module) : undefined;
  if (own !== undefined) {
    // What is built from them is not in the repository.
    for (const path of ["src/index.ts", "src/index.js", "index.ts", "index.js"].map((one) => posix.join(own, one))) {
      const text = await tree.read(path);
      if (text !== undefined) return { path, text };
    }
  }
  const base = module.startsWith(".") ? posix.normalize(posix.join(posix.dirname(importer), module)) : module;
  const swapped = base.replace(/\.([cm]?)jsx?$/, ".$1ts");
  for (const path of [
    base,
    swapped,
    `${base}.js`,
    `${base}.ts`,
    `${base}.mjs`,
    `${base}/index.js`,
    `${base}/index.ts`,
  ]) {
    const text = await tree.read(path);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}
