import { describe, expect, test } from "vitest";
import { ECOSYSTEMS } from "../../../src/ecosystems/index.ts";
import { changed, treeOf } from "./tree.ts";

const { cargo } = ECOSYSTEMS;
const bump = async (files: Record<string, string>, ...bumps: { path: string; name: string; version: string }[]) => {
  const edits = await cargo.bump(treeOf(files), bumps);
  if (!edits.ok) throw new Error(edits.diagnostics[0]?.code);
  return Object.fromEntries(edits.value.map((edit) => [edit.path, changed(edit)]));
};

describe("Cargo manifests", () => {
  test("a crate and its lock entry; a crate of that name from elsewhere stays", async () => {
    const files = {
      "Cargo.toml":
        '[package]\nname = "pay" # mine\nversion = "1.4.2"\n\n[dependencies]\nserde = { version = "1.4.2" }\n',
      "Cargo.lock":
        '[[package]]\nname = "pay"\nversion = "1.4.2"\ndependencies = [\n "serde",\n]\n\n[[package]]\nname = "pay"\nversion = "0.1.0"\nsource = "registry+x"\n\n[[package]]\nname = "user"\nversion = "1.0.0"\ndependencies = [\n "pay 1.4.2",\n]\n',
    };
    expect(await bump(files, { path: ".", name: "pay", version: "1.5.0" })).toEqual({
      "Cargo.toml": ['version = "1.4.2" → version = "1.5.0"'],
      "Cargo.lock": ['version = "1.4.2" → version = "1.5.0"', '"pay 1.4.2", → "pay 1.5.0",'],
    });
  });

  test("workspaces: shared versions, and requirements of path dependencies", async () => {
    const files = {
      "Cargo.toml":
        '[workspace]\nmembers = ["a", "b"]\n\n[workspace.package]\nversion = "1.0.0"\n\n[workspace.dependencies]\na = { path = "a", version = "1.0.0" }\n',
      "a/Cargo.toml": '[package]\nname = "a"\nversion.workspace = true\n',
      "b/Cargo.toml":
        '[package]\nname = "b"\nversion = "0.3.0"\n\n[dependencies]\na = { path = "../a", version = "^1.0" }\nz = { package = "a", path = "../a", version = "1.0.0" }\n\n[dev-dependencies.a]\nversion = "1.0.0"\n',
    };
    expect(await cargo.readManifest(treeOf(files), "a")).toMatchObject({ value: { name: "a", version: "1.0.0" } });
    expect(await bump(files, { path: "a", name: "a", version: "1.1.0" })).toEqual({
      "Cargo.toml": [
        'version = "1.0.0" → version = "1.1.0"',
        'a = { path = "a", version = "1.0.0" } → a = { path = "a", version = "1.1.0" }',
      ],
      "b/Cargo.toml": [
        'a = { path = "../a", version = "^1.0" } → a = { path = "../a", version = "^1.1.0" }',
        'z = { package = "a", path = "../a", version = "1.0.0" } → z = { package = "a", path = "../a", version = "1.1.0" }',
      ],
    });
  });

  test("two versions for one shared version are refused", async () => {
    const member = (name: string) => `[package]\nname = "${name}"\nversion.workspace = true\n`;
    const files = {
      "Cargo.toml": '[workspace]\n[workspace.package]\nversion = "1.0.0"\n',
      "a/Cargo.toml": member("a"),
      "b/Cargo.toml": member("b"),
    };
    await expect(
      bump(files, { path: "a", name: "a", version: "1.1.0" }, { path: "b", name: "b", version: "2.0.0" }),
    ).rejects.toThrow("cargo.shared_version");
  });
});
