import { posix } from "node:path";
import type { Tree } from "../../tree.ts";

/** A package as the repository itself names it elsewhere: the only names that a fixer may add. */
export interface KnownPackage {
  readonly name: string;
  /** What is asked for, as the ecosystem's manifests write it: `^1.2.0`, `>=2,<3`, `{ version = "1" }`. */
  readonly range: string;
}

/** The JSON text as an object; undefined when it is none. A manifest that does not parse has a fixer of its own. */
export function jsonObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/** Every package that a manifest asks for, by name. */
export function npmAsked(manifest: Readonly<Record<string, unknown>> | undefined): ReadonlyMap<string, string> {
  const asked = new Map<string, string>();
  for (const section of SECTIONS) {
    for (const [name, range] of Object.entries((manifest?.[section] ?? {}) as Record<string, unknown>)) {
      if (typeof range === "string" && !asked.has(name)) asked.set(name, range);
    }
  }
  return asked;
}

/** The npm package by this name that another manifest of the repository asks for, or that the lock file holds. */
export async function knownNpmPackage(
  tree: Tree,
  name: string,
  manifestPath: string,
): Promise<KnownPackage | undefined> {
  const paths = await tree.paths();
  for (const path of paths.filter((one) => posix.basename(one) === "package.json" && one !== manifestPath)) {
    const range = npmAsked(jsonObject(await tree.read(path))).get(name);
    // A path means something else from another folder.
    if (range !== undefined && !/^(?:file|link|portal):/.test(range)) return { name, range };
  }
  for (const path of paths.filter((one) => /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/.test(one))) {
    const packages = jsonObject(await tree.read(path))?.packages as Record<string, { version?: unknown }> | undefined;
    const version = packages?.[`node_modules/${name}`]?.version;
    if (typeof version === "string") return { name, range: `^${version}` };
  }
  return undefined;
}

/** The nearest manifest of a file: in its folder or one above. */
export async function nearestFile(tree: Tree, file: string, name: string): Promise<string | undefined> {
  const paths = await tree.paths();
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const path = posix.join(folder, name);
    if (paths.includes(path)) return path;
    if (folder === "." || folder === "/") return undefined;
  }
}

/** Distributions whose modules have other names; the repository has to name the distribution all the same. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  attr: "attrs",
  bs4: "beautifulsoup4",
  cv2: "opencv-python",
  dateutil: "python-dateutil",
  dotenv: "python-dotenv",
  jwt: "pyjwt",
  magic: "python-magic",
  PIL: "pillow",
  serial: "pyserial",
  sklearn: "scikit-learn",
  yaml: "pyyaml",
};

/** Python's names are one whatever their case and signs (PEP 503). */
export function pythonName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

const REQUIREMENT =
  /^\s*["']?([A-Za-z][\w.-]*)(?:\[[\w,. -]+\])?\s*((?:[<>=!~]=?=?\s*[\w.*+!-]+\s*,?\s*)*)(?:;[^"'#]*)?["']?\s*,?\s*(?:#.*)?$/;

/** The requirement of a Python module's distribution that another file of the repository writes. */
export async function knownPythonPackage(
  tree: Tree,
  module: string,
  except: string,
): Promise<KnownPackage | undefined> {
  const wanted = pythonName(DISTRIBUTIONS[module] ?? module);
  const paths = (await tree.paths()).filter(
    (path) =>
      /(?:^|\/)(?:[\w-]*requirements[\w-]*\.(?:txt|in)|requirements\/[\w-]+\.(?:txt|in)|constraints[\w-]*\.txt|pyproject\.toml)$/.test(
        path,
      ) && path !== except,
  );
  for (const path of paths) {
    for (const line of ((await tree.read(path)) ?? "").split("\n")) {
      const [, name, range = ""] = REQUIREMENT.exec(line) ?? [];
      if (name !== undefined && pythonName(name) === wanted && (range !== "" || path.endsWith(".txt"))) {
        return { name, range: range.replaceAll(/\s+/g, "") };
      }
    }
  }
  return undefined;
}
