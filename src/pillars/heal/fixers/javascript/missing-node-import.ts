import { builtinModules, createRequire } from "node:module";
import { importsStart } from "../../template/imports-start.ts";
import { type Fixer, placeOf, proposals, rewrite, SCRIPT } from "../fixer.ts";
import { undefinedName } from "../source/undefined-name.ts";

/** Modules whose exports people use unqualified; of two that export a name the earlier one is meant. */
const MODULES = ["fs", "path", "os", "url", "util", "crypto", "events", "assert", "stream", "zlib", "readline", "http"];

export const missingNodeImport: Fixer = {
  name: "missing-node-import",
  summary: "a Node built-in module or one of its exports used without its import",
  trust: 0.9,
  async propose(input) {
    const name = undefinedName(input);
    const place = await placeOf(input);
    if (name === undefined || !place || !SCRIPT.test(place.file)) return [];
    const load = createRequire(import.meta.url);
    const exporter = MODULES.find((module) => Object.hasOwn(load(`node:${module}`) as object, name));
    const source = (await input.tree.read(place.file)) ?? "";
    const whole = builtinModules.includes(name) && new RegExp(`\\b${name}\\s*[.(]`).test(source);
    const commonjs = /\brequire\(/.test(source) && !/^import\b/m.test(source);
    const end = /;\s*$/m.test(source) ? ";" : "";
    const quote = /from\s+'|require\('/.test(source) ? "'" : '"';
    const from = (module: string) => `${quote}node:${module}${quote}`;
    const statements = [
      ...(whole
        ? [commonjs ? `const ${name} = require(${from(name)})${end}` : `import ${name} from ${from(name)}${end}`]
        : []),
      ...(exporter
        ? [
            commonjs
              ? `const { ${name} } = require(${from(exporter)})${end}`
              : `import { ${name} } from ${from(exporter)}${end}`,
          ]
        : []),
    ];
    const changes = await Promise.all(
      statements.map((statement) =>
        rewrite(input.tree, place.file, (text) => {
          const lines = text.split("\n");
          const at = importsStart(lines);
          const next = lines[at] ?? "";
          const apart = next.trim() === "" || /^(?:import\b|(?:const|let|var)\s.*\brequire\()/.test(next) ? [] : [""];
          lines.splice(at, 0, statement, ...apart);
          return lines.join("\n");
        }),
      ),
    );
    return changes.flatMap((change, index) =>
      proposals(`import what ${name} is`, [change]).map((one) => ({
        ...one,
        summary: statements[index] ?? one.summary,
      })),
    );
  },
};
