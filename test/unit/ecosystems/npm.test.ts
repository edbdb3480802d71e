import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ECOSYSTEMS } from "../../../src/ecosystems/index.ts";
import { changed, treeOf } from "./tree.ts";

const { npm } = ECOSYSTEMS;
const bump = async (files: Record<string, string>, ...bumps: { path: string; name: string; version: string }[]) => {
  const edits = await npm.bump(treeOf(files), bumps);
  if (!edits.ok) throw new Error(edits.diagnostics[0]?.message);
  return Object.fromEntries(edits.value.map((edit) => [edit.path, changed(edit)]));
};

describe("npm manifests", () => {
  test("every version of a package and its lock files, and nothing else", async () => {
    const manifest =
      '{\n\t"version" : "1.4.2",\n\t"name":"payments","dependencies":{"version":"1.4.2"},\n\t"x": {"version": "1.4.2"}\n}\n';
    const lock =
      '{\n  "name": "payments",\n  "version": "1.4.2",\n  "lockfileVersion": 3,\n  "packages": {\n    "": {\n      "name": "payments",\n      "version": "1.4.2"\n    },\n    "node_modules/version": {\n      "version": "1.4.2"\n    }\n  }\n}\n';
    expect(
      await bump(
        { "package.json": manifest, "package-lock.json": lock },
        { path: ".", name: "payments", version: "1.5.0" },
      ),
    ).toEqual({
      "package.json": ['"version" : "1.4.2", → "version" : "1.5.0",'],
      "package-lock.json": ['"version": "1.4.2", → "version": "1.5.0",', '"version": "1.4.2" → "version": "1.5.0"'],
    });
  });

  test("workspaces: the lock file's entries and the ranges of dependents", async () => {
    const files = {
      "package.json": '{ "name": "root", "version": "0.0.0", "workspaces": ["packages/*"] }',
      "packages/a/package.json": '{\n"name": "@acme/a",\n"version": "1.0.0"\n}',
      "packages/b/package.json":
        '{\n"name": "@acme/b",\n"version": "2.0.0",\n"dependencies": {\n"@acme/a": "^1.0.0",\n"c": "^1.0.0"\n},\n"peerDependencies": {\n"@acme/a": ">=1 <3"\n}\n}',
      "package-lock.json":
        '{\n"name": "root",\n"version": "0.0.0",\n"packages": {\n"": { "name": "root", "version": "0.0.0" },\n"packages/a": { "name": "@acme/a", "version": "1.0.0" },\n"packages/b": {\n"name": "@acme/b", "version": "2.0.0",\n"dependencies": { "@acme/a": "^1.0.0" }\n},\n"node_modules/@acme/a": { "resolved": "packages/a", "link": true }\n}\n}',
      "node_modules/@acme/a/package.json": '{ "name": "@acme/a", "version": "1.0.0" }',
    };
    expect(
      await bump(
        files,
        { path: "packages/a", name: "@acme/a", version: "1.1.0" },
        { path: "packages/b", name: "@acme/b", version: "2.0.1" },
      ),
    ).toEqual({
      "packages/a/package.json": ['"version": "1.0.0" → "version": "1.1.0"'],
      "packages/b/package.json": [
        '"version": "2.0.0", → "version": "2.0.1",',
        '"@acme/a": "^1.0.0", → "@acme/a": "^1.1.0",',
      ],
      "package-lock.json": [
        '"packages/a": { "name": "@acme/a", "version": "1.0.0" }, → "packages/a": { "name": "@acme/a", "version": "1.1.0" },',
        '"name": "@acme/b", "version": "2.0.0", → "name": "@acme/b", "version": "2.0.1",',
        '"dependencies": { "@acme/a": "^1.0.0" } → "dependencies": { "@acme/a": "^1.1.0" }',
      ],
    });
  });

  test("CRLF, tabs, a byte order mark and escapes keep every byte", async () => {
    const before =
      '\ufeff{\r\n\t"name": "p",\r\n\t"version": "1.0.0",\r\n\t"d": "\\u00e9 \\"version\\": \\"1.0.0\\""\r\n}';
    const edits = await npm.bump(treeOf({ "package.json": before }), [{ path: ".", name: "p", version: "2.0.0" }]);
    expect(edits.ok && edits.value[0]?.after).toBe(before.replace('"version": "1.0.0"', '"version": "2.0.0"'));
  });

  test("any JSON around the version stays as it is, byte for byte", async () => {
    const text = fc.tuple(
      fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
      fc.constantFrom(undefined, 1, 2, "\t"),
    );
    await fc.assert(
      fc.asyncProperty(text, async ([rest, indent]) => {
        const { name: _n, version: _v, ...others } = rest;
        const before = JSON.stringify({ a: others, version: "1.2.3", z: others }, null, indent);
        const edits = await npm.bump(treeOf({ "package.json": before }), [
          { path: ".", name: "p", version: "10.20.30-rc.1" },
        ]);
        const after = edits.ok ? edits.value[0]?.after : undefined;
        expect(JSON.parse(after ?? "")).toEqual({ ...JSON.parse(before), version: "10.20.30-rc.1" });
        expect(after?.length).toBe(before.length + "10.20.30-rc.1".length - "1.2.3".length);
      }),
    );
  });

  test.each([
    ['{ "name": "p" }', "npm.no_version"],
    ['{ "name": "p", "version": "1.0" }', "npm.bad_version"],
    ['{ "name": "../p", "version": "1.0.0" }', "npm.bad_name"],
    ['{ "name": "P; rm", "version": "1.0.0" }', "npm.bad_name"],
    ["{ // no }", "manifest.json"],
    ["", "manifest.json"],
  ])("%s is refused as %s", async (text, code) => {
    const read = await npm.readManifest(treeOf({ "package.json": text }), ".");
    expect(read.ok ? [] : read.diagnostics.map((one) => one.code)).toEqual([code]);
  });

  test("stages come from what the package has", async () => {
    const stages = (manifest: object, lock = false) =>
      npm.defaultStages(
        treeOf({ "package.json": JSON.stringify(manifest), ...(lock ? { "package-lock.json": "{}" } : {}) }),
        ".",
      );
    expect(await stages({})).toEqual({});
    expect(await stages({ scripts: { test: "x", build: "y" }, dependencies: { a: "1" } }, true)).toEqual({
      build: "npm ci && npm run build",
      test: "npm test",
    });
    expect(await npm.defaultStages(treeOf({ "it's/package.json": '{"scripts":{"test":"x"}}' }), "it's")).toEqual({
      test: "cd 'it'\\''s' && npm test",
    });
  });
});

test("a package that asks npm for Sigstore's provenance says that this cannot be done here", async () => {
  const manifest = (more: object) => JSON.stringify({ name: "tool", version: "1.0.0", ...more });
  const read = async (more: object) => {
    const found = await npm.readManifest(treeOf({ "package.json": manifest(more) }), ".");
    return found.ok ? found.value.unpublishable?.code : "failed";
  };
  expect(await read({ publishConfig: { provenance: true } })).toBe("npm.provenance_elsewhere");
  expect(await read({ publishConfig: { provenance: false, access: "public" } })).toBeUndefined();
});
