import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { readLog } from "../../../src/pillars/heal/read/index.ts";
import { fixture } from "./logs.ts";

// Logs of real tools, made by running them over small broken projects; the number in a name is the tool's version.
// Each with its count of causes, and of the root: tool, category, the message's beginning, place, lines, test.
interface Root {
  readonly tool: string;
  readonly category: string;
  readonly message: string;
  readonly place: string;
  readonly lines: string;
  readonly test?: string;
}

const LOGS: readonly (readonly [name: string, causes: number, root: Root])[] = [
  [
    "ansible-module.log",
    1,
    {
      tool: "ansible",
      category: "configuration",
      message: "couldn't resolve module/action 'nosuchmod_zz'. This often in",
      place: "/home/ci/build/ans/b.yml:3",
      lines: "3-9",
    },
  ],
  [
    "ansible-task.log",
    2,
    {
      tool: "ansible",
      category: "configuration",
      message: "Task failed: Module failed: Error executing command: [Errno ",
      place: "/home/ci/build/ans/a.yml:5",
      lines: "7-13",
    },
  ],
  [
    "biome-1.log",
    5,
    {
      tool: "biome",
      category: "compilation",
      message: "Expected an expression, or an assignment but instead found '",
      place: "src/bad.js:1",
      lines: "1-13",
    },
  ],
  [
    "biome-2.log",
    5,
    {
      tool: "biome",
      category: "lint",
      message: "This statement must be preceded by a blank line. Add a newli",
      place: "src/a.ts:2",
      lines: "74-89",
    },
  ],
  [
    "cargo-build.log",
    3,
    {
      tool: "rustc",
      category: "compilation",
      message: "unresolved import `std::collections::HashMp`",
      place: "src/lib.rs:1",
      lines: "2-11",
    },
  ],
  [
    "cargo-missing.log",
    1,
    {
      tool: "cargo",
      category: "dependency_resolution",
      message: "no matching package named `serdee-zz-nope` found",
      place: "",
      lines: "2-4",
    },
  ],
  [
    "cargo-test.log",
    2,
    {
      tool: "cargo test",
      category: "test",
      message: "assertion `left == right` failed",
      place: "src/lib.rs:4",
      lines: "20-43",
      test: "tests::adds",
    },
  ],
  [
    "clippy.log",
    2,
    {
      tool: "rustc",
      category: "warnings_as_errors",
      message: "unused variable: `unused`",
      place: "src/lib.rs:1",
      lines: "2-9",
    },
  ],
  [
    "cmake.log",
    1,
    {
      tool: "cmake",
      category: "dependency_resolution",
      message: "CMake did not find the package Nope",
      place: "CMakeLists.txt:3",
      lines: "7-21",
    },
  ],
  [
    "esbuild-0.2x.log",
    3,
    { tool: "esbuild", category: "compilation", message: 'Unexpected ";"', place: "src/bad.js:1", lines: "1-5" },
  ],
  [
    "eslint-8-unix.log",
    2,
    {
      tool: "eslint",
      category: "lint",
      message: "'unused' is assigned a value but never used.",
      place: "/home/ci/build/old/v1/src/e.js:1",
      lines: "2-2",
    },
  ],
  [
    "eslint-8.log",
    4,
    {
      tool: "eslint",
      category: "compilation",
      message: "Parsing error: Unexpected token ;",
      place: "/home/ci/build/old/v1/src/bad.js:1",
      lines: "3-3",
    },
  ],
  [
    "eslint-9.log",
    3,
    {
      tool: "eslint",
      category: "compilation",
      message: "Parsing error: Unexpected token ;",
      place: "/home/ci/build/js/src/bad.js:1",
      lines: "3-3",
    },
  ],
  [
    "flake8.log",
    20,
    {
      tool: "flake8",
      category: "lint",
      message: "expected 2 blank lines after class or function definition, f",
      place: "chain.py:6",
      lines: "1-1",
    },
  ],
  [
    "gcc-make.log",
    5,
    {
      tool: "gcc",
      category: "compilation",
      message: "nope.h: No such file or directory",
      place: "a.c:2",
      lines: "1-4",
    },
  ],
  [
    "go-build.log",
    4,
    { tool: "go", category: "compilation", message: '"os" imported and not used', place: "a.go:2", lines: "2-2" },
  ],
  [
    "go-module.log",
    1,
    {
      tool: "go",
      category: "dependency_resolution",
      message: "no required module provides package github.com/nope/nope; to",
      place: "b.go:2",
      lines: "1-2",
    },
  ],
  [
    "go-test-v.log",
    3,
    {
      tool: "go test",
      category: "test",
      message: "got 0, want 4",
      place: "a_test.go:3",
      lines: "1-3",
      test: "TestAdd",
    },
  ],
  [
    "go-test.log",
    3,
    {
      tool: "go test",
      category: "test",
      message: "got 0, want 4",
      place: "a_test.go:3",
      lines: "1-3",
      test: "TestAdd",
    },
  ],
  [
    "javac.log",
    3,
    {
      tool: "javac",
      category: "compilation",
      message: "package java.utl does not exist",
      place: "A.java:1",
      lines: "1-3",
    },
  ],
  [
    "jest-27.log",
    5,
    {
      tool: "jest",
      category: "test",
      message: "expect(received).toBe(expected) // Object.is equality expect",
      place: "t/a.test.js:1",
      lines: "2-14",
      test: "refund > is idempotent",
    },
  ],
  [
    "jest-29.log",
    5,
    {
      tool: "jest",
      category: "test",
      message: "expect(received).toBe(expected) // Object.is equality expect",
      place: "t/a.test.js:1",
      lines: "2-14",
      test: "refund > is idempotent",
    },
  ],
  [
    "jest-30.log",
    5,
    {
      tool: "jest",
      category: "test",
      message: "expect(received).toBe(expected) // Object.is equality expect",
      place: "t/a.test.js:1",
      lines: "2-14",
      test: "refund > is idempotent",
    },
  ],
  [
    "maven-compile.log",
    1,
    {
      tool: "javac",
      category: "compilation",
      message: "cannot find symbol symbol:   method g()",
      place: "/home/ci/build/mvn/src/main/java/x/A.java:2",
      lines: "2-4",
    },
  ],
  [
    "maven-resolution.log",
    1,
    {
      tool: "maven",
      category: "dependency_resolution",
      message: "Could not resolve dependencies for project x:shop:jar:1: Cou",
      place: "",
      lines: "15-21",
    },
  ],
  [
    "maven-surefire.log",
    2,
    {
      tool: "junit",
      category: "test",
      message: "java.lang.AssertionError: expected:<2> but was:<1>",
      place: "ATest.java:3",
      lines: "33-71",
      test: "x.ATest.f",
    },
  ],
  [
    "mocha-10.log",
    4,
    {
      tool: "mocha",
      category: "test",
      message: "AssertionError [ERR_ASSERTION]: Expected values to be strict",
      place: "m/a.js:1",
      lines: "13-26",
      test: "refund > is idempotent",
    },
  ],
  [
    "mocha-11.log",
    4,
    {
      tool: "mocha",
      category: "test",
      message: "AssertionError [ERR_ASSERTION]: Expected values to be strict",
      place: "m/a.js:1",
      lines: "13-26",
      test: "refund > is idempotent",
    },
  ],
  [
    "mocha-8.log",
    4,
    {
      tool: "mocha",
      category: "test",
      message: "AssertionError [ERR_ASSERTION]: Expected values to be strict",
      place: "m/a.js:1",
      lines: "13-26",
      test: "refund > is idempotent",
    },
  ],
  [
    "mypy-0.log",
    2,
    { tool: "mypy", category: "type", message: 'Name "undefinedd" is not defined', place: "ty.py:2", lines: "1-1" },
  ],
  [
    "mypy-2.log",
    2,
    { tool: "mypy", category: "type", message: 'Name "undefinedd" is not defined', place: "ty.py:2", lines: "1-1" },
  ],
  [
    "node-20-b.log",
    1,
    {
      tool: "node",
      category: "compilation",
      message: "SyntaxError: The requested module './lib.js' does not provid",
      place: "/home/ci/build/node/b.js:1",
      lines: "1-10",
    },
  ],
  [
    "node-20-c.log",
    1,
    {
      tool: "node",
      category: "dependency_resolution",
      message: "Error: Cannot find package 'left-pad-zz' imported from /home",
      place: "/home/ci/build/node/c.js",
      lines: "1-17",
    },
  ],
  [
    "node-20-d.log",
    1,
    {
      tool: "node",
      category: "dependency_resolution",
      message: "Error: Cannot find module '/home/ci/build/node/missing.js' i",
      place: "/home/ci/build/node/d.js",
      lines: "1-18",
    },
  ],
  [
    "node-24-a.log",
    1,
    {
      tool: "node",
      category: "compilation",
      message: "SyntaxError: Unexpected identifier 'assert'",
      place: "/home/ci/build/node/a.js:1",
      lines: "1-17",
    },
  ],
  [
    "node-24-b.log",
    1,
    {
      tool: "node",
      category: "compilation",
      message: "SyntaxError: The requested module './lib.js' does not provid",
      place: "/home/ci/build/node/b.js:1",
      lines: "1-10",
    },
  ],
  [
    "node-24-c.log",
    1,
    {
      tool: "node",
      category: "dependency_resolution",
      message: "Error: Cannot find package 'left-pad-zz' imported from /home",
      place: "/home/ci/build/node/c.js",
      lines: "1-19",
    },
  ],
  [
    "node-24-d.log",
    1,
    {
      tool: "node",
      category: "dependency_resolution",
      message: "Error: Cannot find module '/home/ci/build/node/missing.js' i",
      place: "/home/ci/build/node/d.js",
      lines: "1-20",
    },
  ],
  [
    "node-24-e.log",
    1,
    {
      tool: "node",
      category: "compilation",
      message: "ReferenceError: x1 is not defined",
      place: "/home/ci/build/node/e.cjs:1",
      lines: "1-16",
    },
  ],
  [
    "node-test-file-24.log",
    4,
    {
      tool: "node",
      category: "compilation",
      message: "SyntaxError: Unexpected identifier 'assert'",
      place: "/home/ci/build/node/a.js:1",
      lines: "1-17",
    },
  ],
  [
    "node-test-spec-20.log",
    3,
    {
      tool: "node:test",
      category: "test",
      message: "AssertionError [ERR_ASSERTION]: Expected values to be strict",
      place: "/home/ci/build/node/t.test.js:2",
      lines: "2-22",
      test: "is idempotent",
    },
  ],
  [
    "node-test-spec-24.log",
    3,
    {
      tool: "node:test",
      category: "test",
      message: "AssertionError [ERR_ASSERTION]: Expected values to be strict",
      place: "/home/ci/build/node/t.test.js:2",
      lines: "18-40",
      test: "is idempotent",
    },
  ],
  [
    "node-test-tap-24.log",
    3,
    {
      tool: "node:test",
      category: "test",
      message: "AssertionError: Expected values to be strictly equal: 200 !=",
      place: "/home/ci/build/node/t.test.js:2",
      lines: "4-31",
      test: "is idempotent",
    },
  ],
  [
    "npm-11-eresolve.log",
    1,
    {
      tool: "npm",
      category: "dependency_conflict",
      message: "ERESOLVE: react-dom@17.0.0 wants react 17.0.0 as its peer, and react@18.0.0 is there",
      place: "",
      lines: "1-14",
    },
  ],
  [
    "npm-11-etarget.log",
    1,
    {
      tool: "npm",
      category: "dependency_resolution",
      message: "No matching version found for ms@99.0.0.",
      place: "",
      lines: "1-3",
    },
  ],
  [
    "npm-11-json.log",
    1,
    {
      tool: "npm",
      category: "configuration",
      message: "JSON.parse Invalid package.json: JSONParseError: Expected do",
      place: "",
      lines: "1-4",
    },
  ],
  [
    "npm-11-lock.log",
    1,
    {
      tool: "npm",
      category: "dependency_lock",
      message: "package.json and package-lock.json are not in sync",
      place: "",
      lines: "1-7",
    },
  ],
  [
    "npm-11-script.log",
    1,
    { tool: "npm", category: "configuration", message: 'Missing script: "tset"', place: "", lines: "1-7" },
  ],
  [
    "npm-8-9.log",
    2,
    {
      tool: "npm",
      category: "dependency_lock",
      message: "package.json and package-lock.json are not in sync",
      place: "",
      lines: "1-5",
    },
  ],
  [
    "pip-conflict.log",
    1,
    {
      tool: "pip",
      category: "dependency_conflict",
      message: "Cannot install -r r.txt (line 1), -r r.txt (line 3) and urll",
      place: "",
      lines: "26-37",
    },
  ],
  [
    "pip-missing.log",
    1,
    {
      tool: "pip",
      category: "dependency_resolution",
      message: "Could not find a version that satisfies the requirement nope",
      place: "",
      lines: "2-3",
    },
  ],
  [
    "pnpm-10-lock.log",
    1,
    {
      tool: "pnpm",
      category: "dependency_lock",
      message: 'Cannot install with "frozen-lockfile" because pnpm-lock.yaml',
      place: "",
      lines: "1-9",
    },
  ],
  [
    "pnpm-10-version.log",
    1,
    {
      tool: "pnpm",
      category: "dependency_resolution",
      message: "No matching version found for ms@99.0.0 while fetching it fr",
      place: "",
      lines: "2-8",
    },
  ],
  [
    "pylint.log",
    2,
    { tool: "pylint", category: "lint", message: "Undefined variable 'undefinedd'", place: "ty.py:2", lines: "2-2" },
  ],
  [
    "pytest-6.log",
    5,
    {
      tool: "pytest",
      category: "test",
      message: "fixture 'dbb' not found",
      place: "/home/ci/build/py/test_p.py:2",
      lines: "9-16",
      test: "test_fix",
    },
  ],
  [
    "pytest-7.log",
    6,
    {
      tool: "pytest",
      category: "dependency_resolution",
      message: "ModuleNotFoundError: No module named 'nosuchmod'",
      place: "test_b.py:1",
      lines: "10-18",
      test: "test_b.py",
    },
  ],
  [
    "pytest-9-collect.log",
    1,
    {
      tool: "pytest",
      category: "dependency_resolution",
      message: "ModuleNotFoundError: No module named 'nosuchmod'",
      place: "test_b.py:1",
      lines: "7-16",
      test: "test_b.py",
    },
  ],
  [
    "pytest-9-short.log",
    1,
    {
      tool: "pytest",
      category: "dependency_resolution",
      message: "ModuleNotFoundError: No module named 'nosuchmod'",
      place: "test_b.py:1",
      lines: "3-12",
      test: "test_b.py",
    },
  ],
  [
    "pytest-9.log",
    5,
    {
      tool: "pytest",
      category: "test",
      message: "fixture 'dbb' not found",
      place: "/home/ci/build/py/test_p.py:2",
      lines: "9-16",
      test: "test_fix",
    },
  ],
  [
    "python-chain.log",
    1,
    {
      tool: "python",
      category: "unknown",
      message: "ValueError: multi",
      place: "/home/ci/build/py/chain.py:5",
      lines: "1-14",
    },
  ],
  [
    "python-indent.log",
    1,
    {
      tool: "python",
      category: "compilation",
      message: "IndentationError: unindent does not match any outer indentat",
      place: "/home/ci/build/py/indent.py:3",
      lines: "1-4",
    },
  ],
  [
    "ruff-0.4.log",
    8,
    {
      tool: "ruff",
      category: "compilation",
      message: "SyntaxError: unindent does not match any outer indentation l",
      place: "indent.py:3",
      lines: "2-2",
    },
  ],
  [
    "ruff-concise.log",
    11,
    {
      tool: "ruff",
      category: "lint",
      message: "Found useless expression. Either assign it to a variable or ",
      place: "chain.py:3",
      lines: "1-1",
    },
  ],
  [
    "ruff-full.log",
    11,
    {
      tool: "ruff",
      category: "lint",
      message: "Found useless expression. Either assign it to a variable or ",
      place: "chain.py:3",
      lines: "1-10",
    },
  ],
  [
    "shell.log",
    3,
    { tool: "git", category: "configuration", message: "repository '/nope/x' does not exist", place: "", lines: "1-1" },
  ],
  [
    "terraform.log",
    1,
    {
      tool: "terraform",
      category: "configuration",
      message: "Invalid expression: Expected the start of an expression, but",
      place: "a.tf:2",
      lines: "8-16",
    },
  ],
  [
    "tsc-4.9-pretty.log",
    4,
    {
      tool: "tsc",
      category: "type",
      message: "Module '\"./b\"' has no exported member 'nope'.",
      place: "src/a.ts:1",
      lines: "1-4",
    },
  ],
  [
    "tsc-5.0-pretty.log",
    4,
    {
      tool: "tsc",
      category: "type",
      message: "Module '\"./b\"' has no exported member 'nope'.",
      place: "src/a.ts:1",
      lines: "1-4",
    },
  ],
  [
    "tsc-5.9-pretty.log",
    4,
    {
      tool: "tsc",
      category: "type",
      message: "Module '\"./b\"' has no exported member 'nope'.",
      place: "src/a.ts:1",
      lines: "1-4",
    },
  ],
  [
    "tsc-5.9.log",
    4,
    {
      tool: "tsc",
      category: "type",
      message: "Module '\"./b\"' has no exported member 'nope'.",
      place: "src/a.ts:1",
      lines: "1-1",
    },
  ],
  [
    "unittest-311.log",
    4,
    {
      tool: "unittest",
      category: "test",
      message: "NameError: name 'foo' is not defined",
      place: "/home/ci/build/py/test_a.py:6",
      lines: "2-9",
      test: "test_a.T.test_err",
    },
  ],
  [
    "uv.log",
    1,
    {
      tool: "uv",
      category: "dependency_resolution",
      message: "No solution found when resolving dependencies",
      place: "",
      lines: "2-3",
    },
  ],
  [
    "vite-6.log",
    1,
    {
      tool: "vite",
      category: "dependency_resolution",
      message: '[vite]: Rollup failed to resolve import "left-padd" from "/h',
      place: "/home/ci/build/js/src/v.js",
      lines: "4-17",
    },
  ],
  [
    "vitest-1.log",
    5,
    {
      tool: "vitest",
      category: "test",
      message: "ReferenceError: describe is not defined",
      place: "t/a.test.js:1",
      lines: "17-25",
      test: "t/a.test.js",
    },
  ],
  [
    "vitest-2.log",
    5,
    {
      tool: "vitest",
      category: "test",
      message: "ReferenceError: describe is not defined",
      place: "t/a.test.js:1",
      lines: "17-25",
      test: "t/a.test.js",
    },
  ],
  [
    "vitest-3.log",
    5,
    {
      tool: "vitest",
      category: "test",
      message: "ReferenceError: describe is not defined",
      place: "t/a.test.js:1",
      lines: "15-23",
      test: "t/a.test.js",
    },
  ],
  [
    "yarn-1-version.log",
    1,
    {
      tool: "yarn",
      category: "dependency_resolution",
      message: 'Couldn\'t find any versions for "ms" that matches "99.0.0"',
      place: "",
      lines: "6-6",
    },
  ],
];

test("every log of the folder is here", () => {
  const there = readdirSync(fixture("").path).filter((name) => name.endsWith(".log"));
  expect(LOGS.map(([name]) => name).sort()).toEqual(there.sort());
});

test.each(LOGS)("%s", async (name, causes, expected) => {
  const { failures, root } = await readLog(fixture(name));
  expect(failures.filter(({ rank }) => rank === "cause")).toHaveLength(causes);
  expect(root?.message.startsWith(expected.message)).toBe(true);
  expect({
    tool: root?.tool,
    category: root?.category,
    message: expected.message,
    place: [root?.place?.file, root?.place?.line].filter((part) => part !== undefined).join(":"),
    lines: root?.logLines.join("-"),
    ...(root?.test === undefined ? {} : { test: root.test }),
  }).toEqual(expected);
});
