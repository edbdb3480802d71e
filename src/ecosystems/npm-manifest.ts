import { valid } from "semver";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Bump, FileEdit, Manifest, Tree } from "./ecosystem.ts";
import { pnpmLockRanges, yarnLockRanges } from "./js-locks.ts";
import { readJsonSpans } from "./json-spans.ts";
import { within } from "./paths.ts";
import { lineColumn, type Replacement, replaceSpans } from "./text-edit.ts";

const DEPENDENCIES = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;
const LOCKS = ["package-lock.json", "npm-shrinkwrap.json"];
const OTHER_LOCKS = { "pnpm-lock.yaml": pnpmLockRanges, "yarn.lock": yarnLockRanges } as const;

/** Name and version of the package in a folder; both must be such that npm publishes them. */
export async function readNpmManifest(tree: Tree, path: string): Promise<Outcome<Manifest>> {
  const file = within(path, "package.json");
  const text = await tree.read(file);
  if (text === undefined)
    return fail(problem("product", "npm.no_manifest", `there is no ${file}`, { where: { file } }));
  const spans = readJsonSpans(text, file);
  if (!spans.ok) return spans;
  const name = spans.value.string(["name"]);
  const version = spans.value.string(["version"]);
  const at = (offset: number) => ({ where: { file, ...lineColumn(text, offset) } });
  if (!name) return fail(problem("product", "npm.no_name", `${file} has no name`, { where: { file } }));
  if (!isNpmName(name.value)) {
    return fail(
      problem("product", "npm.bad_name", `${JSON.stringify(name.value)} is no npm package name`, at(name.start)),
    );
  }
  if (!version) {
    return fail(
      problem("product", "npm.no_version", `${file} has no version`, {
        where: { file },
        next: 'add "version": "0.0.0"; a release fills it in',
      }),
    );
  }
  if (!valid(version.value)) {
    return fail(
      problem(
        "product",
        "npm.bad_version",
        `${JSON.stringify(version.value)} is no semantic version`,
        at(version.start),
      ),
    );
  }
  const said = spans.value.value as { private?: unknown; publishConfig?: { provenance?: unknown } | null };
  const asksForProvenance = said.publishConfig?.provenance === true;
  const isPrivate = said.private === true;
  return succeed({
    ecosystem: "npm",
    file,
    name: name.value,
    version: version.value,
    private: isPrivate,
    ...(asksForProvenance ? { unpublishable: provenanceElsewhere(name.value, file) } : {}),
  });
}

/** npm takes provenance that Sigstore's services signed, for an identity that GitHub Actions or GitLab CI vouch for. */
function provenanceElsewhere(name: string, file: string): Diagnostic {
  return problem(
    "product",
    "npm.provenance_elsewhere",
    `${file} asks npm to sign ${name}'s provenance (publishConfig.provenance), which only Sigstore can, over the network, from GitHub Actions or GitLab CI`,
    {
      where: { file },
      next: "take publishConfig.provenance out; the release signs its own statement with the key of ship.provenance.key_secret, which codemonkeys release verify and openssl check",
    },
  );
}

function isNpmName(name: string): boolean {
  return name.length <= 214 && /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name);
}

/**
 * New versions in package.json, in every lock file above a package (its root entry and its workspace entry; pnpm and yarn name ranges only) and in the
 * ranges by which other packages of the repository depend on it.
 */
export async function bumpNpm(tree: Tree, bumps: readonly Bump[]): Promise<Outcome<FileEdit[]>> {
  const files = await tree.list();
  const byPath = new Map(bumps.map((bump) => [bump.path === "." ? "" : bump.path, bump]));
  const byName = new Map(bumps.map((bump) => [bump.name, bump]));
  const raise = (name: string, range: string) => {
    const bump = byName.get(name);
    return bump && raisedRange(range, bump.version);
  };
  const edits: FileEdit[] = [];
  for (const file of files) {
    const base = file.slice(file.lastIndexOf("/") + 1);
    const other = Object.hasOwn(OTHER_LOCKS, base) ? OTHER_LOCKS[base as keyof typeof OTHER_LOCKS] : undefined;
    if (other && !/(^|\/)node_modules\//.test(file)) {
      const before = (await tree.read(file)) ?? "";
      const after = bumps.some(({ name }) => before.includes(name))
        ? replaceSpans(before, other(before, raise))
        : before;
      if (after !== before) edits.push({ path: file, before, after });
      continue;
    }
    if (/(^|\/)node_modules\//.test(file) || !(base === "package.json" || LOCKS.includes(base))) continue;
    const folder = file.slice(0, Math.max(0, file.lastIndexOf("/")));
    const before = await tree.read(file);
    if (before === undefined) continue;
    // Only what names the packages: a manifest in a fixture may be broken on purpose.
    const relevant =
      base !== "package.json" || byPath.has(folder) || bumps.some(({ name }) => before.includes(`"${name}"`));
    if (!relevant) continue;
    const after =
      base === "package.json"
        ? manifestEdit(before, file, byPath.get(folder), byName)
        : lockEdit(before, file, folder, byPath);
    if (!after.ok) return after;
    if (after.value !== before) edits.push({ path: file, before, after: after.value });
  }
  return succeed(edits);
}

function manifestEdit(
  text: string,
  file: string,
  own: Bump | undefined,
  byName: ReadonlyMap<string, Bump>,
): Outcome<string> {
  const spans = readJsonSpans(text, file);
  // A package.json that is none of ours may be anything.
  if (!spans.ok) return own ? spans : succeed(text);
  const replacements: Replacement[] = [];
  if (own) {
    const version = spans.value.string(["version"]);
    if (!version) return fail(problem("product", "npm.no_version", `${file} has no version`, { where: { file } }));
    replacements.push({ start: version.start, end: version.end, text: JSON.stringify(own.version) });
  }
  for (const kind of DEPENDENCIES) {
    for (const name of spans.value.keys([kind])) {
      const bump = byName.get(name);
      const range = bump ? spans.value.string([kind, name]) : undefined;
      const raised = bump && range ? raisedRange(range.value, bump.version) : undefined;
      if (range && raised !== undefined) {
        replacements.push({ start: range.start, end: range.end, text: JSON.stringify(raised) });
      }
    }
  }
  return succeed(replaceSpans(text, replacements));
}

/** `^1.2.3` → `^1.3.0`, `workspace:~1.2.3` likewise; ranges of other shapes (`*`, `>=1 <3`, `file:…`) stay. */
function raisedRange(range: string, version: string): string | undefined {
  const match = /^(workspace:)?([\^~=]?)(\d+\.\d+\.\d+[0-9A-Za-z.+-]*)$/.exec(range);
  return match ? `${match[1] ?? ""}${match[2]}${version}` : undefined;
}

function lockEdit(text: string, file: string, folder: string, byPath: ReadonlyMap<string, Bump>): Outcome<string> {
  const own = byPath.get(folder);
  const inside = [...byPath].filter(([path]) => folder === "" || path === folder || path.startsWith(`${folder}/`));
  if (inside.length === 0) return succeed(text);
  const spans = readJsonSpans(text, file);
  if (!spans.ok) return spans;
  const replacements: Replacement[] = [];
  const replace = (path: readonly string[], version: string) => {
    const at = spans.value.string(path);
    if (at) replacements.push({ start: at.start, end: at.end, text: JSON.stringify(version) });
  };
  // Version 1 and 2 name the root at the top, 2 and 3 under "packages".
  if (own) replace(["version"], own.version);
  for (const [path, bump] of inside) {
    const key = path === folder ? "" : folder === "" ? path : path.slice(folder.length + 1);
    replace(["packages", key, "version"], bump.version);
  }
  const byName = new Map([...byPath.values()].map((bump) => [bump.name, bump]));
  for (const key of spans.value.keys(["packages"])) {
    if (key.includes("node_modules/")) continue;
    for (const kind of DEPENDENCIES) {
      for (const name of spans.value.keys(["packages", key, kind])) {
        const bump = byName.get(name);
        const range = bump ? spans.value.string(["packages", key, kind, name]) : undefined;
        const raised = bump && range ? raisedRange(range.value, bump.version) : undefined;
        if (range && raised !== undefined) {
          replacements.push({ start: range.start, end: range.end, text: JSON.stringify(raised) });
        }
      }
    }
  }
  return succeed(replaceSpans(text, replacements));
}
