import type { Diagnostic } from "../core/diagnostic.ts";
import type { Asked, AskedReader } from "./asked-reader.ts";
import { askedOfCargo } from "./cargo-asked.ts";
import type { EcosystemId, Tree } from "./ecosystem.ts";
import { askedOfNpm } from "./npm-asked.ts";
import { askedOfPython } from "./python-asked.ts";

const KINDS: readonly { readonly ecosystem: EcosystemId; readonly files: RegExp; readonly read: AskedReader }[] = [
  { ecosystem: "npm", files: /(?:^|\/)(?:package|package-lock|npm-shrinkwrap)\.json$/, read: askedOfNpm },
  {
    ecosystem: "pypi",
    files:
      /(?:^|\/)(?:pyproject\.toml|uv\.lock|poetry\.lock|(?:[\w.-]*requirements|constraints)[\w.-]*\.(?:txt|in))$|(?:^|\/)requirements\/[\w.-]+\.(?:txt|in)$/,
    read: askedOfPython,
  },
  { ecosystem: "cargo", files: /(?:^|\/)Cargo\.(?:toml|lock)$/, read: askedOfCargo },
];

/**
 * Where a product's manifests and lock files ask for some packages, with the files that could not be read. Folders that
 * package managers fill, and fixtures, are not looked into.
 *
 * @param wanted tells by a name as its ecosystem compares it whether its asks are of interest
 */
export async function askedPackages(
  tree: Tree,
  wanted: (ecosystem: EcosystemId, name: string) => boolean,
): Promise<{ readonly asked: readonly Asked[]; readonly unreadable: readonly Diagnostic[] }> {
  const asked: Asked[] = [];
  const unreadable: Diagnostic[] = [];
  for (const file of [...(await tree.list())].sort()) {
    if (/(?:^|\/)(?:node_modules|\.venv|target|fixtures|__fixtures__|testdata)\//.test(file)) continue;
    const kind = KINDS.find(({ files }) => files.test(file));
    const text = kind && (await tree.read(file));
    if (!kind || text === undefined) continue;
    const read = kind.read(file, text, (name) => wanted(kind.ecosystem, name));
    if (read.ok) asked.push(...read.value);
    else unreadable.push(...read.diagnostics);
  }
  return { asked, unreadable };
}
