import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { BuildFailure } from "../../../src/pillars/heal/read/report.ts";
import { reachedFromTest } from "../../../src/pillars/heal/search/called.ts";
import { readGoCoverage } from "../../../src/pillars/heal/search/go-coverage.ts";
import { openTree } from "../../../src/pillars/heal/tree.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "codemonkeys-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

it("reads the lines that ran out of a coverage profile of Go", async () => {
  await write({
    "go.mod": "module example.org/freight\n\ngo 1.22\n",
    "c.out":
      "mode: set\nexample.org/freight/price/price.go:3.20,5.3 2 1\nexample.org/freight/price/price.go:7.2,9.3 1 0\n",
  });
  const lines = await readGoCoverage(join(root, "c.out"), root);
  expect([...lines].map(([path, numbers]) => [path, [...numbers]])).toEqual([["price/price.go", [3, 4, 5]]]);
});

it("has no lines where no profile was written", async () => {
  expect((await readGoCoverage(join(root, "c.out"), root)).size).toBe(0);
});

it.each([
  [
    "Rust",
    {
      "src/lib.rs":
        "pub fn fits(a: u32) -> bool {\n    room(a) > 1\n}\n\nfn room(a: u32) -> u32 {\n    a\n}\n\npub fn other() {\n}\n",
      "tests/berths.rs":
        "#[test]\nfn it_fits() {\n    assert!(fits(1));\n}\n\n#[test]\nfn another() {\n    other();\n}\n",
    },
    { tool: "cargo test", test: "it_fits", place: { file: "tests/berths.rs", line: 3 } },
    { "src/lib.rs:2": 1, "src/lib.rs:6": 2 },
    "src/lib.rs:9",
  ],
  [
    "Java",
    {
      "src/main/java/Quay.java":
        "class Quay {\n  double price(int n) {\n    return tax(n);\n  }\n\n  int tax(int n) {\n    return n;\n  }\n}\n",
      "src/test/java/QuayTest.java":
        "class QuayTest {\n  @Test\n  void prices() {\n    assertEquals(1, new Quay().price(1));\n  }\n}\n",
    },
    { tool: "junit", test: "QuayTest.prices", place: { file: "src/test/java/QuayTest.java", line: 4 } },
    { "src/main/java/Quay.java:3": 1, "src/main/java/Quay.java:7": 2 },
    "src/main/java/Quay.java:1",
  ],
  [
    "TypeScript",
    {
      "src/tides.ts":
        "export const mean = (a: number[]) => total(a) / a.length;\nfunction total(a: number[]) {\n  return a.length;\n}\nfunction other() {}\n",
      "test/tides.test.ts":
        'it("means", () => {\n  expect(mean([1])).toBe(1);\n});\nit("others", () => {\n  other();\n});\n',
    },
    { tool: "vitest", test: "means", captures: { test_file: "test/tides.test.ts" } },
    { "src/tides.ts:1": 1, "src/tides.ts:3": 2 },
    "src/tides.ts:5",
  ],
] as const)("follows the calls of a failed test of %s by name", async (_language, files, failure, wanted, not) => {
  await write(files);
  const found = await reachedFromTest(
    { captures: {}, category: "test", ...failure } as unknown as BuildFailure,
    openTree(root),
  );
  const depths = Object.fromEntries(found.map(({ path, line, depth }) => [`${path}:${line}`, depth]));
  expect(depths).toMatchObject(wanted);
  expect(depths).not.toHaveProperty(not);
});
