import { expectText, type FixerCase } from "./case.ts";

const ESM = '{ "type": "module" }\n';
const TSCONFIG =
  '{ "compilerOptions": { "strict": true, "noEmit": true, "module": "nodenext", "target": "es2022", "types": [], "noUnusedLocals": true } }\n';

export const JAVASCRIPT: readonly FixerCase[] = [
  {
    fixer: "import-attributes",
    name: "an import assertion",
    files: {
      "package.json": ESM,
      "a.json": "{}",
      "a.js": 'import a from "./a.json" assert { type: "json" };\nvoid a;\n',
    },
    command: "node a.js",
    after: { "a.js": 'import a from "./a.json" with { type: "json" };\nvoid a;\n' },
  },
  {
    fixer: "import-attribute-missing",
    name: "a JSON import without its attribute",
    files: { "package.json": ESM, "data/a.json": "{}", "src/a.js": "import a from '../data/a.json';\nvoid a;\n" },
    command: "node src/a.js",
    after: { "src/a.js": "import a from '../data/a.json' with { type: 'json' };\nvoid a;\n" },
  },
  {
    fixer: "missing-esm-export",
    name: "a misspelt export",
    files: {
      "package.json": ESM,
      "money.js": "export function formatMoney() {}\nexport const other = 1;\n",
      "a.js": 'import { formatMony } from "./money.js";\nformatMony();\n',
    },
    command: "node a.js",
    after: { "a.js": 'import { formatMoney } from "./money.js";\nformatMoney();\n' },
  },
  {
    fixer: "missing-esm-export",
    name: "a named import of a default export",
    files: {
      "package.json": ESM,
      "x.js": "export default function x() {}\n",
      "a.js": 'import { x } from "./x.js";\nx();\n',
    },
    command: "node a.js",
    after: { "a.js": 'import x from "./x.js";\nx();\n' },
  },
  {
    fixer: "missing-js-extension",
    name: "node wants the extension",
    files: {
      "package.json": ESM,
      "src/util.js": "export const x = 1;\n",
      "src/a.js": 'import { x } from "./util";\nvoid x;\n',
    },
    command: "node src/a.js",
    after: { "src/a.js": 'import { x } from "./util.js";\nvoid x;\n' },
  },
  {
    fixer: "missing-js-extension",
    name: "tsc wants the extension",
    files: {
      "package.json": ESM,
      "tsconfig.json": TSCONFIG,
      "b.ts": "export const b = 1;\n",
      "a.ts": 'import { b } from "./b";\nexport const a = b;\n',
    },
    command: "tsc -p .",
    after: { "a.ts": 'import { b } from "./b.js";\nexport const a = b;\n' },
  },
  {
    fixer: "wrong-module-case",
    name: "upper and lower case",
    files: {
      "package.json": ESM,
      "money.js": "export const m = 1;\n",
      "a.js": 'import { m } from "./Money.js";\nvoid m;\n',
    },
    command: "node a.js",
    after: { "a.js": 'import { m } from "./money.js";\nvoid m;\n' },
  },
  {
    fixer: "misspelt-module-path",
    name: "a misspelt file",
    files: {
      "package.json": ESM,
      "lib/money.js": "export const m = 1;\n",
      "a.js": 'import { m } from "./lib/mony.js";\nvoid m;\n',
    },
    command: "node a.js",
    after: { "a.js": 'import { m } from "./lib/money.js";\nvoid m;\n' },
  },
  {
    fixer: "misspelt-module-path",
    name: "a required file that lies elsewhere",
    files: { "lib/deep/money.js": "module.exports = 1;\n", "a.js": 'const m = require("./lib/money");\nvoid m;\n' },
    command: "node a.js",
    after: { "a.js": 'const m = require("./lib/deep/money");\nvoid m;\n' },
  },
  {
    fixer: "misspelt-module",
    name: "a misspelt built-in module",
    files: { "package.json": ESM, "a.js": 'import assert from "node:asert";\nassert(true);\n' },
    command: "node a.js",
    after: { "a.js": 'import assert from "node:assert";\nassert(true);\n' },
  },
  {
    fixer: "commonjs-in-esm",
    name: "require and module.exports",
    files: {
      "package.json": ESM,
      "a.js":
        'const { join: glue } = require("node:path");\nconst a = glue(__dirname, "x");\nmodule.exports = { a };\n',
    },
    command: "node a.js",
    after: {
      "a.js": 'import { join as glue } from "node:path";\nconst a = glue(import.meta.dirname, "x");\nexport { a };\n',
    },
  },
  {
    fixer: "esm-in-commonjs",
    name: "a package without a type",
    files: { "package.json": '{\n  "name": "x"\n}\n', "a.js": 'import fs from "node:fs";\nvoid fs;\n' },
    command: "node --no-experimental-detect-module a.js",
    after: { "package.json": '{\n  "type": "module",\n  "name": "x"\n}\n' },
  },
  {
    fixer: "missing-async",
    name: "await in a plain function",
    files: {
      "package.json": ESM,
      "a.js": "const f = (x) => {\n  const y = 1;\n  await x;\n  return y;\n};\nf(Promise.resolve());\n",
    },
    command: "node a.js",
    after: { "a.js": "const f = async (x) => {\n  const y = 1;\n  await x;\n  return y;\n};\nf(Promise.resolve());\n" },
  },
  {
    fixer: "missing-await",
    name: "a promise used as a string",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts":
        'async function g(): Promise<string> {\n  return "a";\n}\nexport async function f(): Promise<number> {\n  const x = g();\n  return x.length;\n}\n',
    },
    command: "tsc -p .",
    after: {
      "a.ts":
        'async function g(): Promise<string> {\n  return "a";\n}\nexport async function f(): Promise<number> {\n  const x = await g();\n  return x.length;\n}\n',
    },
  },
  {
    fixer: "missing-node-import",
    name: "an export of node:fs",
    files: { "package.json": ESM, "a.js": 'import os from "node:os";\n\nvoid os;\nvoid existsSync("x");\n' },
    command: "node a.js",
    after: {
      "a.js": 'import { existsSync } from "node:fs";\nimport os from "node:os";\n\nvoid os;\nvoid existsSync("x");\n',
    },
  },
  {
    fixer: "missing-node-import",
    name: "node:path in CommonJS",
    files: { "a.js": "const os = require('os');\nvoid os;\nvoid path.join('a');\n" },
    command: "node a.js",
    after: {
      "a.js": "const path = require('node:path');\nconst os = require('os');\nvoid os;\nvoid path.join('a');\n",
    },
  },
  {
    fixer: "const-reassigned",
    name: "a counter that is const",
    files: { "package.json": ESM, "a.js": "const count = 0;\nfor (const x of [1]) {\n  count += x;\n}\n" },
    command: "node a.js",
    after: { "a.js": "let count = 0;\nfor (const x of [1]) {\n  count += x;\n}\n" },
  },
  {
    fixer: "json-syntax",
    name: "a comma too many, one too few, and a comment",
    files: {
      "package.json": ESM,
      "data.json": '{\n  // names\n  "a": "x // y"\n  "b": [1, 2,],\n}\n',
      "a.js": 'import d from "./data.json" with { type: "json" };\nif (d.b[1] !== 2) throw new Error("wrong");\n',
    },
    command: "node a.js",
    after: { "data.json": '{\n\n  "a": "x // y",\n  "b": [1, 2]\n}\n' },
  },
  {
    fixer: "json-syntax",
    name: "a manifest that npm refuses",
    files: { "package.json": '{ "name": "x", "scripts": { "test": "true" }, }\n' },
    command: "npm test",
    after: { "package.json": '{ "name": "x", "scripts": { "test": "true" } }\n' },
  },
  {
    fixer: "npm-lock",
    name: "a lock that lacks a dependency",
    files: {
      "package.json": '{\n  "name": "x",\n  "version": "1.0.0",\n  "dependencies": {\n    "y": "file:./y"\n  }\n}\n',
      "y/package.json": '{ "name": "y", "version": "1.0.0" }\n',
      "package-lock.json":
        '{\n  "name": "x",\n  "version": "1.0.0",\n  "lockfileVersion": 3,\n  "requires": true,\n  "packages": {\n    "": {\n      "name": "x",\n      "version": "1.0.0"\n    }\n  }\n}\n',
    },
    command: "npm ci --no-audit --no-fund",
    after: { "package-lock.json": expectText(/"node_modules\/y": \{\n\s+"resolved": "y",\n\s+"link": true/) },
  },
  {
    fixer: "biome-fix",
    name: "format and safe fixes",
    files: {
      "a.js": "let   x = 1\nexport { x }\n",
      "biome.json": '{ "linter": { "rules": { "style": { "useConst": "error" } } } }\n',
    },
    command: "biome ci a.js",
    after: { "a.js": "const x = 1;\n\nexport { x };\n" },
  },
  {
    fixer: "unused-import",
    name: "TypeScript",
    files: {
      "package.json": ESM,
      "tsconfig.json": TSCONFIG,
      "b.ts": "export const b = 1;\nexport const c = 2;\n",
      "a.ts": 'import { b, c } from "./b.js";\nexport const a = b;\n',
    },
    command: "tsc -p .",
    after: { "a.ts": 'import { b } from "./b.js";\nexport const a = b;\n' },
  },
  {
    fixer: "misspelt-identifier",
    name: "JavaScript",
    files: { "package.json": ESM, "a.js": "const total = 1;\nconst rest = 2;\nvoid (rest + totl);\n" },
    command: "node a.js",
    after: { "a.js": "const total = 1;\nconst rest = 2;\nvoid (rest + total);\n" },
  },
  {
    fixer: "misspelt-identifier",
    name: "TypeScript's own suggestion",
    files: { "package.json": ESM, "tsconfig.json": TSCONFIG, "a.ts": 'export const n: number = "abc".lenght;\n' },
    command: "tsc -p .",
    after: { "a.ts": 'export const n: number = "abc".length;\n' },
  },
];
