import { posix } from "node:path";
import type { FixCommand } from "../../candidate.ts";
import { isTestPath } from "../../guard.ts";
import type { Tree } from "../../tree.ts";
import { manifestOf } from "../compiled/rust-modules.ts";
import { type Fixer, type FixerInput, placeOf, proposals, rewrite, textOf } from "../fixer.ts";
import { jsonObject, knownNpmPackage, knownPythonPackage, nearestFile, npmAsked } from "./known-packages.ts";

const NPM_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const NOT_FOUND =
  /Cannot find package '([^'\n]+)' imported from ([^\s']+)|Cannot find module '([^.'/\n][^'\n]*)'(?:\s*\n?Require stack:\s*\n\s*- ([^\n]+))?|(?:Could not resolve|Failed to resolve import|Can't resolve) ["']([^."'/\n][^"'\n]*)["']|'([^'\n]+)' should be listed in the project's dependencies/;
/** Files that run where the package is built or tested, not where it is used. */
const DEVELOPMENT = /(?:^|\/)(?:scripts?|bench|examples?|\.storybook)\/|(?:^|\/)[\w.-]*\.config\.[cm]?[jt]s$/;
const INSTALL = ["--ignore-scripts", "--no-audit", "--no-fund"];

/** Where npm is to be run for a manifest of a sub-folder. */
async function placeFlags(tree: Tree, manifest: string): Promise<readonly string[]> {
  const folder = posix.dirname(manifest);
  if (folder === ".") return [];
  return jsonObject(await tree.read("package.json"))?.workspaces === undefined
    ? ["--prefix", folder]
    : ["--workspace", folder];
}

export const missingNpmDependency: Fixer = {
  name: "missing-npm-dependency",
  summary:
    "an npm package that is imported but not declared, where another manifest of the repository or the lock file names it",
  trust: 0.7,
  async propose(input) {
    const match = NOT_FOUND.exec(textOf(input));
    const specifier = match?.[1] ?? match?.[3] ?? match?.[5] ?? match?.[6];
    const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier ?? "")?.[0];
    if (match === null || name === undefined || !NPM_NAME.test(name)) return [];
    const told = match[2] ?? match[4];
    const importer =
      (told === undefined ? undefined : await input.tree.locate(told.trim())) ?? (await placeOf(input))?.file;
    if (importer === undefined) return [];
    const manifest = await nearestFile(input.tree, importer, "package.json");
    if (manifest === undefined || npmAsked(jsonObject(await input.tree.read(manifest))).has(name)) return [];
    const known = await knownNpmPackage(input.tree, name, manifest);
    if (known === undefined) return [];
    const section = isTestPath(importer) || DEVELOPMENT.test(importer) ? "--save-dev" : "--save-prod";
    const command: FixCommand = {
      command: "npm",
      args: ["install", section, `${name}@${known.range}`, ...INSTALL, ...(await placeFlags(input.tree, manifest))],
      network: "host",
    };
    return [{ summary: `declare the dependency ${name}`, changes: [], commands: [command] }];
  },
};

const TYPES =
  /Try `npm i(?:nstall)? (?:--save-dev|-D) (@types\/[a-z0-9._-]+)`|Cannot find type definition file for '([a-z0-9._-]+)'/;

export const missingTypesPackage: Fixer = {
  name: "missing-types-package",
  summary: "a package of type declarations (`@types/…`) that tsc asks for by name",
  trust: 0.9,
  async propose(input) {
    const match = TYPES.exec(textOf(input));
    const name = match?.[1] ?? (match?.[2] === undefined ? undefined : `@types/${match[2]}`);
    if (name === undefined) return [];
    const place = (await placeOf(input))?.file ?? "package.json";
    const manifest = await nearestFile(input.tree, place, "package.json");
    if (manifest === undefined) return [];
    const own = jsonObject(await input.tree.read(manifest));
    if (npmAsked(own).has(name)) return [];
    const command: FixCommand = {
      command: "npm",
      args: [
        "install",
        "--save-dev",
        name + rangeOf(name, own),
        ...INSTALL,
        ...(await placeFlags(input.tree, manifest)),
      ],
      network: "host",
    };
    return [{ summary: `declare ${name}`, changes: [], commands: [command] }];
  },
};

/** Node's types are numbered as Node is; those of other packages as the major version that they describe. */
function rangeOf(name: string, manifest: Readonly<Record<string, unknown>> | undefined): string {
  const described = name.slice("@types/".length);
  const range =
    described === "node"
      ? (manifest?.engines as { node?: string } | undefined)?.node
      : npmAsked(manifest).get(described.replace(/^(\w+)__/, "@$1/"));
  const major = /\d+/.exec(range ?? "")?.[0];
  return major === undefined || major === "0" ? "" : `@^${major}`;
}

const PYTHON = /No module named '(\w+)/;

export const missingPythonDependency: Fixer = {
  name: "missing-python-dependency",
  summary:
    "a Python package that is imported but not required, where another requirements file of the repository names it",
  trust: 0.7,
  async propose(input) {
    const module = PYTHON.exec(textOf(input))?.[1];
    if (module === undefined) return [];
    const { tree } = input;
    const importer = (await placeOf(input))?.file ?? "";
    const paths = await tree.paths();
    const files = isTestPath(importer)
      ? ["requirements-dev.txt", "requirements-test.txt", "requirements.txt", "pyproject.toml"]
      : ["requirements.txt", "pyproject.toml"];
    const found = [];
    for (const file of files.filter((path) => paths.includes(path))) {
      const known = await knownPythonPackage(tree, module, file);
      if (known === undefined) continue;
      found.push(
        ...proposals(`require ${known.name}`, [
          await rewrite(tree, file, (text) => withRequirement(text, file, known.name + known.range)),
        ]),
      );
    }
    return found;
  },
};

function withRequirement(text: string, file: string, requirement: string): string | undefined {
  if (!file.endsWith(".toml")) return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${requirement}\n`;
  const project = /^\[project\]\s*\n(?:(?!\[)[^\n]*\n)*?dependencies\s*=\s*\[/m.exec(text);
  if (!project) return undefined;
  const at = project.index + project[0].length;
  const rest = text.slice(at);
  if (/^\s*\]/.test(rest)) return `${text.slice(0, at)}"${requirement}"${rest.replace(/^\s*/, "")}`;
  const indent = /^\n(\s+)/.exec(rest)?.[1];
  return indent === undefined
    ? `${text.slice(0, at)}"${requirement}", ${rest}`
    : `${text.slice(0, at)}\n${indent}"${requirement}",${rest}`;
}

const CRATE =
  /(?:unresolved module or unlinked crate|unresolved or undeclared crate|undeclared crate or module|maybe a missing crate) `(\w+)`|cannot find module or crate `(\w+)`|can't find crate for `(\w+)`/;

export const missingCargoDependency: Fixer = {
  name: "missing-cargo-dependency",
  summary: "a crate that is used but not declared, where another crate of the workspace declares it or is it",
  trust: 0.9,
  async propose(input) {
    const { tree } = input;
    const crate = CRATE.exec(textOf(input))
      ?.slice(1)
      .find((group) => group !== undefined);
    const place = await placeOf(input);
    const manifest = place === undefined ? undefined : await manifestOf(input, place.file);
    if (crate === undefined || place === undefined || manifest === undefined) return [];
    const declared = (await declaredElsewhere(tree, crate, manifest)) ?? (await memberNamed(tree, crate, manifest));
    if (declared === undefined) return [];
    const section = /(?:^|\/)(?:tests|benches|examples)\//.test(place.file) ? "dev-dependencies" : "dependencies";
    const locked = (await tree.paths()).includes("Cargo.lock");
    return proposals(
      `declare the crate ${crate}`,
      [
        await rewrite(tree, manifest, (text) => {
          const header = new RegExp(`^\\[${section}\\][ \\t]*$`, "m").exec(text);
          if (!header) return `${text.trimEnd()}\n\n[${section}]\n${declared}\n`;
          const at = header.index + header[0].length;
          return `${text.slice(0, at)}\n${declared}${text.slice(at)}`;
        }),
      ],
      locked ? [{ command: "cargo", args: ["update", "--workspace"], network: "host" }] : [],
    );
  },
};

/** A crate of the same repository, by its path. */
async function memberNamed(tree: Tree, crate: string, manifest: string): Promise<string | undefined> {
  const named = new RegExp(`^name\\s*=\\s*"(${crate.replaceAll("_", "[-_]")})"`, "m");
  for (const path of (await tree.paths()).filter((one) => posix.basename(one) === "Cargo.toml" && one !== manifest)) {
    const text = (await tree.read(path)) ?? "";
    const name = /^\[package\]/m.test(text) ? named.exec(text)?.[1] : undefined;
    if (name === undefined) continue;
    return `${name} = { path = "${posix.relative(posix.dirname(manifest), posix.dirname(path))}" }`;
  }
  return undefined;
}

/** The line by which the workspace or another of its crates asks for a crate, as it has to stand in this manifest. */
async function declaredElsewhere(tree: Tree, crate: string, manifest: string): Promise<string | undefined> {
  const line = new RegExp(`^(${crate.replaceAll("_", "[-_]")})(?:\\.workspace)?\\s*=\\s*(.+?)\\s*$`, "m");
  for (const path of (await tree.paths()).filter((one) => posix.basename(one) === "Cargo.toml" && one !== manifest)) {
    const text = (await tree.read(path)) ?? "";
    const shared = /^\[workspace\.dependencies\]\s*$((?:\n(?!\[).*)*)/m.exec(text)?.[1] ?? "";
    const name = line.exec(shared)?.[1];
    if (name !== undefined) return `${name}.workspace = true`;
    const own = [...text.matchAll(/^\[(?:dev-|build-)?dependencies\]\s*$((?:\n(?!\[).*)*)/gm)]
      .map((match) => match[1])
      .join("\n");
    const found = line.exec(own);
    if (found?.[1] === undefined || found[2] === undefined) continue;
    const value = found[2].replace(/path\s*=\s*"([^"]+)"/, (_all, written: string) => {
      const target = posix.join(posix.dirname(path), written);
      return `path = "${posix.relative(posix.dirname(manifest), target)}"`;
    });
    return `${found[1]} = ${value}`;
  }
  return undefined;
}

const GO = /no required module provides package ([\w.~-]+(?:\/[\w.~-]+)+)(?:; to add it:|$)/m;

export const missingGoDependency: Fixer = {
  name: "missing-go-dependency",
  summary:
    "a Go module that is imported but not required, as `go` names it; at the version of another go.mod of the repository where one requires it",
  trust: 0.7,
  async propose(input) {
    const path = GO.exec(textOf(input))?.[1];
    const place = await placeOf(input);
    if (path === undefined || !path.split("/")[0]?.includes(".")) return [];
    const manifest = (await nearestFile(input.tree, place?.file ?? "go.mod", "go.mod")) ?? "go.mod";
    const version = await requiredElsewhere(input, path, manifest);
    const folder = posix.dirname(manifest);
    const args = [
      ...(folder === "." ? [] : ["-C", folder]),
      "get",
      version === undefined ? path : `${path}@${version}`,
    ];
    return [{ summary: `require ${path}`, changes: [], commands: [{ command: "go", args, network: "host" }] }];
  },
};

async function requiredElsewhere({ tree }: FixerInput, path: string, manifest: string): Promise<string | undefined> {
  for (const other of (await tree.paths()).filter((one) => posix.basename(one) === "go.mod" && one !== manifest)) {
    for (const [, module = "", version] of ((await tree.read(other)) ?? "").matchAll(
      /^\s*(?:require\s+)?([\w.~-]+(?:\/[\w.~-]+)+)\s+(v[\w.+-]+)/gm,
    )) {
      if (path === module || path.startsWith(`${module}/`)) return version;
    }
  }
  return undefined;
}
