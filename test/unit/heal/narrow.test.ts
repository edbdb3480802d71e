import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { runProcess } from "../../../src/core/process.ts";
import { narrowCommand } from "../../../src/pillars/heal/narrow.ts";
import type { BuildFailure } from "../../../src/pillars/heal/read/report.ts";
import { openTree } from "../../../src/pillars/heal/tree.ts";

let root = "";
afterEach(() => rm(root, { recursive: true, force: true }));

async function commandFor(
  command: string,
  failure: Partial<BuildFailure> & { readonly tool: string },
  files: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  root = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const whole = { captures: {}, category: "test", ...failure } as BuildFailure;
  return (await narrowCommand(command, whole, openTree(root)))?.command.replace(/^.*?; /, "");
}

const scripts = (test: string) => ({ "package.json": JSON.stringify({ scripts: { test } }) });

it.each([
  ["node --test", "node:test", "adds", "node --test --test-name-pattern=adds test/a.test.js"],
  ["tsc && node --test test/*.test.js", "node:test", "adds", "node --test --test-name-pattern=adds test/a.test.js"],
  ["vitest run", "vitest", "sums > adds", "vitest run test/a.test.js --testNamePattern=adds"],
  ["vitest run test", "vitest", "sums > adds", "vitest run test/a.test.js --testNamePattern=adds"],
  ["jest --ci", "jest", "sums > adds", "jest --ci --runTestsByPath test/a.test.js --testNamePattern=adds"],
  ["mocha --exit test", "mocha", "sums > adds", "mocha --exit test/a.test.js --grep=adds"],
  ["npx vitest run --retry 2", "vitest", "adds", "npx vitest run --retry 2 test/a.test.js --testNamePattern=adds"],
])("npm test as %s", async (script, tool, test, wanted) => {
  const files = { ...scripts(script), "test/a.test.js": 'it("adds", () => {});\n' };
  expect(await commandFor("npm test", { tool, test, captures: { test_file: "test/a.test.js" } }, files)).toBe(wanted);
});

it.each([
  ["pytest -q", "pytest", "TestSums.test_add", "pytest -q tests/test_a.py::TestSums::test_add"],
  ["python3 -m pytest tests", "pytest", "test_add[1-2]", "python3 -m pytest tests/test_a.py::test_add"],
  [".venv/bin/python -m pytest", "pytest", "test_add", ".venv/bin/python -m pytest tests/test_a.py::test_add"],
  ["python3 -m unittest", "unittest", "tests.test_a.Sums.test_add", "python3 -m unittest tests.test_a.Sums.test_add"],
  [
    "mvn -B test",
    "junit",
    "org.example.QuayTest.prices",
    "mvn -B test '-Dtest=QuayTest#prices' -Dsurefire.failIfNoSpecifiedTests=false",
  ],
  ["./gradlew test", "gradle test", "QuayTest > prices()", "./gradlew test --tests '*QuayTest.prices'"],
  ["cargo test --all", "cargo test", "sums::tests::adds", "cargo test --all sums::tests::adds"],
])("%s", async (command, tool, test, wanted) => {
  const files = { "tests/test_a.py": "def test_add():\n    pass\n" };
  expect(await commandFor(command, { tool, test }, files)).toBe(wanted);
});

it("runs one test of a Go package", async () => {
  const files = { "sums/add_test.go": "func TestAdd(t *testing.T) {}\n" };
  const failure = { tool: "go test", test: "TestAdd/empty", place: { file: "sums/add_test.go" } };
  expect(await commandFor("go test ./...", failure, files)).toBe("go test '-run=^TestAdd$' ./sums");
});

it.each(["make check", "npm test | tee log", "sh -c 'vitest'", "npm test; vitest"])(
  "does not guess at %s",
  async (command) => {
    const files = { ...scripts("make"), "test/a.test.js": 'it("adds")\n' };
    expect(await commandFor(command, { tool: "vitest", test: "adds" }, files)).toBe(undefined);
  },
);

it("hands no words of a log to the shell", async () => {
  const evil = "adds'; touch stolen; echo '$(touch stolen)`touch stolen`";
  const files = { ...scripts("node --test"), "test/a.test.js": 'test("adds", () => {});\n' };
  const failure = { tool: "node:test", test: evil, captures: { test_file: "test/a.test.js" } };
  // The title is in no file: only the file is named.
  expect(await commandFor("npm test", failure, files)).toBe("node --test test/a.test.js");
  await rm(root, { recursive: true });
  // A repository may hold such a title as well: then it is one quoted word.
  const held = { ...scripts("node --test"), "test/a.test.js": `// ${evil}\n` };
  const command = await commandFor("npm test", failure, held);
  const shown = await runProcess("sh", ["-c", `node() { printf '%s\\n' "$@"; }; ${command}; ls`], { cwd: root });
  expect(shown.stdout.split("\n").slice(0, 3)).toEqual([
    "--test",
    `--test-name-pattern=${evil.replaceAll(/[$()]/g, "\\$&")}`,
    "test/a.test.js",
  ]);
  expect(shown.stdout).not.toMatch(/^stolen$/m);
});
