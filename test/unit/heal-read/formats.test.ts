import { describe, expect, test } from "vitest";
import { readLog } from "../../../src/pillars/heal/read/index.ts";
import { fixture, read } from "./logs.ts";

// Formats of tools that need a daemon, a network or another system to run; written after the tools' own sources.
test.each([
  ["src/fee.c:3:10: Fehler: »zwei« nicht deklariert", "src/fee.c", 3],
  ["src/fee.c:3:10: erreur: « deux » non déclaré", "src/fee.c", 3],
  ["src/fee.c:3:10: ошибка: «dva» не описан", "src/fee.c", 3],
  ["src/fee.c:3:10: 错误：‘two’未声明", "src/fee.c", 3],
  ["src/fee.c:3:10: エラー: ‘two’ が宣言されていません", "src/fee.c", 3],
])("a compiler of another language than English: %s", async (line, file, at) => {
  const { root } = await read(
    `gcc -c src/fee.c\n${line}\n    3 |   return two;\nmake: *** [Makefile:3: fee.o] Error 1\n`,
  );
  expect(root).toMatchObject({ tool: "gcc", category: "compilation", place: { file, line: at } });
  expect(line.endsWith(root!.message)).toBe(true);
});

// What bash, coreutils, git and ld write under LC_ALL=de_DE.UTF-8 and fr_FR.UTF-8.
test.each([
  ["s.sh: Zeile 4: deploi: Kommando nicht gefunden.", "shell", "configuration"],
  ["s.sh: ligne 4: deploi : commande introuvable", "shell", "configuration"],
  ["cp: impossible d'évaluer 'gone.txt': Aucun fichier ou dossier de ce type", "shell", "configuration"],
  ["KONFLIKT (Inhalt): Merge-Konflikt in f", "git", "configuration"],
  ["fatal\u00a0: ni ceci ni aucun de ses répertoires parents n'est un dépôt git\u00a0: .git", "git", "configuration"],
  [
    "Schwerwiegend: konnte nicht auf 'https://127.0.0.1:9/x.git/' zugreifen: Failed to connect to 127.0.0.1 port 9",
    "git",
    "infrastructure",
  ],
  ["main.c:(.text+0xa)\u00a0: référence indéfinie vers «\u00a0toll\u00a0»", "ld", "compilation"],
])("another language than English: %s", async (line, tool, category) => {
  const { root } = await read(`start\n${line}\n`);
  expect(root).toMatchObject({ tool, category, logLines: [2, 2] });
});

describe("tools that cannot run in a test", () => {
  test("BuildKit: the box of the failed step, with the Dockerfile's line", async () => {
    const log = [
      "#8 [3/4] COPY nothere.txt /app/",
      '#8 ERROR: failed to calculate checksum of ref abc::def: "/nothere.txt": not found',
      "------",
      " > [3/4] COPY nothere.txt /app/:",
      "------",
      "Dockerfile:3",
      "--------------------",
      "   2 |     WORKDIR /app",
      "   3 | >>> COPY nothere.txt /app/",
      "--------------------",
      'ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref abc::def: "/nothere.txt": not found',
    ].join("\n");
    const { failures } = await read(log);
    expect(failures).toMatchObject([
      { tool: "docker", logLines: [2, 2] },
      {
        tool: "docker",
        category: "configuration",
        place: { file: "Dockerfile", line: 3 },
        logLines: [3, 11],
        captures: { file: "/nothere.txt" },
      },
    ]);
  });

  test("BuildKit: what a tool says inside a step is the cause, the step's end a consequence", async () => {
    const log = [
      "#9 1.204 npm error code E404",
      "#9 1.205 npm error 404  'nopezz@1' is not in this registry.",
      '#9 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
    ].join("\n");
    expect((await read(log)).failures).toMatchObject([
      { tool: "npm", category: "dependency_resolution", root: true, captures: { package: "nopezz" } },
      { tool: "docker", rank: "consequence" },
    ]);
  });

  test("Gradle: javac's errors are the cause, the task a consequence", async () => {
    const log = [
      "> Task :compileJava FAILED",
      "/srv/app/src/main/java/A.java:3: error: cannot find symbol",
      "        foo();",
      "        ^",
      "  symbol:   method foo()",
      "  location: class A",
      "1 error",
      "",
      "FAILURE: Build failed with an exception.",
      "",
      "* What went wrong:",
      "Execution failed for task ':compileJava'.",
      "> Compilation failed; see the compiler error output for details.",
      "",
      "* Try:",
    ].join("\n");
    expect((await read(log)).failures).toMatchObject([
      { tool: "javac", category: "compilation", root: true, logLines: [2, 6], captures: { identifier: "foo" } },
      { tool: "gradle", rank: "consequence", logLines: [11, 13], captures: { task: ":compileJava" } },
    ]);
  });

  test("Gradle: a dependency that is not there", async () => {
    const log =
      "* What went wrong:\nExecution failed for task ':compileJava'.\n> Could not resolve all files for configuration ':compileClasspath'.\n   > Could not find com.acme:lib:9.9.\n\n* Try:\n";
    expect((await read(log)).root).toMatchObject({
      tool: "gradle",
      category: "dependency_resolution",
      captures: { package: "com.acme:lib", version: "9.9" },
    });
  });

  test("surefire 3 and the enforcer inside the goal's error", async () => {
    const log = [
      "[ERROR] x.ATest.f -- Time elapsed: 0.02 s <<< FAILURE!",
      "org.opentest4j.AssertionFailedError: expected: <2> but was: <1>",
      "\tat x.ATest.f(ATest.java:7)",
      "",
      "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-enforcer-plugin:3.4.1:enforce (e) on project shop: ",
      "[ERROR] Rule 0: org.apache.maven.enforcer.rules.dependency.DependencyConvergence failed with message:",
      "[ERROR] Failed while enforcing releasability.",
      "[ERROR] Dependency convergence error for com.acme:a:jar:1.0 paths to dependency are:",
      "[ERROR] -> [Help 1]",
    ].join("\n");
    expect((await read(log)).failures).toMatchObject([
      {
        tool: "junit",
        test: "x.ATest.f",
        captures: { expected: "2", actual: "1" },
        place: { file: "ATest.java", line: 7 },
      },
      { tool: "enforcer", category: "policy", captures: { rule: "DependencyConvergence" } },
    ]);
  });

  test.each([
    [
      "➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.",
      "yarn",
      "dependency_lock",
    ],
    [
      "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.",
      "poetry",
      "dependency_lock",
    ],
    ["go: updates to go.mod needed; to update it:", "go", "dependency_lock"],
    ["src\\a.cpp(12): error C2065: 'foo': undeclared identifier", "msbuild", "compilation"],
    [
      "a.cs(3,5): error CS0103: The name 'foo' does not exist in the current context [/srv/a.csproj]",
      "msbuild",
      "compilation",
    ],
    ["would reformat src/a.py", "black", "lint"],
    ["internal/x.go:176:17: func f is unused (U1000)", "go", "lint"],
    ["make: *** No rule to make target 'a.c', needed by 'a.o'.  Stop.", "make", "configuration"],
    [
      "error: the lock file /srv/Cargo.lock needs to be updated but --locked was passed to prevent this",
      "cargo",
      "dependency_lock",
    ],
    ["ERR_PNPM_PEER_DEP_ISSUES  Unmet peer dependencies", "pnpm", "dependency_conflict"],
  ])("%s", async (line, tool, category) => {
    expect((await read(`hello\n${line}\n`)).root).toMatchObject({ tool, category });
  });
});

describe("captures hold what fixers need", () => {
  test.each([
    ["node-24-b.log", 0, { module: "./lib.js", export: "nope", identifier: "nope" }],
    ["node-24-c.log", 0, { package: "left-pad-zz", rule: "ERR_MODULE_NOT_FOUND" }],
    ["node-24-a.log", 0, { identifier: "assert", source: "import data from './x.json' assert { type: 'json' };" }],
    ["node-test-spec-24.log", 0, { expected: "0", actual: "200" }],
    ["tsc-5.9.log", 2, { rule: "TS2551", identifier: "lenght", suggestion: "length", type: "string" }],
    ["cargo-build.log", 1, { rule: "E0425", identifier: "c" }],
    ["go-build.log", 1, { identifier: "x" }],
    ["npm-11-etarget.log", 0, { package: "ms", version: "99.0.0", rule: "ETARGET" }],
    ["npm-11-lock.log", 0, { package: "is-odd", version: "3.0.1" }],
    ["pip-missing.log", 0, { package: "nopezz-qq-1" }],
    ["pytest-9.log", 0, { identifier: "dbb" }],
    ["ruff-full.log", 5, { rule: "F401", identifier: "nosuchmod", fixable: "true" }],
    ["mypy-2.log", 1, { rule: "import-not-found", package: "requestss" }],
    ["eslint-9.log", 1, { rule: "no-unused-vars", identifier: "unused" }],
    ["gcc-make.log", 0, { file: "nope.h" }],
    ["javac.log", 0, { package: "java.utl" }],
    ["cmake.log", 0, { package: "Nope" }],
  ])("%s, cause %i", async (name, index, captures) => {
    const { failures } = await readLog(fixture(name));
    expect(failures.filter(({ rank }) => rank === "cause")[index]?.captures).toMatchObject(captures);
  });
});
