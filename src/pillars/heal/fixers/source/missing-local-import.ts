import { posix } from "node:path";
import { importsStart } from "../../template/imports-start.ts";
import type { Tree } from "../../tree.ts";
import { type Fixer, placeOf, proposals, rewrite, SCRIPT } from "../fixer.ts";
import { exportedNames } from "../javascript/missing-esm-export.ts";
import { specifierFor } from "../javascript/module-paths.ts";
import { withImport } from "../python/missing-python-import.ts";
import { undefinedName } from "./undefined-name.ts";

const EXTENSION = /\.[cm]?[jt]sx?$/;
const IMPORTED = /\bimport\s+(?:type\s+)?[^"';]*?from\s*(["'])(\.{1,2}\/[^"']+)\1/g;
/** Modules that are looked through for the name; a larger repository is not worth the time. */
const MOST_MODULES = 2_000;

/** A name of another module of the repository that is used without its import, where only one module exports it. */
export const missingLocalImport: Fixer = {
  name: "missing-local-import",
  summary: "a name of the product's own modules used without its import, where just one of them exports it",
  trust: 0.7,
  async propose(input) {
    const name = undefinedName(input);
    const place = await placeOf(input);
    if (name === undefined || place === undefined) return [];
    const { tree } = input;
    if (SCRIPT.test(place.file)) {
      const module = await onlyModule(tree, place.file, SCRIPT, (text) => exportedNames(text).includes(name));
      if (module === undefined) return [];
      const change = await rewrite(tree, place.file, (text) => withScriptImport(text, place.file, module, name));
      return proposals(`import ${name} from ${module}`, [change]);
    }
    if (place.file.endsWith(".py")) {
      const defined = new RegExp(`^(?:(?:async\\s+)?def|class)\\s+${name}\\b|^${name}\\s*(?::[^=\\n]+)?=(?!=)`, "m");
      const module = await onlyModule(tree, place.file, /\.py$/, (text) => defined.test(text));
      if (module === undefined) return [];
      const change = await rewrite(tree, place.file, (text) => withPythonImport(text, place.file, module, name));
      return proposals(`import ${name} from ${module}`, [change]);
    }
    return [];
  },
};

/** The one module that has the name; tests are no place to import from. */
async function onlyModule(
  tree: Tree,
  importer: string,
  kind: RegExp,
  has: (text: string) => boolean,
): Promise<string | undefined> {
  const modules = (await tree.paths()).filter(
    (path) =>
      kind.test(path) &&
      path !== importer &&
      !path.endsWith(".d.ts") &&
      !/(?:^|[/._-])(?:tests?|spec)(?=[/._-])/.test(path),
  );
  if (modules.length > MOST_MODULES) return undefined;
  const found: string[] = [];
  for (const path of modules) {
    if (has((await tree.read(path)) ?? "")) found.push(path);
    if (found.length > 1) return undefined;
  }
  return found[0];
}

/** The name is added to the import of that module where there is one, else a new import is written as the others are. */
function withScriptImport(text: string, importer: string, module: string, name: string): string | undefined {
  // A program with `require` only says what it wants in another way.
  if (/\brequire\(/.test(text) && !/^import\b/m.test(text)) return undefined;
  const bare = (path: string) => path.replace(EXTENSION, "").replace(/\/index$/, "");
  for (const [statement, , specifier = ""] of text.matchAll(IMPORTED)) {
    if (bare(posix.join(posix.dirname(importer), specifier)) !== bare(module)) continue;
    const listed = /\{([^}]*)\}/.exec(statement);
    if (!listed || /^import\s+type\b/.test(statement)) continue;
    const inner = listed[1] ?? "";
    const end = /,?\s*$/.exec(inner)?.[0] ?? "";
    const names = inner.slice(0, inner.length - end.length);
    const added = names.trim() === "" ? ` ${name} ` : `${names}, ${name}${end === "" ? "" : end}`;
    return text.replace(statement, statement.replace(listed[0], `{${added}}`));
  }
  const lines = text.split("\n");
  const other = /from\s*(["'])(\.{1,2}\/[^"']+)\1(;?)/.exec(text);
  const quote = other?.[1] ?? (/from\s*'/.test(text) ? "'" : '"');
  const end = other?.[3] ?? (/;\s*$/m.test(text) ? ";" : "");
  // Extensions as the file's other imports have them: none, the source's own, or `.js` for TypeScript.
  const written = other?.[2] === undefined ? undefined : (EXTENSION.exec(other[2])?.[0] ?? "");
  const path = specifierFor(importer, module);
  const specifier = written === undefined ? path : path.replace(EXTENSION, written);
  const statement = `import { ${name} } from ${quote}${specifier}${quote}${end}`;
  const at = lastImport(lines);
  lines.splice(
    at,
    0,
    statement,
    ...(at === 0 || /^\s*$/.test(lines[at] ?? "") || /^import\b/.test(lines[at] ?? "") ? [] : [""]),
  );
  return lines.join("\n");
}

/** Behind the last import that begins and ends on lines of its own; else where imports begin. */
function lastImport(lines: readonly string[]): number {
  for (let at = lines.length - 1; at >= 0; at--) {
    if (/^(?:import\b|\}\s*from\b).*["'];?\s*$/.test(lines[at] ?? "")) return at + 1;
  }
  return importsStart(lines);
}

/** The source with a name imported from a module of the product, in the way of its other imports. */
export function withPythonImport(text: string, importer: string, module: string, name: string): string {
  const dotted = pythonModule(importer, module, text);
  const existing = new RegExp(
    `^from\\s+${dotted.replaceAll(".", "\\.")}\\s+import\\s+(?!\\()([^\\n#]+?)(\\s*)$`,
    "m",
  ).exec(text);
  if (existing) return text.replace(existing[0], `${existing[0].trimEnd()}, ${name}${existing[2] ?? ""}`);
  return withImport(text, `from ${dotted} import ${name}`, (lines) => {
    const last = lines.findLastIndex((line) => /^(?:import|from)\s/.test(line) && !line.trimEnd().endsWith("("));
    return last < 0 ? importsStart(lines) : last + 1;
  });
}

/** Relative where the file itself imports relatively, else by the package, below `src` where that is the layout. */
function pythonModule(importer: string, module: string, text: string): string {
  const parts = module.replace(/(?:\/__init__)?\.py$/, "").split("/");
  if (/^from\s+\.+/m.test(text) && posix.dirname(importer) === posix.dirname(module)) return `.${parts.at(-1)}`;
  return (parts[0] === "src" || parts[0] === "lib" ? parts.slice(1) : parts).join(".");
}
