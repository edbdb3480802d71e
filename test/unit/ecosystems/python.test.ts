import { describe, expect, test } from "vitest";
import { ECOSYSTEMS } from "../../../src/ecosystems/index.ts";
import { normalizedVersion, toPep440 } from "../../../src/ecosystems/pep440.ts";
import { changed, treeOf } from "./tree.ts";

const { pypi } = ECOSYSTEMS;
const bump = async (files: Record<string, string>, version: string, name = "acme-tool") => {
  const edits = await pypi.bump(treeOf(files), [{ path: ".", name, version }]);
  if (!edits.ok) throw new Error(edits.diagnostics[0]?.message);
  return Object.fromEntries(edits.value.map((edit) => [edit.path, changed(edit)]));
};

describe("PEP 440", () => {
  test.each([
    ["1.5.0", "1.5.0"],
    ["1.5.0-rc.1", "1.5.0rc1"],
    ["1.5.0-alpha.3", "1.5.0a3"],
    ["1.5.0-beta.0", "1.5.0b0"],
    ["1.5.0-rc", "1.5.0rc0"],
    ["1.5.0-dev.7", "1.5.0.dev7"],
    ["1.5.0+build.5", "1.5.0+build.5"],
    ["2026.01.3", "2026.1.3"],
  ])("%s is spelled %s", (version, spelled) => {
    expect(toPep440(version)).toMatchObject({ ok: true, value: spelled });
  });

  test.each(["1.5.0-nightly.1", "1.5.0-rc.1.2", "soon"])("%s has no spelling", (version) => {
    expect(toPep440(version).ok).toBe(false);
  });

  test.each([
    ["1.5.0rc1", "1.5.0-RC.1"],
    ["1.0.post2", "1.0-2"],
    ["1.0.post2", "1.0.r2"],
    ["1!2.0.dev0", "v1!02.0dev"],
    ["1.0a0", "1.0alpha"],
  ])("%s and %s are one version", (a, b) => {
    expect(normalizedVersion(b)).toBe(a);
  });
});

describe("Python manifests", () => {
  test("PEP 621, quotes and comments kept", async () => {
    const files = {
      "pyproject.toml": `[project] # here\nname = "acme-tool"\nversion = '1.4.2' # now\ndependencies = ["x==1.4.2"]\n[tool.other]\nversion = "1.4.2"\n`,
      "src/acme_tool/__init__.py": '"""Doc."""\n__version__: str = "1.4.2"  # keep\n',
      "src/vendored/__init__.py": '__version__ = "9.9.9"\n',
      "acme_tool/tests/__init__.py": "x = 1\n",
    };
    expect(await bump(files, "1.5.0-rc.1")).toEqual({
      "pyproject.toml": ["version = '1.4.2' # now → version = '1.5.0rc1' # now"],
      "src/acme_tool/__init__.py": ['__version__: str = "1.4.2"  # keep → __version__: str = "1.5.0rc1"  # keep'],
    });
  });

  test("poetry, setup.cfg, setup.py and uv.lock", async () => {
    expect(
      await bump({ "pyproject.toml": 'tool.poetry = { name = "acme-tool", version = "1.4.2" }\n' }, "1.5.0"),
    ).toEqual({
      "pyproject.toml": [
        'tool.poetry = { name = "acme-tool", version = "1.4.2" } → tool.poetry = { name = "acme-tool", version = "1.5.0" }',
      ],
    });
    expect(
      await bump(
        { "setup.cfg": "[metadata]\nname = acme-tool\nversion = 1.4.2\n\n[bdist]\nversion = 1.4.2\n" },
        "1.5.0",
      ),
    ).toEqual({
      "setup.cfg": ["version = 1.4.2 → version = 1.5.0"],
    });
    const setup = `from setuptools import setup\nversion="1.4.2"\nsetup(\n  name="acme-tool",\n  version='1.4.2',\n)\n`;
    expect(await bump({ "setup.py": setup }, "1.5.0")).toEqual({ "setup.py": ["version='1.4.2', → version='1.5.0',"] });
    const files = {
      "pyproject.toml": '[project]\nname = "acme-tool"\nversion = "1.4.2"\n',
      "uv.lock":
        '[[package]]\nname = "other"\nversion = "1.4.2"\nsource = { registry = "x" }\n\n[[package]]\nname = "acme-tool"\nversion = "1.4.2"\nsource = { editable = "." }\n',
    };
    expect((await bump(files, "1.5.0"))["uv.lock"]).toEqual(['version = "1.4.2" → version = "1.5.0"']);
  });

  test("a version that stands in the module alone", async () => {
    const files = {
      "pyproject.toml":
        '[project]\nname = "acme-tool"\ndynamic = ["version"]\n[tool.hatch.version]\npath = "src/acme_tool/__about__.py"\n',
      "src/acme_tool/__about__.py": '__version__ = "1.4.2"\n',
    };
    expect(await pypi.readManifest(treeOf(files), ".")).toMatchObject({
      value: { name: "acme-tool", version: "1.4.2" },
    });
    expect(await bump(files, "1.5.0")).toEqual({
      "src/acme_tool/__about__.py": ['__version__ = "1.4.2" → __version__ = "1.5.0"'],
    });
  });

  test("a version that is the tag's needs no edit", async () => {
    const files = { "pyproject.toml": '[project]\nname = "acme-tool"\ndynamic = ["version"]\n[tool.setuptools_scm]\n' };
    expect(await pypi.readManifest(treeOf(files), ".")).toMatchObject({ value: { version: undefined } });
    expect(await bump(files, "1.5.0")).toEqual({});
  });

  test.each([
    [{ "pyproject.toml": "[project]\nname = \n" }, "manifest.toml"],
    [{ "pyproject.toml": '[project]\nversion = "1.0.0"\n' }, "pypi.no_name"],
    [{ "pyproject.toml": '[project]\nname = "a"\n' }, "pypi.no_version"],
    [{ "pyproject.toml": '[project]\nname = "-e ."\nversion = "1"\n' }, "pypi.bad_name"],
    [{}, "pypi.no_manifest"],
  ])("%j is refused", async (files, code) => {
    const read = await pypi.readManifest(treeOf(files), ".");
    expect(read.ok ? [] : read.diagnostics.map((one) => one.code)).toEqual([code]);
  });
});
