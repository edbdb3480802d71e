import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { makeFolder } from "../../core/files.ts";
import {
  bumpVersionFiles,
  directoryTree,
  ECOSYSTEM_IDS,
  ECOSYSTEMS,
  type FileEdit,
  type Tree,
} from "../../ecosystems/index.ts";
import type { OpenProduct, Session } from "../../pipeline/session.ts";
import type { Change, Git } from "../../tools/git/git.ts";
import { type BuiltTag, buildForTag } from "./built-tag.ts";
import { insertRelease } from "./changelog.ts";
import { forgeOf } from "./forge.ts";
import type { PlannedPackage, ReleaseArtifact, ReleasePlan, ReleaseUnit } from "./report.ts";
import { settleModes } from "./settle.ts";

/** What the work half hands over, all of it by digest: the act half writes and publishes exactly this. */
export interface ReleaseWork {
  /** Files of the release commit; the digest names the new text in the artefact store. */
  readonly edits: readonly { readonly path: string; readonly digest: string }[];
  readonly artifacts: readonly ReleaseArtifact[];
  /** For the second tag, where the spec asks for one. */
  readonly builtTag?: BuiltTag;
}

/** Digests of everything that the act half acts with. */
export function digestsOf({ edits, artifacts, builtTag }: ReleaseWork): string[] {
  const files = [...edits, ...(builtTag?.files ?? [])];
  return [...files.map(({ digest }) => digest), ...artifacts.map(({ sha256 }) => sha256)];
}

/**
 * The work half of a release: versions and changelog are written in a work tree of their own, and every package that is
 * to be published is built there, once, into the artefact store. Product code runs here, without keys; the person's own
 * work tree is not touched.
 */
export async function doWork(
  session: Session,
  product: OpenProduct,
  git: Git,
  plan: ReleasePlan,
): Promise<Outcome<ReleaseWork>> {
  return await inWorktree(session, git, plan.commit, async (worktree, scratch) => {
    const edits = await task(
      session.emit,
      "release.files",
      "versions and changelog",
      () => writeEdits(session, product, plan, worktree.root),
      (done) =>
        done.ok
          ? { title: `versions and changelog written (${done.value.length} file${done.value.length === 1 ? "" : "s"})` }
          : { state: "failed" },
    );
    if (!edits.ok) return edits;
    await settleModes(worktree.root);
    const artifacts: ReleaseArtifact[] = [];
    for (const unit of plan.units) {
      for (const pkg of unit.packages.filter(({ publish }) => publish)) {
        const built = await buildPackage(session, plan, unit, pkg, { root: worktree.root, scratch });
        if (!built.ok) return built;
        artifacts.push(...built.value);
      }
    }
    const builtTag = await buildForTag(session, plan, worktree.root);
    if (!builtTag.ok) return builtTag;
    return succeed({ edits: edits.value, artifacts, ...(builtTag.value ? { builtTag: builtTag.value } : {}) });
  });
}

/** Runs something in a scratch work tree of a commit, which is gone afterwards. */
export async function inWorktree<T>(
  session: Session,
  git: Git,
  commit: string,
  work: (worktree: Git, scratch: string) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-release-"));
  const tree = join(scratch, "tree");
  try {
    const opened = await git.addWorktree(tree, commit);
    return opened.ok ? await work(opened.value, scratch) : opened;
  } finally {
    const removed = await git.removeWorktree(tree);
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    // A work tree left behind disturbs nobody; git prunes it.
    for (const diagnostic of removed.ok ? [] : removed.diagnostics) {
      session.emit({ type: "diagnostic", diagnostic: { ...diagnostic, severity: "warning" } });
    }
  }
}

async function writeEdits(
  session: Session,
  product: OpenProduct,
  plan: ReleasePlan,
  root: string,
): Promise<Outcome<ReleaseWork["edits"]>> {
  const edits = await editsOf(product, plan, root);
  if (!edits.ok) return edits;
  const kept: { path: string; digest: string }[] = [];
  for (const { path, after } of edits.value) {
    const stored = await session.artifacts.put(Buffer.from(after, "utf8"));
    if (!stored.ok) return stored;
    await makeFolder(dirname(join(root, path)));
    await writeFile(join(root, path), after);
    kept.push({ path, digest: stored.value.digest });
  }
  return succeed(kept);
}

/** Every file that the release changes: manifests and lock files by ecosystem, then the changelogs. */
export async function editsOf(product: OpenProduct, plan: ReleasePlan, root: string): Promise<Outcome<FileEdit[]>> {
  const tree = directoryTree(root);
  const edits: FileEdit[] = [];
  for (const id of ECOSYSTEM_IDS) {
    const bumps = plan.units.flatMap(({ version, packages }) =>
      packages.filter(({ ecosystem }) => ecosystem === id).map(({ path, name }) => ({ path, name, version })),
    );
    if (bumps.length === 0) continue;
    const bumped = await ECOSYSTEMS[id].bump(tree, bumps);
    if (!bumped.ok) return bumped;
    edits.push(...bumped.value);
  }
  for (const unit of plan.units) {
    const others = await versionFileEdits(product, unit, tree);
    if (!others.ok) return others;
    // A manifest goes before what only repeats its version.
    edits.push(...others.value.filter(({ path }) => !edits.some((edit) => edit.path === path)));
  }
  for (const unit of plan.units) {
    const path = unit.changelog.file;
    // Two packages may keep one changelog.
    const before = edits.find((edit) => edit.path === path)?.after ?? (await tree.read(path)) ?? "";
    const after = insertRelease(before, {
      version: unit.version,
      date: plan.date,
      tag: unit.tag,
      previousTag: unit.previous?.tag,
      groups: unit.changelog.groups,
      forge: forgeOf(product.repository),
    });
    if (after === before) continue;
    const earlier = edits.findIndex((edit) => edit.path === path);
    if (earlier >= 0) edits.splice(earlier, 1);
    edits.push({ path, before, after });
  }
  return succeed(edits);
}

/** Edits of what names a unit's version without being a package's manifest. */
async function versionFileEdits(product: OpenProduct, unit: ReleaseUnit, tree: Tree): Promise<Outcome<FileEdit[]>> {
  const old = new Set(unit.previous ? [unit.previous.version] : []);
  for (const { ecosystem, path } of unit.packages) {
    const manifest = await ECOSYSTEMS[ecosystem].readManifest(tree, path);
    if (!manifest.ok) return manifest;
    if (manifest.value.version !== undefined) old.add(manifest.value.version);
  }
  const own = new Set(unit.packages.map(({ path }) => path));
  const folder = dirname(unit.changelog.file);
  const rules = product.spec.value.release;
  const others = product.spec.value.packages
    .map(({ path }) => path.replace(/\/+$/, ""))
    .filter((path) => path !== "." && !own.has(path));
  const isBelow = (path: string, of: string) =>
    (of === "." || path.startsWith(`${of}/`)) && !others.some((other) => path.startsWith(`${other}/`));
  return await bumpVersionFiles(tree, {
    folder,
    except: others,
    old: [...old],
    version: unit.version,
    marked: rules.files.filter((path) => isBelow(path, folder)).map((path) => relative(folder, path)),
  });
}

async function buildPackage(
  session: Session,
  plan: ReleasePlan,
  unit: ReleaseUnit,
  pkg: PlannedPackage,
  place: { readonly root: string; readonly scratch: string },
): Promise<Outcome<ReleaseArtifact[]>> {
  const ecosystem = ECOSYSTEMS[pkg.ecosystem];
  const id = `release.build.${pkg.ecosystem}.${pkg.name}`;
  return await task(
    session.emit,
    id,
    `${ecosystem.title} ${pkg.name}: build`,
    async (progress) => {
      const out = await mkdtemp(join(place.scratch, "out-"));
      const built = await ecosystem.build({
        root: place.root,
        path: pkg.path,
        name: pkg.name,
        version: unit.version,
        out,
        epoch: Math.floor(plan.time / 1000),
        logFile: join(session.homes.state, "logs", `release-${plan.product}-${unit.version}.log`),
        homes: session.homes,
        redactor: session.redactor,
        signal: session.signal,
        progress,
      });
      if (!built.ok) return built;
      const artifacts: ReleaseArtifact[] = [];
      for (const file of built.value) {
        const artifact = await keepArtifact(session, { pkg, unit, file, path: join(out, file) });
        if (!artifact.ok) return artifact;
        artifacts.push(artifact.value);
      }
      return succeed(artifacts);
    },
    (done) =>
      done.ok
        ? { title: `${ecosystem.title} ${pkg.name}: built ${done.value.map(({ file }) => file).join(", ")}` }
        : { state: "failed" },
  );
}

async function keepArtifact(
  session: Session,
  { pkg, unit, file, path }: { pkg: PlannedPackage; unit: ReleaseUnit; file: string; path: string },
): Promise<Outcome<ReleaseArtifact>> {
  const bytes = await readFile(path);
  const stored = await session.artifacts.put(bytes);
  if (!stored.ok) return stored;
  const hex = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
  const sha256 = hex("sha256");
  if (sha256 !== stored.value.digest) {
    return fail(problem("internal", "release.store_differs", `the artefact store names ${file} by another digest`));
  }
  const named = await ECOSYSTEMS[pkg.ecosystem].registryDigest?.(path);
  if (named && !named.ok) return named;
  return succeed({
    ...(named ? { manifest: named.value } : {}),
    ecosystem: pkg.ecosystem,
    package: pkg.name,
    version: unit.version,
    file,
    size: bytes.length,
    sha1: hex("sha1"),
    sha256,
    sha512: hex("sha512"),
  });
}

/** The release's change as git sees it, for the gate: the edits put into a work tree of the plan's commit. */
export async function putEdits(
  session: Session,
  worktree: Git,
  edits: ReleaseWork["edits"],
): Promise<Outcome<{ readonly treeDigest: string; readonly change: Change; readonly paths: readonly string[] }>> {
  for (const { path, digest } of edits) {
    const bytes = await session.artifacts.read(digest);
    if (!bytes.ok) return bytes;
    await makeFolder(dirname(join(worktree.root, path)));
    await writeFile(join(worktree.root, path), bytes.value);
  }
  const paths = edits.map(({ path }) => path);
  const candidate = await worktree.candidate({ paths });
  if (!candidate.ok) return candidate;
  return succeed({ treeDigest: candidate.value.treeDigest, change: candidate.value.change, paths });
}
