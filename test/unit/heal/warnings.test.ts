import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newWarnings, warningsIn } from "../../../src/pillars/heal/warnings.ts";

async function classes(log: string) {
  const folder = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  try {
    await writeFile(join(folder, "log"), log);
    return await warningsIn(join(folder, "log"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

it.each([
  ["/w/src/a.js\n  3:1  warning  Unexpected console statement  no-console\n", "eslint no-console", ["/w/src/a.js"]],
  ["a.c:3:5: warning: unused variable 'x' [-Wunused-variable]\n", "cc -Wunused-variable", ["a.c"]],
  [
    "warning: unused variable: `x`\n --> src/main.rs:2:9\n  |\n  = note: `#[warn(unused_variables)]` on by default\n",
    "rustc unused_variables",
    ["src/main.rs"],
  ],
  ["src/A.java:5: warning: [deprecation] f() has been deprecated\n", "javac deprecation", ["src/A.java"]],
  ["  src/a.py:4: DeprecationWarning: invalid escape sequence\n", "python DeprecationWarning", ["src/a.py"]],
  ["(node:123) [DEP0040] DeprecationWarning: The punycode module\n", "node DEP0040", []],
  ["(node:1) ExperimentalWarning: SQLite is\n", "node ExperimentalWarning", []],
  ["npm warn deprecated glob@7.2.3: no longer supported\n", "npm deprecated", []],
  ["a.py:1:1: W0611 unused import\n", "python-lint W0611", ["a.py"]],
])("%s", async (log, name, files) => {
  expect([...(await classes(log))].map(([one, of]) => [one, [...of]])).toEqual([[name, files]]);
});

it("what was there before, or is about other files, is not new", async () => {
  const before = await classes("(node:1) [DEP0040] DeprecationWarning: x\n");
  const after = await classes(
    "(node:2) [DEP0040] DeprecationWarning: y\n(node:2) [DEP0169] DeprecationWarning: z\na.c:1:1: warning: w [-Wall]\nb.c:1:1: warning: w [-Wshadow]\n",
  );
  expect(newWarnings(before, after, { files: ["a.c"], complete: false })).toEqual(["cc -Wall"]);
  expect(newWarnings(before, after, { files: ["a.c"], complete: true })).toEqual(["cc -Wall", "node DEP0169"]);
  expect(newWarnings(after, after, { files: ["a.c", "b.c"], complete: true })).toEqual([]);
});
