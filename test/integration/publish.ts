import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A scratch folder, and how to remove it. */
export function scratchFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "codemonkeys-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function npmPackage(root: string, version: string, text = "export const answer = 42;\n"): string {
  const directory = join(root, `npm-${version}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(directory, { recursive: true });
  const manifest = { name: "@acme/refunds", version, type: "module", main: "index.js", files: ["index.js"] };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(directory, "index.js"), text);
  return directory;
}

export function pythonPackage(root: string, version: string, text = "ANSWER = 42\n"): string {
  const directory = join(root, `py-${version}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, "pyproject.toml"),
    `[build-system]\nrequires = ["setuptools>=68"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "acme-refunds"\nversion = "${version}"\n`,
  );
  writeFileSync(join(directory, "acme_refunds.py"), text);
  return directory;
}

/** Everything that was kept of a run, to look for what must not be in it. */
export function textOf(...files: string[]): string {
  return files.map((file) => readFileSync(file, "utf8")).join("\n");
}
