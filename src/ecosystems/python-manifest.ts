import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Bump, FileEdit, Manifest, Tree } from "./ecosystem.ts";
import { within } from "./paths.ts";
import { normalizedName, normalizedVersion, toPep440 } from "./pep440.ts";
import { type Replacement, replaceSpans } from "./text-edit.ts";
import { readTomlSpans, type TomlSpans } from "./toml-spans.ts";

/** A place that names the project or its version. */
interface Said {
  readonly file: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** What stands around the value there: quotes of a Python or TOML string, nothing in an ini file. */
  readonly quote: string;
}

/** Name and version of the Python project in a folder, from pyproject.toml, setup.cfg, setup.py or `__version__`. */
export async function readPythonManifest(tree: Tree, path: string): Promise<Outcome<Manifest>> {
  const project = await readProject(tree, path);
  if (!project.ok) return project;
  const { names, versions, fromTag, file, isPrivate } = project.value;
  const name = names[0];
  if (!name) {
    return fail(
      problem("product", "pypi.no_name", `${file} does not say what the project is called`, {
        where: { file },
        next: "add name under [project]",
      }),
    );
  }
  if (!/^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$/i.test(name.value)) {
    return fail(
      problem("product", "pypi.bad_name", `${JSON.stringify(name.value)} is no Python project name`, {
        where: { file },
      }),
    );
  }
  const version = versions[0]?.value ?? (await attributeVersions(tree, path, name.value, undefined))[0]?.value;
  if (version === undefined && !fromTag) {
    return fail(
      problem("product", "pypi.no_version", `${file} names no version, and no module has __version__`, {
        where: { file },
        next: 'add version = "0.0.0" under [project]; a release fills it in',
      }),
    );
  }
  return succeed({
    ecosystem: "pypi",
    file: (versions[0] ?? name).file,
    name: name.value,
    version: fromTag ? undefined : version,
    private: isPrivate,
  });
}

/** New versions in every place that names the old one; a project whose version comes from the tag needs none. */
export async function bumpPython(tree: Tree, bumps: readonly Bump[]): Promise<Outcome<FileEdit[]>> {
  const edits: FileEdit[] = [];
  for (const bump of bumps) {
    const spelled = toPep440(bump.version);
    if (!spelled.ok) return spelled;
    const project = await readProject(tree, bump.path);
    if (!project.ok) return project;
    if (project.value.fromTag) continue;
    const manifest = await readPythonManifest(tree, bump.path);
    if (!manifest.ok) return manifest;
    const old = manifest.value.version as string;
    const places = [
      ...project.value.versions.filter(({ value }) => normalizedVersion(value) === normalizedVersion(old)),
      ...(await attributeVersions(tree, bump.path, bump.name, old)),
      ...(await lockedVersions(tree, bump)),
    ];
    for (const [file, said] of Map.groupBy(places, (place) => place.file)) {
      const before = (await tree.read(file)) as string;
      const replacements: Replacement[] = said.map(({ start, end, quote }) => ({
        start,
        end,
        text: `${quote}${spelled.value}${quote}`,
      }));
      const after = replaceSpans(before, replacements);
      if (after !== before) edits.push({ path: file, before, after });
    }
  }
  return succeed(edits);
}

interface Project {
  readonly file: string;
  readonly names: readonly Said[];
  readonly versions: readonly Said[];
  /** setuptools-scm, hatch-vcs and their like: the version is the git tag's. */
  readonly fromTag: boolean;
  readonly isPrivate: boolean;
}

async function readProject(tree: Tree, path: string): Promise<Outcome<Project>> {
  const names: Said[] = [];
  const versions: Said[] = [];
  let fromTag = false;
  let isPrivate = false;
  let file: string | undefined;
  const pyproject = within(path, "pyproject.toml");
  const toml = await tree.read(pyproject);
  if (toml !== undefined) {
    const spans = readTomlSpans(toml, pyproject);
    if (!spans.ok) return spans;
    file = pyproject;
    names.push(
      ...tomlSaid(spans.value, toml, pyproject, [
        ["project", "name"],
        ["tool", "poetry", "name"],
      ]),
    );
    versions.push(
      ...tomlSaid(spans.value, toml, pyproject, [
        ["project", "version"],
        ["tool", "poetry", "version"],
      ]),
    );
    fromTag = versions.length === 0 && takesTag(spans.value);
    isPrivate = spans.value.strings.some(
      ({ path: at, string }) => at.slice(0, 2).join(".") === "project.classifiers" && /^Private ::/i.test(string.value),
    );
  }
  for (const [base, read] of [
    ["setup.cfg", setupCfg],
    ["setup.py", setupPy],
  ] as const) {
    const at = within(path, base);
    const text = await tree.read(at);
    if (text === undefined) continue;
    file ??= at;
    const said = read(text, at);
    names.push(...said.names);
    versions.push(...said.versions);
    if (/use_scm_version/.test(text)) fromTag ||= versions.length === 0;
  }
  if (file === undefined) {
    const message = `there is no pyproject.toml, setup.cfg or setup.py in ${path}`;
    return fail(problem("product", "pypi.no_manifest", message, { where: { file: pyproject } }));
  }
  return succeed({ file, names, versions, fromTag, isPrivate });
}

function takesTag(toml: TomlSpans): boolean {
  return (
    toml.has(["tool", "setuptools_scm"]) ||
    toml.string(["tool", "hatch", "version", "source"])?.value === "vcs" ||
    (toml.has(["tool", "pdm", "version", "source"]) &&
      toml.string(["tool", "pdm", "version", "source"])?.value === "scm") ||
    toml.boolean(["tool", "poetry-dynamic-versioning", "enable"]) === true
  );
}

function tomlSaid(spans: TomlSpans, text: string, file: string, paths: readonly (readonly string[])[]): Said[] {
  return paths.flatMap((path) => {
    const at = spans.string(path);
    if (!at) return [];
    const quote = text[at.start] === "'" ? "'" : '"';
    return [{ file, value: at.value, start: at.start, end: at.end, quote }];
  });
}

/** `name` and `version` of `[metadata]`; `attr:` and `file:` point elsewhere. */
function setupCfg(text: string, file: string): { names: Said[]; versions: Said[] } {
  const names: Said[] = [];
  const versions: Said[] = [];
  let section = "";
  let offset = 0;
  for (const line of text.split("\n")) {
    const header = /^\[([^\]]+)\]/.exec(line);
    if (header) section = (header[1] as string).trim();
    const pair = section === "metadata" ? /^(name|version)(\s*[=:]\s*)([^\s#;][^\r]*?)[ \t\r]*$/.exec(line) : null;
    if (pair) {
      const value = pair[3] as string;
      const start = offset + (pair[1] as string).length + (pair[2] as string).length;
      const said = { file, value, start, end: start + value.length, quote: "" };
      if (pair[1] === "name") names.push(said);
      else if (!/^(attr|file):/.test(value)) versions.push(said);
    }
    offset += line.length + 1;
  }
  return { names, versions };
}

/** Literal `name=` and `version=` arguments of `setup(…)`. */
function setupPy(text: string, file: string): { names: Said[]; versions: Said[] } {
  const call = /\bsetup\s*\(/.exec(text);
  const from = call ? call.index : text.length;
  const find = (key: string): Said[] => {
    const match = new RegExp(`(?<=[(,\\s])${key}\\s*=\\s*(["'])([^"'\\n]*)\\1`).exec(text.slice(from));
    if (!match) return [];
    const quote = match[1] as string;
    const end = from + match.index + match[0].length;
    return [{ file, value: match[2] as string, start: end - (match[2] as string).length - 2, end, quote }];
  };
  return { names: find("name"), versions: find("version") };
}

const VERSION_FILES = ["__init__.py", "__about__.py", "_version.py", "version.py", "__version__.py"];

/**
 * `__version__ = "…"` in the project's modules (and `version = "…"` in files that are there for it). Only those that
 * say the old version: a vendored module keeps its own.
 */
async function attributeVersions(tree: Tree, path: string, name: string, old: string | undefined): Promise<Said[]> {
  const folder = within(path, "");
  const module = normalizedName(name).replaceAll("-", "_");
  const files = (await tree.list()).filter((file) => {
    if (!file.startsWith(folder)) return false;
    const parts = file.slice(folder.length).split("/");
    return parts.length <= 4 && VERSION_FILES.includes(parts.at(-1) as string);
  });
  // The project's own module first: it is the one that counts when nothing else names a version.
  files.sort((a, b) => Number(b.includes(`${module}/`)) - Number(a.includes(`${module}/`)) || a.length - b.length);
  const found: Said[] = [];
  for (const file of files) {
    const text = await tree.read(file);
    if (text === undefined) continue;
    const wide = /(?:^|\/)(?:_version|version|__version__)\.py$/.test(file);
    const pattern = wide
      ? /^(?:__version__|VERSION|version)\s*(?::\s*[\w.[\]]+\s*)?=\s*(["'])([^"'\n]+)\1/gm
      : /^__version__\s*(?::\s*[\w.[\]]+\s*)?=\s*(["'])([^"'\n]+)\1/gm;
    for (const match of text.matchAll(pattern)) {
      const value = match[2] as string;
      if (old !== undefined && normalizedVersion(value) !== normalizedVersion(old)) continue;
      const end = match.index + match[0].length;
      found.push({ file, value, start: end - value.length - 2, end, quote: match[1] as string });
    }
  }
  return found;
}

/** The project's own entry in uv.lock; other lock files do not name it. */
async function lockedVersions(tree: Tree, bump: Bump): Promise<Said[]> {
  const file = within(bump.path, "uv.lock");
  const text = await tree.read(file);
  if (text === undefined) return [];
  const spans = readTomlSpans(text, file);
  if (!spans.ok) return [];
  const found: Said[] = [];
  for (let at = 0; at < spans.value.count(["package"]); at++) {
    const own =
      spans.value.has(["package", at, "source", "editable"]) || spans.value.has(["package", at, "source", "virtual"]);
    const name = spans.value.string(["package", at, "name"])?.value;
    if (own && name !== undefined && normalizedName(name) === normalizedName(bump.name)) {
      const version = spans.value.string(["package", at, "version"]);
      if (version) found.push({ file, value: version.value, start: version.start, end: version.end, quote: '"' });
    }
  }
  return found;
}
