import { HELD_OUT_FAULTS } from "./held-out.ts";
import { JAVASCRIPT_FAULTS } from "./javascript.ts";
import { PYTHON_FAULTS } from "./python.ts";

/**
 * Faults that a product brings on itself and no built-in fixer knows, each in four products that share no name, file or
 * text. The first is repaired by a model's answer; the others have to be repaired by what that repair taught.
 */
export interface Fault {
  readonly kind: string;
  readonly language: "javascript" | "python";
  /** The model's words, as its wire carries them. */
  readonly explanation: string;
  /** The product that teaches, and those that are to be healed by it. */
  readonly products: readonly [FaultyProduct, ...FaultyProduct[]];
}

export interface FaultyProduct {
  /** Of the module, without extension; its folder too in Python. */
  readonly module: string;
  /** What the test takes from the module. */
  readonly name: string;
  readonly source: string;
  /** A text of the source that is there once, and the faulty one that a commit puts in its place. */
  readonly right: string;
  readonly wrong: string;
  /** An expression of the language, and what it has to be equal to. */
  readonly test: readonly [expression: string, value: string];
}

export const FAULTS: readonly Fault[] = [...JAVASCRIPT_FAULTS, ...PYTHON_FAULTS, ...HELD_OUT_FAULTS];

/** The files of a product, sound, and its path to the file that the fault is in. */
export function filesOf(fault: Fault, { module, name, source, test: [expression, value] }: FaultyProduct) {
  if (fault.language === "python") {
    const file = `${module}/core.py`;
    const test = `import unittest\n\nfrom ${module}.core import ${name}\n\n\nclass Case(unittest.TestCase):\n    def test_${name.toLowerCase()}(self):\n        self.assertEqual(${expression}, ${value})\n`;
    const files = {
      [file]: source,
      [`${module}/__init__.py`]: "# The product's package.\n",
      [`tests/test_${module}.py`]: test,
    };
    return { file, files: { ...files, "tests/__init__.py": "# Found by unittest.\n" }, command: "python3 -m unittest" };
  }
  const file = `src/${module}.js`;
  const manifest = { name: module, version: "1.0.0", type: "module", scripts: { test: "node --test" } };
  const test = `import assert from "node:assert/strict";\nimport test from "node:test";\nimport { ${name} } from "../src/${module}.js";\n\ntest("${name}", () => assert.deepEqual(${expression}, ${value}));\n`;
  const files = { "package.json": `${JSON.stringify(manifest)}\n`, [file]: source, [`test/${module}.test.js`]: test };
  return { file, files, command: "node --test" };
}
