import { describe, expect, it } from "vitest";
import { weakenings } from "../../../src/pillars/heal/guard.ts";

const whats = (path: string, before: string | undefined, after: string | undefined) =>
  weakenings([{ path, before, after }]).map((found) => found.what);

const TEST =
  'it("adds", () => {\n  expect(add(1, 2)).toBe(3);\n});\nit("is empty", () => {\n  expect(list()).toEqual([]);\n});\n';

describe("an edit that only makes the build green is refused", () => {
  const refused: readonly (readonly [string, string, string | undefined, string | undefined])[] = [
    ["a deleted test file", "test/add.test.ts", TEST, undefined],
    ["a deleted test", "src/add.test.ts", TEST, TEST.split("\n").slice(0, 3).join("\n")],
    ["a skipped test", "src/add.test.ts", TEST, TEST.replace('it("adds"', 'it.skip("adds"')],
    ["a loosened assertion", "src/add.test.ts", TEST, TEST.replace("toBe(3)", "toBeDefined()")],
    ["a changed expectation", "src/add.test.ts", TEST, TEST.replace("toBe(3)", "toBe(4)")],
    [
      "a pytest skip",
      "tests/test_a.py",
      "def test_a():\n    assert 1\n",
      "@pytest.mark.skip\ndef test_a():\n    assert 1\n",
    ],
    [
      "a python assertion removed",
      "tests/test_a.py",
      "def test_a():\n    assert f() == 1\n",
      "def test_a():\n    f()\n",
    ],
    [
      "a go skip",
      "a_test.go",
      "func TestA(t *testing.T) {\n\tf()\n}\n",
      "func TestA(t *testing.T) {\n\tt.Skip()\n\tf()\n}\n",
    ],
    ["a rust ignore", "tests/a.rs", "#[test]\nfn a() {}\n", "#[test]\n#[ignore]\nfn a() {}\n"],
    ["eslint-disable", "src/a.js", "x = 1\n", "// eslint-disable-next-line\nx = 1\n"],
    ["noqa", "a.py", "import os\n", "import os  # noqa\n"],
    ["ts-ignore", "src/a.ts", "f(x);\n", "// @ts-ignore\nf(x);\n"],
    ["as any", "src/a.ts", "f(x);\n", "f(x as any);\n"],
    ["type: ignore", "a.py", "f(x)\n", "f(x)  # type: ignore\n"],
    ["a clippy allow", "src/a.rs", "fn f() {}\n", "#[allow(dead_code)]\nfn f() {}\n"],
    ["an eslint rule off", "eslint.config.js", 'rules: { a: "error" }\n', 'rules: { a: "off" }\n'],
    ["a looser mypy", "setup.cfg", "[mypy]\nstrict = true\n", "[mypy]\nstrict = false\n"],
    ["pytest's options", "setup.cfg", "[tool:pytest]\n", "[tool:pytest]\naddopts = --deselect a\n"],
    ["a looser tsconfig", "tsconfig.json", '{"strict":true}', '{"strict":false}'],
    ["a swallowed promise", "src/a.js", "await f();\n", "await f().catch(() => {});\n"],
    ["a swallowed exception", "src/a.js", "f();\n", "try {\n  f();\n} catch (error) {\n  console.log(error);\n}\n"],
    ["except: pass", "a.py", "f()\n", "try:\n    f()\nexcept Exception:\n    pass\n"],
    ["a go recover", "a.go", "f()\n", "defer func() { recover() }()\nf()\n"],
    ["exit 0", "a.py", "main()\n", "main()\nsys.exit(0)\n"],
    ["|| true", "build.sh", "make test\n", "make test || true\n"],
    ["another test script", "package.json", '{"scripts":{"test":"vitest"}}', '{"scripts":{"test":"true"}}'],
  ];
  it.each(refused)("%s", (_name, path, before, after) => {
    expect(whats(path, before, after)).not.toEqual([]);
  });
});

describe("an honest edit passes", () => {
  const passed: readonly (readonly [string, string, string | undefined, string | undefined])[] = [
    [
      "the metadata beside a check's configuration",
      "setup.cfg",
      "[options]\npython_requires = <3.10\n\n[mypy]\nstrict = true\n",
      "[options]\npython_requires = >=3.8\n\n[mypy]\nstrict = true\n",
    ],
    [
      "an import attribute",
      "src/a.js",
      'import a from "./a.json" assert { type: "json" };\n',
      'import a from "./a.json" with { type: "json" };\n',
    ],
    [
      "a fixed import in a test",
      "src/add.test.ts",
      `import { ad } from "./add.js";\n${TEST}`,
      `import { add } from "./add.js";\n${TEST}`,
    ],
    ["a new test", "src/add.test.ts", TEST, `${TEST}it("more", () => expect(1).toBe(1));\n`],
    [
      "a handler that throws on",
      "src/a.js",
      "f();\n",
      "try {\n  f();\n} catch (error) {\n  throw new Error(`f`, { cause: error });\n}\n",
    ],
    [
      "a changed line in an old handler",
      "src/a.js",
      "try {\n} catch (e) {\n  log(f);\n}\n",
      "try {\n} catch (e) {\n  log(e);\n}\n",
    ],
    [
      "a dependency",
      "package.json",
      '{"scripts":{"test":"vitest"}}',
      '{"scripts":{"test":"vitest"},"dependencies":{"a":"1"}}',
    ],
    ["a mended manifest", "package.json", '{"scripts":{"test":"vitest run"},}', '{"scripts":{"test":"vitest run"}}'],
    ["an argument named any", "a.py", "x = f(1)\n", "x = any(f(1))\n"],
  ];
  it.each(passed)("%s", (_name, path, before, after) => {
    expect(whats(path, before, after)).toEqual([]);
  });
});
