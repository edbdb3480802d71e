import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { addedLines, removedLines } from "../../../src/pillars/heal/search/recent.ts";
import { ochiai } from "../../../src/pillars/heal/search/spectrum.ts";
import { readV8Coverage } from "../../../src/pillars/heal/search/v8-coverage.ts";

const row = (failed: boolean, ...lines: number[]) => ({ failed, lines: new Map([["a.js", new Set(lines)]]) });

it("suspects most what only failed tests ran", () => {
  const ranked = ochiai([row(true, 1, 2, 3), row(false, 1, 2), row(false, 1), row(false, 4)]);
  expect(ranked.map(({ line }) => line)).toEqual([3, 2, 1]);
  for (const [at, score] of [1, 1 / Math.sqrt(2), 1 / Math.sqrt(3)].entries()) {
    expect(ranked[at]?.score).toBeCloseTo(score);
  }
});

it("counts failed tests that did not run a line against it", () => {
  const ranked = ochiai([row(true, 1, 2), row(true, 1)]);
  expect(ranked).toMatchObject([
    { line: 1, score: 1 },
    { line: 2, score: 1 / Math.sqrt(2) },
  ]);
});

it("reads the blocks of V8's coverage as lines, inner blocks over outer ones", async () => {
  const folder = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  const text = "export function f(a) {\n  if (a) {\n    return 1;\n  }\n  return 2;\n}\n";
  const inner = { startOffset: text.indexOf("{\n    return"), endOffset: text.indexOf("}\n  return") + 1, count: 0 };
  const functions = [{ ranges: [{ startOffset: 0, endOffset: text.length, count: 3 }, inner] }];
  const result = [
    { url: "file:///p/src/a.js", functions },
    { url: "file:///p/node_modules/x/a.js", functions },
    { url: "node:fs", functions },
  ];
  try {
    await writeFile(join(folder, "coverage-1.json"), JSON.stringify({ result }));
    await writeFile(join(folder, "coverage-2.json"), '{"result": [');
    const processes = await readV8Coverage(folder, "/p", async () => text);
    expect(processes.map((files) => [...files.keys()])).toEqual([["src/a.js"]]);
    expect([...(processes[0]?.get("src/a.js") ?? [])]).toEqual([
      [1, 3],
      [2, 3],
      [5, 3],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("takes the new lines of a diff", () => {
  const patch =
    "diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -3,2 +3,3 @@\n one\n-two\n+2\n+three\n@@ -9 +10,0 @@\n-gone\n";
  expect([...addedLines(patch)].map(([path, lines]) => [path, [...lines]])).toEqual([["a.js", [4, 5]]]);
  expect([...removedLines(patch)].map(([path, lines]) => [path, [...lines]])).toEqual([["a.js", ["two", "gone"]]]);
});
