import { expectText, type FixerCase } from "./case.ts";

const ESM = '{ "type": "module" }\n';
const TSCONFIG =
  '{ "compilerOptions": { "strict": true, "noEmit": true, "module": "nodenext", "target": "es2022", "types": [], "noUnusedLocals": true } }\n';
const STRICTER = TSCONFIG.replace(
  '"strict": true',
  '"strict": true, "verbatimModuleSyntax": true, "noImplicitOverride": true',
);
const NPM_INSTALL = "npm install --ignore-scripts --no-audit --no-fund --silent";

export const JAVASCRIPT: readonly FixerCase[] = [
  {
    fixer: "argument-type",
    name: "arguments in the wrong order",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts":
        "const pad = (text: string, width: number) => text.padStart(width);\nexport const a = pad(12, String(5));\n",
    },
    command: "tsc -p .",
    after: { "a.ts": expectText(/^export const a = pad\(String\(5\), 12\);$/m) },
  },
  {
    fixer: "argument-type",
    name: "a number where a text is wanted",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts":
        "const pad = (text: string, width: number) => text.padStart(width);\nconst n = [1].length;\nexport const a = pad(n, n);\n",
    },
    command: "tsc -p .",
    after: { "a.ts": expectText(/^export const a = pad\(String\(n\), n\);$/m) },
  },
  {
    fixer: "misspelt-keyword",
    name: "tsc's own suggestion",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts": "xexport function a(): number {\n  return 1;\n}\n",
    },
    command: "tsc -p .",
    after: { "a.ts": "export function a(): number {\n  return 1;\n}\n" },
  },
  {
    fixer: "unbalanced-bracket",
    name: "within a template string",
    files: { "a.js": "const n = 5;\nconsole.log([n].map((one) => `${String(Math.max(one, 1)} ${n}`));\n" },
    command: "node a.js",
    after: { "a.js": "const n = 5;\nconsole.log([n].map((one) => `${String(Math.max(one, 1))} ${n}`));\n" },
  },
  {
    fixer: "missing-esm-export",
    name: "what tsc says of a misspelt export",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "money.ts": "export function isZero(): boolean {\n  return true;\n}\n",
      "a.ts": 'import { isZeroo } from "./money.js";\nexport const a = isZeroo();\n',
    },
    command: "tsc -p .",
    after: { "a.ts": 'import { isZero } from "./money.js";\nexport const a = isZero();\n' },
  },
  {
    fixer: "unexported-name",
    name: "a function that its module keeps to itself",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "text.ts": "function title(text: string): string {\n  return text;\n}\nexport const t = title('t');\n",
      "a.ts": 'import { title } from "./text.js";\nexport const a = title("a");\n',
    },
    command: "tsc -p .",
    after: {
      "text.ts": "export function title(text: string): string {\n  return text;\n}\nexport const t = title('t');\n",
    },
  },
  {
    fixer: "missing-local-import",
    name: "a name of another module, beside what is imported from there",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "src/text.ts": "export const WIDTH = 12;\nexport const pad = (text: string) => text.padStart(WIDTH);\n",
      "src/a.ts": 'import { pad } from "./text.js";\n\nexport const a = pad(String(WIDTH));\n',
    },
    command: "tsc -p .",
    after: { "src/a.ts": 'import { pad, WIDTH } from "./text.js";\n\nexport const a = pad(String(WIDTH));\n' },
  },
  {
    fixer: "missing-local-import",
    name: "a name of another module, with an import of its own",
    files: {
      "package.json": ESM,
      "src/rates.js": "export const RATE = 19;\n",
      "src/a.js": "import { join } from 'node:path'\n\nconsole.log(join('a', String(RATE)))\n",
    },
    command: "node src/a.js",
    after: {
      "src/a.js":
        "import { join } from 'node:path'\nimport { RATE } from './rates.js'\n\nconsole.log(join('a', String(RATE)))\n",
    },
  },
  {
    fixer: "missing-self",
    name: "a field without this",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts":
        "export class A {\n  private readonly all: string[] = [];\n  add(one: string): void {\n    all.push(one);\n  }\n  get size(): number {\n    return this.all.length;\n  }\n}\n",
    },
    command: "tsc -p .",
    after: { "a.ts": expectText(/^ {4}this\.all\.push\(one\);$/m) },
  },
  {
    fixer: "missing-return",
    name: "a function that forgets its value",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts":
        "export function twice(a: number): number {\n  if (a < 0) throw new RangeError('negative');\n  Math.max(a * 2, 0);\n}\n",
    },
    command: "tsc -p .",
    after: { "a.ts": expectText(/^ {2}return Math\.max\(a \* 2, 0\);$/m) },
  },
  {
    fixer: "unbalanced-bracket",
    name: "a call that is never closed",
    files: { "a.js": "const a = [1, 2];\nconsole.log(String(Math.max(...a));\nconsole.log(a);\n" },
    command: "node a.js",
    after: { "a.js": "const a = [1, 2];\nconsole.log(String(Math.max(...a)));\nconsole.log(a);\n" },
  },
  {
    fixer: "unbalanced-bracket",
    name: "a parenthesis too many, and tsc",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts": "export function a(b: number): string {\n  if (b > 1)) return String(b);\n  return '';\n}\n",
    },
    command: "tsc -p .",
    after: { "a.ts": expectText(/^ {2}if \(b > 1\) return String\(b\);$/m) },
  },
  {
    fixer: "missing-await",
    name: "a promise as an argument",
    files: {
      "tsconfig.json": TSCONFIG,
      "package.json": ESM,
      "a.ts":
        "async function load(): Promise<string> {\n  return '[]';\n}\nexport async function all(): Promise<unknown> {\n  const text = load();\n  return JSON.parse(text);\n}\n",
    },
    command: "tsc -p .",
    after: { "a.ts": expectText(/^ {2}const text = await load\(\);$/m) },
  },
  {
    fixer: "misspelt-module-path",
    name: "a module that lies in another folder, beside what the build made of it",
    files: {
      "tsconfig.json":
        '{ "compilerOptions": { "strict": true, "rootDir": "src", "outDir": "dist", "module": "nodenext", "target": "es2022", "types": [] } }\n',
      "package.json": ESM,
      ".gitignore": "dist\n",
      "src/util/text.ts": "export const pad = 1;\n",
      "src/a.ts": 'import { pad } from "./text.js";\nexport const a = pad;\n',
    },
    command: "tsc -p .",
    after: { "src/a.ts": 'import { pad } from "./util/text.js";\nexport const a = pad;\n' },
  },
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

  {
    fixer: "type-only-import",
    name: "one name of several",
    files: {
      "package.json": ESM,
      "tsconfig.json": STRICTER,
      "b.ts": "export interface A {\n  x: number;\n}\nexport const one = 1;\n",
      "a.ts": 'import { A, one } from "./b.js";\nexport const a: A = { x: one };\n',
    },
    command: "tsc -p .",
    after: { "a.ts": 'import { type A, one } from "./b.js";\nexport const a: A = { x: one };\n' },
  },
  {
    fixer: "type-only-import",
    name: "the only name",
    files: {
      "package.json": ESM,
      "tsconfig.json": STRICTER,
      "b.ts": "export interface A {\n  x: number;\n}\n",
      "a.ts": 'import { A } from "./b.js";\nexport const a: A = { x: 1 };\n',
    },
    command: "tsc -p .",
    after: { "a.ts": 'import type { A } from "./b.js";\nexport const a: A = { x: 1 };\n' },
  },
  {
    fixer: "missing-override",
    name: "a method",
    files: {
      "package.json": ESM,
      "tsconfig.json": STRICTER,
      "a.ts": "class A {\n  public async f() {}\n}\nexport class B extends A {\n  public async f() {}\n}\n",
    },
    command: "tsc -p .",
    after: {
      "a.ts": "class A {\n  public async f() {}\n}\nexport class B extends A {\n  public override async f() {}\n}\n",
    },
  },
  {
    fixer: "misspelt-literal",
    name: "one of a union",
    files: {
      "package.json": ESM,
      "tsconfig.json": TSCONFIG,
      "a.ts": 'type Color = "green" | "blue";\nexport const c: Color = "gren";\n',
    },
    command: "tsc -p .",
    after: { "a.ts": 'type Color = "green" | "blue";\nexport const c: Color = "green";\n' },
  },
  {
    fixer: "missing-type-annotation",
    name: "a parameter that only gets numbers",
    files: {
      "package.json": ESM,
      "tsconfig.json": TSCONFIG,
      "a.ts":
        'function times(word: string, n) {\n  return word.repeat(n);\n}\nexport const four = [times("a", 2), times("b", 3)];\n',
    },
    command: "tsc -p .",
    after: {
      "a.ts":
        'function times(word: string, n: number) {\n  return word.repeat(n);\n}\nexport const four = [times("a", 2), times("b", 3)];\n',
    },
  },
  {
    fixer: "missing-types-package",
    name: "a package without declarations of its own",
    files: {
      ".gitignore": "node_modules\n",
      "package.json":
        '{\n  "name": "x",\n  "version": "1.0.0",\n  "type": "module",\n  "dependencies": {\n    "picomatch": "^4.0.0"\n  }\n}\n',
      "tsconfig.json": TSCONFIG,
      "a.ts": 'import picomatch from "picomatch";\nexport const p = picomatch("*");\n',
    },
    setup: NPM_INSTALL,
    command: "tsc -p .",
    after: {
      "package.json": expectText(/"devDependencies": \{\s*"@types\/picomatch": "\^4/),
      "package-lock.json": expectText(/"node_modules\/@types\/picomatch"/),
    },
    slow: "asks the npm registry",
  },
  {
    fixer: "missing-npm-dependency",
    name: "one that another workspace declares",
    files: {
      ".gitignore": "node_modules\n",
      "package.json": '{\n  "name": "root",\n  "private": true,\n  "workspaces": [\n    "a",\n    "b"\n  ]\n}\n',
      "a/package.json": '{\n  "name": "a",\n  "version": "1.0.0",\n  "type": "module"\n}\n',
      "a/index.js": 'import pico from "picomatch";\n\nif (!pico("*")("a")) throw new Error("no");\n',
      "b/package.json":
        '{\n  "name": "b",\n  "version": "1.0.0",\n  "dependencies": {\n    "picomatch": "^4.0.0"\n  }\n}\n',
    },
    setup: NPM_INSTALL.replace("npm install", "npm install --install-strategy=nested"),
    command: "npm ci --install-strategy=nested --ignore-scripts --no-audit --no-fund --silent && node a/index.js",
    after: {
      "a/package.json": expectText(/"dependencies": \{\s*"picomatch": "\^4\./),
      "package-lock.json": expectText(/"a": \{[^}]*"dependencies": \{\s*"picomatch"/),
    },
    slow: "asks the npm registry",
  },
  {
    fixer: "npm-peer-conflict",
    name: "a range that a peer forbids",
    files: {
      ".gitignore": "node_modules\n",
      "package.json":
        '{\n  "name": "app",\n  "version": "1.0.0",\n  "dependencies": {\n    "ajv": "^8.0.0",\n    "ajv-keywords": "3.5.2"\n  }\n}\n',
    },
    command: "npm install --ignore-scripts --no-audit --no-fund",
    after: { "package.json": expectText(/"ajv": "\^6\.9\.1"/) },
    slow: "asks the npm registry",
  },
  {
    fixer: "node-engine",
    name: "an engine that has passed",
    files: {
      "package.json": '{\n  "name": "app",\n  "version": "1.0.0",\n  "engines": {\n    "node": "^16.14.0"\n  }\n}\n',
      ".npmrc": "engine-strict=true\n",
    },
    command: "npm install --package-lock=false --no-audit --no-fund",
    after: {
      "package.json": '{\n  "name": "app",\n  "version": "1.0.0",\n  "engines": {\n    "node": ">=16.14"\n  }\n}\n',
    },
  },
  {
    fixer: "eslint-fix",
    name: "a rule that fixes itself",
    files: {
      ".gitignore": "node_modules\n",
      "package.json": '{\n  "name": "x",\n  "version": "1.0.0",\n  "type": "module"\n}\n',
      "eslint.config.js": 'export default [{ rules: { "prefer-const": "error", "no-var": "error" } }];\n',
      "a.js": "var a = 1;\nexport { a };\n",
    },
    setup: NPM_INSTALL.replace("npm install", "npm install --save-dev eslint@9"),
    command: "npx --no-install eslint .",
    after: { "a.js": "const a = 1;\nexport { a };\n" },
    slow: "asks the npm registry",
  },
  {
    fixer: "prettier-write",
    name: "a file that is not as prettier writes it",
    files: {
      ".gitignore": "node_modules\n",
      "package.json": '{\n  "name": "x",\n  "version": "1.0.0",\n  "type": "module"\n}\n',
      "a.js": "const a = 'x'\nexport { a }\n",
    },
    setup: NPM_INSTALL.replace("npm install", "npm install --save-dev prettier@3"),
    command: "npx --no-install prettier --check a.js",
    after: { "a.js": 'const a = "x";\nexport { a };\n' },
    slow: "asks the npm registry",
  },

  {
    fixer: "snapshot-update",
    name: "vitest",
    files: {
      "vitest.config.js": "export default { test: { globals: true } };\n",
      "package.json": ESM,
      "src/a.test.js": 'it("shows", () => {\n  expect({ a: 2 }).toMatchSnapshot();\n});\n',
      "src/__snapshots__/a.test.js.snap":
        '// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n\nexports[`gone 1`] = `1`;\n\nexports[`shows 1`] = `\n{\n  "a": 1,\n}\n`;\n',
    },
    command: "CI=true vitest run",
    after: { "src/__snapshots__/a.test.js.snap": expectText(/^(?![\s\S]*gone)[\s\S]*"a": 2,/) },
    asked: true,
  },
  {
    fixer: "misspelt-module-path",
    name: "in a test, where people are asked",
    files: {
      "package.json": ESM,
      "lib/money.js": "export const m = 1;\n",
      "test/a.test.js": 'import { m } from "../lib/mony.js";\nvoid m;\n',
    },
    command: "node --test",
    after: { "test/a.test.js": 'import { m } from "../lib/money.js";\nvoid m;\n' },
    asked: true,
  },

  {
    fixer: "snapshot-update",
    name: "jest",
    files: {
      ".gitignore": "node_modules\n",
      "package.json": '{\n  "name": "x",\n  "version": "1.0.0"\n}\n',
      "src/a.test.js": 'it("shows", () => {\n  expect({ a: 2 }).toMatchSnapshot();\n});\n',
      "src/__snapshots__/a.test.js.snap":
        '// Jest Snapshot v1, https://goo.gl/fbAQLP\n\nexports[`shows 1`] = `\n{\n  "a": 1,\n}\n`;\n',
    },
    setup: NPM_INSTALL.replace("npm install", "npm install --save-dev jest@29"),
    command: "npx --no-install jest --ci",
    after: { "src/__snapshots__/a.test.js.snap": expectText(/"a": 2,/) },
    asked: true,
    slow: "asks the npm registry",
  },
  {
    fixer: "argument-count",
    name: "an argument too few, which is a parameter of the caller",
    files: {
      "tsconfig.json": TSCONFIG,
      "a.ts":
        "export function fee(nights: number, rate: number) {\n  return nights * rate;\n}\n\nexport function total(nights: number, rate: number) {\n  return fee(nights) + 1;\n}\n",
    },
    command: "tsc -p .",
    after: {
      "a.ts":
        "export function fee(nights: number, rate: number) {\n  return nights * rate;\n}\n\nexport function total(nights: number, rate: number) {\n  return fee(nights, rate) + 1;\n}\n",
    },
  },
  {
    fixer: "unexported-name",
    name: "what a module of re-exports has lost",
    files: {
      "package.json": '{ "type": "module" }\n',
      "index.js": 'export { add } from "./sums.js";\n',
      "sums.js": "export const add = (a, b) => a + b;\nexport const times = (a, b) => a * b;\n",
      "main.js": 'import { add, times } from "./index.js";\nconsole.log(add(1, 2), times(1, 2));\n',
    },
    command: "node main.js",
    after: { "index.js": 'export { add, times } from "./sums.js";\n' },
  },
  {
    fixer: "misspelt-module",
    name: "a package of the workspace",
    files: {
      "package.json": '{ "private": true, "type": "module", "workspaces": ["packages/*"] }\n',
      "packages/money/package.json":
        '{\n  "name": "@market/money",\n  "version": "1.0.0",\n  "type": "module",\n  "exports": "./index.js"\n}\n',
      "packages/money/index.js": "export const cents = 1;\n",
      "packages/shop/package.json": '{ "name": "@market/shop", "version": "1.0.0", "type": "module" }\n',
      "packages/shop/main.js": 'import { cents } from "@market/monney";\nconsole.log(cents);\n',
    },
    command:
      "mkdir -p node_modules/@market && ln -sfn ../../packages/money node_modules/@market/money && node packages/shop/main.js",
    after: { "packages/shop/main.js": 'import { cents } from "@market/money";\nconsole.log(cents);\n' },
  },
];
