import { valid } from "semver";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Bump, FileEdit, Manifest, Tree } from "./ecosystem.ts";
import { folderOf, within } from "./paths.ts";
import { type Replacement, replaceSpans } from "./text-edit.ts";
import { readTomlSpans, type TomlPath, type TomlSpans } from "./toml-spans.ts";

/** Name and version of the crate in a folder; `version.workspace = true` is looked up in the workspace's root. */
export async function readCargoManifest(tree: Tree, path: string): Promise<Outcome<Manifest>> {
  const file = within(path, "Cargo.toml");
  const text = await tree.read(file);
  if (text === undefined)
    return fail(problem("product", "cargo.no_manifest", `there is no ${file}`, { where: { file } }));
  const spans = readTomlSpans(text, file);
  if (!spans.ok) return spans;
  const name = spans.value.string(["package", "name"]);
  if (!name)
    return fail(problem("product", "cargo.no_name", `${file} has no [package] with a name`, { where: { file } }));
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name.value)) {
    return fail(
      problem("product", "cargo.bad_name", `${JSON.stringify(name.value)} is no crate name`, { where: { file } }),
    );
  }
  const version = await versionOf(tree, path, spans.value);
  if (version === undefined || !valid(version)) {
    const said =
      version === undefined
        ? "has no version"
        : `has the version ${JSON.stringify(version)}, which is no semantic version`;
    return fail(problem("product", "cargo.no_version", `${file} ${said}`, { where: { file } }));
  }
  return succeed({
    ecosystem: "cargo",
    file,
    name: name.value,
    version,
    private: spans.value.boolean(["package", "publish"]) === false,
  });
}

async function versionOf(tree: Tree, path: string, spans: TomlSpans): Promise<string | undefined> {
  if (spans.boolean(["package", "version", "workspace"]) !== true) return spans.string(["package", "version"])?.value;
  const root = await workspaceRoot(tree, path);
  return root?.spans.string(["workspace", "package", "version"])?.value;
}

async function workspaceRoot(tree: Tree, path: string): Promise<{ file: string; spans: TomlSpans } | undefined> {
  for (let folder = path === "." ? "" : path; ; folder = folderOf(folder)) {
    const file = within(folder, "Cargo.toml");
    const text = await tree.read(file);
    const spans = text === undefined ? undefined : readTomlSpans(text, file);
    if (spans?.ok && spans.value.has(["workspace"])) return { file, spans: spans.value };
    if (folder === "") return undefined;
  }
}

/** `[dependencies]`, `[target.'…'.dev-dependencies]`, `[workspace.dependencies]` … and the name under it. */
function dependencyOf(path: TomlPath): string | undefined {
  const at = path.findIndex((part) => typeof part === "string" && /^(?:dev-|build-)?dependencies$/.test(part));
  const inPlace = at === 0 || (at === 1 && path[0] === "workspace") || (at === 2 && path[0] === "target");
  return inPlace && path.length === at + 3 && path.at(-1) === "version" ? String(path[at + 1]) : undefined;
}

/** New versions in Cargo.toml (or the workspace's), in path dependencies on the crates, and in Cargo.lock. */
export async function bumpCargo(tree: Tree, bumps: readonly Bump[]): Promise<Outcome<FileEdit[]>> {
  const files = await tree.list();
  const byName = new Map(bumps.map((bump) => [bump.name, bump]));
  const byFile = new Map(bumps.map((bump) => [within(bump.path, "Cargo.toml"), bump]));
  const workspaces = new Map<string, string>();
  for (const bump of bumps) {
    const inherited = await inheritsVersion(tree, bump);
    if (!inherited.ok) return inherited;
    if (inherited.value === undefined) continue;
    const other = workspaces.get(inherited.value);
    if (other !== undefined && other !== bump.version) {
      return fail(
        problem(
          "product",
          "cargo.shared_version",
          `${inherited.value} gives its members one version, but ${other} and ${bump.version} are wanted`,
          {
            where: { file: inherited.value },
          },
        ),
      );
    }
    workspaces.set(inherited.value, bump.version);
  }
  const edits: FileEdit[] = [];
  for (const file of files) {
    const base = file.slice(file.lastIndexOf("/") + 1);
    if (base !== "Cargo.toml" && base !== "Cargo.lock") continue;
    const before = await tree.read(file);
    if (
      before === undefined ||
      !(byFile.has(file) || workspaces.has(file) || bumps.some(({ name }) => before.includes(name)))
    )
      continue;
    const spans = readTomlSpans(before, file);
    if (!spans.ok) {
      if (byFile.has(file) || base === "Cargo.lock") return spans;
      continue;
    }
    const replacements =
      base === "Cargo.lock"
        ? lockReplacements(spans.value, byName)
        : manifestReplacements(spans.value, byFile.get(file), workspaces.get(file), byName, before);
    const after = replaceSpans(before, replacements);
    if (after !== before) edits.push({ path: file, before, after });
  }
  return succeed(edits);
}

/** The workspace manifest that a crate's version comes from; undefined when it has its own. */
async function inheritsVersion(tree: Tree, bump: Bump): Promise<Outcome<string | undefined>> {
  const file = within(bump.path, "Cargo.toml");
  const text = await tree.read(file);
  if (text === undefined)
    return fail(problem("product", "cargo.no_manifest", `there is no ${file}`, { where: { file } }));
  const spans = readTomlSpans(text, file);
  if (!spans.ok) return spans;
  if (spans.value.boolean(["package", "version", "workspace"]) !== true) return succeed(undefined);
  return succeed((await workspaceRoot(tree, bump.path))?.file);
}

function manifestReplacements(
  spans: TomlSpans,
  own: Bump | undefined,
  shared: string | undefined,
  byName: ReadonlyMap<string, Bump>,
  text: string,
): Replacement[] {
  const replacements: Replacement[] = [];
  const replace = (at: { start: number; end: number } | undefined, value: string) => {
    if (!at) return;
    const quote = text[at.start] === "'" ? "'" : '"';
    replacements.push({ start: at.start, end: at.end, text: `${quote}${value}${quote}` });
  };
  if (own) replace(spans.string(["package", "version"]), own.version);
  if (shared !== undefined) replace(spans.string(["workspace", "package", "version"]), shared);
  for (const { path, string } of spans.strings) {
    const key = dependencyOf(path);
    if (key === undefined) continue;
    const table = path.slice(0, -1);
    const name = spans.string([...table, "package"])?.value ?? key;
    const bump = byName.get(name);
    // Without a path it is the published crate, whose new version does not exist yet.
    if (!bump || !spans.has([...table, "path"])) continue;
    const requirement = /^([\^~=]?\s*)\d[0-9A-Za-z.+-]*$/.exec(string.value);
    if (requirement) replace(string, `${requirement[1]}${bump.version}`);
  }
  return replacements;
}

function lockReplacements(spans: TomlSpans, byName: ReadonlyMap<string, Bump>): Replacement[] {
  const replacements: Replacement[] = [];
  for (let at = 0; at < spans.count(["package"]); at++) {
    const name = spans.string(["package", at, "name"])?.value;
    const version = spans.string(["package", at, "version"]);
    // Members have no source; a crate of the same name from a registry does.
    if (name === undefined || !version || spans.has(["package", at, "source"])) continue;
    const bump = byName.get(name);
    if (!bump) continue;
    replacements.push({ start: version.start, end: version.end, text: JSON.stringify(bump.version) });
    // Where a crate of the same name comes from elsewhere too, dependents name the version they mean.
    for (const { path, string } of spans.strings) {
      const isDependency = path.length === 4 && path[0] === "package" && path[2] === "dependencies";
      if (!isDependency || string.value !== `${name} ${version.value}`) continue;
      replacements.push({ start: string.start, end: string.end, text: JSON.stringify(`${name} ${bump.version}`) });
    }
  }
  return replacements;
}
