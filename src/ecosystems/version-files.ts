import { isScalar, parseDocument } from "yaml";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { FileEdit, Tree } from "./ecosystem.ts";
import { bumpMaven } from "./maven-manifest.ts";
import { folderOf, within } from "./paths.ts";
import { lineColumn, type Replacement, replaceSpans } from "./text-edit.ts";
import type { VersionChange } from "./version-change.ts";

const IGNORED = /(?:^|\/)(?:node_modules|vendor|third_party|target|dist|\.git)\//;
/** Deeper ones are examples and fixtures. */
const DEPTH = 5;

/**
 * Edits of the files that name a version without being a package's manifest: Maven's `pom.xml`, Helm's `Chart.yaml`
 * (`version`, `appVersion`), version constants of Go, `extra.version` of mkdocs.yml, version labels of a Dockerfile, a
 * `VERSION` file, and marked lines. But for the pom's own version only what says the old one is changed.
 */
export async function bumpVersionFiles(tree: Tree, change: VersionChange): Promise<Outcome<FileEdit[]>> {
  const files = (await tree.list()).filter((file) => isOwn(file, change));
  const edits: FileEdit[] = [];
  const poms = await bumpMaven(tree, files, change);
  if (!poms.ok) return poms;
  edits.push(...poms.value);
  for (const file of files) {
    const find = finderOf(file);
    if (!find) continue;
    const before = await tree.read(file);
    if (before === undefined) continue;
    const after = replaceSpans(before, find(before, change));
    if (after !== before) edits.push({ path: file, before, after });
  }
  const missing: Diagnostic[] = [];
  for (const path of change.marked) {
    const file = within(change.folder, path);
    const before = edits.find((edit) => edit.path === file)?.after ?? (await tree.read(file));
    const found = before === undefined ? [] : markedVersions(before, change.version);
    if (before === undefined || found.length === 0) missing.push(unmarked(file, before !== undefined));
    else {
      const earlier = edits.findIndex((edit) => edit.path === file);
      const original = earlier >= 0 ? (edits.splice(earlier, 1)[0] as FileEdit).before : before;
      const after = replaceSpans(before, found);
      if (after !== original) edits.push({ path: file, before: original, after });
    }
  }
  return missing.length > 0 ? fail(...missing) : succeed(edits);
}

function isOwn(file: string, { folder, except }: VersionChange): boolean {
  const prefix = within(folder, "");
  if (!file.startsWith(prefix) || IGNORED.test(file)) return false;
  if (file.slice(prefix.length).split("/").length > DEPTH) return false;
  return !except.some((other) => file.startsWith(`${other}/`));
}

type Finder = (text: string, change: VersionChange) => Replacement[];

function finderOf(file: string): Finder | undefined {
  const base = file.slice(file.lastIndexOf("/") + 1);
  if (base === "Chart.yaml") return (text, change) => yamlVersions(text, change, [["version"], ["appVersion"]]);
  if (base === "mkdocs.yml" || base === "mkdocs.yaml") {
    return (text, change) => yamlVersions(text, change, [["extra", "version"]]);
  }
  if (base === "Dockerfile" || base === "Containerfile") return labelVersions;
  if (base === "version.go" || (base.endsWith(".go") && /(?:^|\/)version$/.test(folderOf(file)))) return goVersions;
  if (base === "VERSION" || base === "version.txt") return wholeFile;
  return undefined;
}

/** The new version in the spelling of the old one (`v1.2.3`), if that is one of the old versions. */
function successor(said: string, { old, version }: VersionChange): string | undefined {
  const prefix = /^v(?=\d)/.exec(said)?.[0] ?? "";
  return old.includes(said.slice(prefix.length)) ? `${prefix}${version}` : undefined;
}

function yamlVersions(text: string, change: VersionChange, paths: readonly (readonly string[])[]): Replacement[] {
  const document = parseDocument(text, { logLevel: "silent", keepSourceTokens: false });
  return paths.flatMap((path) => {
    const node: unknown = document.getIn(path, true);
    if (!isScalar(node) || !node.range) return [];
    const [start, end] = node.range;
    const source = text.slice(start, end);
    const quote = /^["']/.exec(source)?.[0] ?? "";
    const next = successor(source.slice(quote.length, source.length - quote.length), change);
    return next === undefined ? [] : [{ start, end, text: `${quote}${next}${quote}` }];
  });
}

const GO_CONSTANT = /^((?:(?:const|var)[ \t]+|[ \t]+)?[A-Za-z]*[Vv]ersion(?:[ \t]+string)?[ \t]*=[ \t]*")([^"\n]*)"/gm;
const LABEL = /(\borg\.opencontainers\.image\.version=["']?)([^\s"'\\]+)/g;

function goVersions(text: string, change: VersionChange): Replacement[] {
  return grouped(text, GO_CONSTANT, change);
}

function labelVersions(text: string, change: VersionChange): Replacement[] {
  return grouped(text, LABEL, change);
}

/** Replaces the second group of each match that is an old version; the first stands right before it. */
function grouped(text: string, pattern: RegExp, change: VersionChange): Replacement[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const [, before = "", said = ""] = match;
    const next = successor(said, change);
    const start = match.index + before.length;
    return next === undefined ? [] : [{ start, end: start + said.length, text: next }];
  });
}

function wholeFile(text: string, change: VersionChange): Replacement[] {
  const said = text.trim();
  const next = successor(said, change);
  const start = text.indexOf(said);
  return next === undefined ? [] : [{ start, end: start + said.length, text: next }];
}

const MARK = /x-release(?:-please)?-version\b/;
const BLOCK_START = /x-release(?:-please)?-start-version\b/;
const BLOCK_END = /x-release(?:-please)?-end\b/;
const ANY_VERSION =
  /(?<![\w.-])(v?)\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z.-]+)?(?![\w-]|\.\d)/g;

/** Versions on lines that carry `x-release-version`, and between `x-release-start-version` and `x-release-end`. */
function markedVersions(text: string, version: string): Replacement[] {
  const found: Replacement[] = [];
  let offset = 0;
  let inside = false;
  for (const line of text.split("\n")) {
    if (BLOCK_START.test(line)) inside = true;
    else if (BLOCK_END.test(line)) inside = false;
    else if (inside || MARK.test(line)) {
      for (const match of line.matchAll(ANY_VERSION)) {
        const start = offset + match.index;
        found.push({ start, end: start + match[0].length, text: `${match[1] ?? ""}${version}` });
      }
    }
    offset += line.length + 1;
  }
  return found;
}

function unmarked(file: string, there: boolean): Diagnostic {
  return problem(
    "product",
    "release.no_marked_line",
    there
      ? `${file} has no line with a version that is marked x-release-version`
      : `there is no ${file}, which SPEC.md lists under release.files`,
    {
      where: { file: there ? file : "SPEC.md" },
      next: "end the lines whose version follows the releases with a comment that says x-release-version",
    },
  );
}

/** Go finds a module's major versions from 2 on at a path of their own; undefined when the path fits. */
export async function goModuleProblem(tree: Tree, folder: string, version: string): Promise<Diagnostic | undefined> {
  const file = within(folder, "go.mod");
  const text = await tree.read(file);
  const match = text === undefined ? null : /^module[ \t]+"?([^\s"]+)/m.exec(text);
  if (!match || text === undefined) return undefined;
  const path = match[1] as string;
  const major = Number(version.split(".")[0]);
  const named = Number(/\/v(\d+)$/.exec(path)?.[1] ?? 1);
  if (major === named || (major < 2 && named === 1) || path.startsWith("gopkg.in/")) return undefined;
  const wanted = `${path.replace(/\/v\d+$/, "")}${major < 2 ? "" : `/v${major}`}`;
  return problem("product", "go.module_path", `${path} is no module path of version ${version}: nobody could get it`, {
    severity: "warning",
    where: { file, ...lineColumn(text, match.index) },
    next: `say module ${wanted} in ${file}, and import it by that path`,
  });
}
