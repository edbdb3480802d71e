import { establish } from "../../constitution/probe.ts";
import { canonicalJson } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Tree } from "../../ecosystems/ecosystem.ts";
import { ECOSYSTEMS, goModuleProblem } from "../../ecosystems/index.ts";
import { within } from "../../ecosystems/paths.ts";
import { higher, type Rules } from "../../pipeline/release-rules.ts";
import type { OpenProduct } from "../../pipeline/session.ts";
import type { Commit, Git } from "../../tools/git/git.ts";
import { layoutOf } from "./changelog.ts";
import { type Changes, changesOf } from "./changes.ts";
import { dependentsOf, inOrder } from "./dependents.ts";
import { forgeOf } from "./forge.ts";
import { plainLine } from "./markdown.ts";
import { addDependencies, groupsOf, releaseNotes } from "./notes.ts";
import { readReleaseTags, standIns } from "./release-tags.ts";
import type { PlannedPackage, ReleasePlan, ReleaseUnit } from "./report.ts";
import { commitTree, type ReleaseSource } from "./source.ts";
import { highestOf, newestOf, prefixFor, type ReleaseTag, schemeOf } from "./tags.ts";
import { type SpecPackage, type UnitSource, unitsOf } from "./units.ts";
import { nextVersion } from "./version.ts";

export interface PlanOptions {
  /** Pre-release channel; undefined for a stable release. */
  readonly channel?: string | undefined;
  /** A person's word for the next version; goes over the commits. */
  readonly releaseAs?: string | undefined;
  readonly rules?: Rules;
  /** When the release is made, milliseconds since the epoch. */
  readonly at: number;
}

/**
 * What a release of the product at a commit would be: the version that the commits since the last release call for,
 * why, and what the changelog and the notes will say. Reads the repository only. A plan without units means that there
 * is nothing to release.
 */
export async function planRelease(
  product: OpenProduct,
  git: Git,
  source: Omit<ReleaseSource, "facts">,
  options: PlanOptions,
): Promise<Outcome<ReleasePlan>> {
  const rules = options.rules ?? product.spec.value.release;
  if (options.channel !== undefined && !/^[a-z][a-z0-9]*$/.test(options.channel)) {
    return fail(
      problem("config", "release.bad_channel", `${JSON.stringify(options.channel)} is no channel name`, {
        next: "a channel is a word such as alpha, beta or rc",
      }),
    );
  }
  const tree = commitTree(git, source.commit);
  const packages = await readPackages(product, tree);
  if (!packages.ok) return packages;
  const listed = await readReleaseTags(git);
  if (!listed.ok) return listed;
  const tags = listed.value;
  const units: ReleaseUnit[] = [];
  const warnings: Diagnostic[] = [];
  const sources = unitsOf(product.name, packages.value, tags, rules);
  const dependents = await dependentsOf(tree, sources);
  if (!dependents.ok) return dependents;
  const raised = new Map<UnitSource, ReleaseUnit[]>();
  for (const unit of inOrder(sources, dependents.value)) {
    const follows = raised.get(unit) ?? [];
    const planned = await planUnit({ product, git, source, tree, tags, unit, rules, options, follows });
    if (!planned.ok) return planned;
    warnings.push(...planned.warnings);
    if (!planned.value) continue;
    units.push(planned.value);
    for (const other of dependents.value.get(unit) ?? [])
      raised.set(other, [...(raised.get(other) ?? []), planned.value]);
  }
  return succeed(
    {
      product: product.name,
      branch: source.branch,
      commit: source.commit,
      time: source.time,
      date: new Date(options.at).toISOString().slice(0, 10),
      units,
    },
    warnings,
  );
}

/** What a gate may know of a unit. The evidence is the unit as it was planned from the repository. */
export function releaseFacts(unit: ReleaseUnit): Facts {
  return establish("release.plan", canonicalJson(unit), {
    "release.version": unit.version,
    "release.bump": unit.bump,
    "release.first": unit.previous === null,
    "release.commits": unit.commits,
  });
}

async function readPackages(product: OpenProduct, tree: Tree): Promise<Outcome<SpecPackage[]>> {
  const packages: SpecPackage[] = [];
  for (const { ecosystem, path, publish } of product.spec.value.packages) {
    const manifest = await ECOSYSTEMS[ecosystem].readManifest(tree, path);
    if (!manifest.ok) return manifest;
    if (publish && manifest.value.private) {
      return fail(
        problem(
          "config",
          "release.private_package",
          `SPEC.md says that ${manifest.value.name} is published, but its manifest marks it private`,
          { where: { file: manifest.value.file }, next: "decide in one of the two places" },
        ),
      );
    }
    if (publish && manifest.value.unpublishable) return fail(manifest.value.unpublishable);
    packages.push({ path: path.replace(/\/+$/, "") || ".", publish, manifest: manifest.value });
  }
  return succeed(packages);
}

interface UnitInput {
  readonly product: OpenProduct;
  readonly git: Git;
  readonly source: Omit<ReleaseSource, "facts">;
  readonly tree: Tree;
  readonly tags: readonly ReleaseTag[];
  readonly unit: UnitSource;
  readonly rules: Rules;
  readonly options: PlanOptions;
  /** Units of this release whose new versions its manifest will name. */
  readonly follows: readonly ReleaseUnit[];
}

async function planUnit(input: UnitInput): Promise<Outcome<ReleaseUnit | undefined>> {
  const { git, source, unit, rules, options } = input;
  const scheme = rules.tag === undefined ? undefined : schemeOf(rules.tag, unit.name);
  const mine = seriesTags(input.tags, scheme ? [scheme.series, ...unit.series] : unit.series);
  const last = await reachable(git, mine.list, source.commit);
  if (!last.ok) return last;
  const { stable, above } = last.value;
  const since = await commitsSince(git, stable, source.commit, unit.paths);
  if (!since.ok) return since;
  const whole = await withMerges(git, since.value, stable, input);
  if (!whole.ok) return whole;
  const changes = changesOf(since.value, rules, undefined, whole.value);
  // A channel goes on from its own last pre-release; one of another channel is no reason to leave this one out.
  const before =
    options.channel === undefined ? undefined : above.find((tag) => tag.version.prerelease[0] === options.channel);
  const fresh = before ? await commitsSince(git, before, source.commit, unit.paths) : since;
  if (!fresh.ok) return fresh;
  const news = before ? changesOf(fresh.value, rules) : changes;
  const called = fresh.value.length > 0 && (news.level !== "none" || news.releaseAs !== undefined);
  if (!called && input.follows.length === 0 && options.releaseAs === undefined) return succeed(undefined);
  const level = higher(changes.level, news.level);
  const next = nextVersion(
    {
      lastStable: stable?.version,
      existing: mine.list.map(({ spelling }) => spelling),
      reached: above.map(({ spelling }) => spelling),
      level: input.follows.length > 0 ? higher(level, "patch") : level,
      channel: options.channel,
      releaseAs: options.releaseAs ?? stillAsked(changes.releaseAs, above),
      manifest: unit.packages.map(({ manifest }) => manifest.version).find((version) => version !== undefined),
      at: options.at,
    },
    rules,
  );
  if (!next.ok || next.value === undefined) return next.ok ? succeed(undefined) : next;
  const { version, bump } = next.value;
  const checked = checkVersion(input, mine, version, last.value);
  if (!checked.ok) return checked;
  const packages = spelledPackages(unit, version);
  if (!packages.ok) return packages;
  const module = await goModuleProblem(input.tree, unit.folder, version);
  const warnings = module ? [module] : [];
  const tag = `${scheme?.prefix ?? prefixFor(mine.series, input.tags)}${version}`;
  return succeed(
    await unitOf(input, { version, bump, tag, stable, changes, packages: packages.value, count: fresh.value.length }),
    warnings,
  );
}

/** A package's commits among all others where one of them reverts a merge, which `git log` of a path leaves out. */
async function withMerges(
  git: Git,
  commits: readonly Commit[],
  since: ReleaseTag | undefined,
  { source, unit }: UnitInput,
): Promise<Outcome<readonly Commit[]>> {
  if (!unit.paths || !commits.some(({ body }) => /\breversing\s+changes made to\b/.test(body))) return succeed(commits);
  const all = await commitsSince(git, since, source.commit, undefined);
  if (!all.ok) return all;
  const mine = new Map(commits.map((commit) => [commit.id, commit]));
  return succeed(all.value.map((commit) => mine.get(commit.id) ?? commit));
}

/** What a `Release-As` footer still asks for: once its pre-release is made, the version which that leads to. */
function stillAsked(releaseAs: string | undefined, above: readonly ReleaseTag[]): string | undefined {
  const made = above.find(({ version }) => version.version === releaseAs);
  return made ? `${made.version.major}.${made.version.minor}.${made.version.patch}` : releaseAs;
}

/** The tags of the first series that has any, so that a repository that once changed its scheme goes on with its newest. */
function seriesTags(tags: readonly ReleaseTag[], series: readonly string[]): { series: string; list: ReleaseTag[] } {
  for (const name of series) {
    const list = tags.filter((tag) => tag.series === name);
    if (list.length > 0) return { series: name, list };
  }
  return { series: series[0] ?? "", list: [] };
}

/** How many tags are asked one by one whether HEAD has them before the whole history is read at once. */
const SINGLE_LOOKS = 8;

/** What of a series the commit's history contains. */
interface Reached {
  /** The highest version without a pre-release part. */
  readonly stable: ReleaseTag | undefined;
  /** Pre-releases above it, highest first. */
  readonly above: readonly ReleaseTag[];
}

async function reachable(git: Git, tags: readonly ReleaseTag[], commit: string): Promise<Outcome<Reached>> {
  const near = await placed(git, highestOf(tags, SINGLE_LOOKS), (id) => git.isAncestor(id, commit));
  if (!near.ok) return near;
  if (tags.length <= SINGLE_LOOKS || near.value.some(isStable)) return succeed(highest(near.value));
  const history = await git.log(commit);
  if (!history.ok) return history;
  const ids = new Set(history.value.map(({ id }) => id));
  const all = await placed(git, highestOf(tags, tags.length), async (id) => succeed(ids.has(id)));
  return all.ok ? succeed(highest(all.value)) : all;
}

/** The tags that a branch has, highest first, up to its first stable one; each on a commit of the branch. */
async function placed(
  git: Git,
  sorted: readonly ReleaseTag[],
  has: (commit: string) => Promise<Outcome<boolean>>,
): Promise<Outcome<ReleaseTag[]>> {
  const found: ReleaseTag[] = [];
  const strays: ReleaseTag[] = [];
  for (const tag of sorted) {
    const there = await has(tag.commit);
    if (!there.ok) return there;
    (there.value ? found : strays).push(tag);
    if (there.value && isStable(tag)) break;
  }
  const standing = await standIns(git, strays, has);
  return standing.ok ? succeed([...found, ...standing.value].sort((a, b) => b.version.compare(a.version))) : standing;
}

/** Takes tags in their order, highest first. */
function highest(tags: readonly ReleaseTag[]): Reached {
  const at = tags.findIndex(isStable);
  return { stable: tags[at], above: at < 0 ? tags : tags.slice(0, at) };
}

function isStable({ version }: ReleaseTag): boolean {
  return version.prerelease.length === 0;
}

async function commitsSince(
  git: Git,
  tag: ReleaseTag | undefined,
  commit: string,
  paths: readonly string[] | undefined,
): Promise<Outcome<Commit[]>> {
  return await git.log(tag ? `${tag.commit}..${commit}` : commit, paths ? { paths } : {});
}

/** A version that exists already, or that the maintenance branch must not make, is refused before anything is done. */
function checkVersion(
  { source }: UnitInput,
  mine: { readonly list: readonly ReleaseTag[] },
  version: string,
  { stable, above }: Reached,
): Outcome<void> {
  const range = /^(?:.*\/)?v?(\d+)(?:\.(\d+))?\.x$/.exec(source.branch);
  const [, major, minor] = range ?? [];
  const outside =
    range && !(version.startsWith(`${major}.`) && (minor === undefined || version.startsWith(`${major}.${minor}.`)));
  if (outside) {
    return fail(
      problem(
        "product",
        "release.outside_maintenance",
        `${source.branch} makes only versions of its range, but its commits since ${stable?.tag ?? "the start"} call for ${version}`,
        { next: "move the feature or breaking change to the main branch, and keep fixes here" },
      ),
    );
  }
  const taken = mine.list.find((tag) => tag.spelling === version || tag.version.version === version);
  if (!taken) return succeed(undefined);
  const here = above.some(({ tag }) => tag === taken.tag);
  const newest = newestOf(mine.list)?.tag ?? taken.tag;
  return fail(
    problem(
      "product",
      "release.version_taken",
      `${version} is tagged already (${taken.tag})${here ? "" : `, on a commit that ${source.branch} does not contain`}`,
      {
        next: here
          ? "ask for a version that is free"
          : `release from the branch that has ${newest}, or write Release-As: with a free version into a commit`,
      },
    ),
  );
}

function spelledPackages(unit: UnitSource, version: string): Outcome<PlannedPackage[]> {
  const packages: PlannedPackage[] = [];
  for (const { manifest, path, publish } of unit.packages) {
    const spelled = ECOSYSTEMS[manifest.ecosystem].spell(version);
    if (!spelled.ok) return spelled;
    packages.push({ ecosystem: manifest.ecosystem, path, name: manifest.name, version: spelled.value, publish });
  }
  return succeed(packages);
}

interface Decided {
  readonly version: string;
  readonly bump: ReleaseUnit["bump"];
  readonly tag: string;
  readonly stable: ReleaseTag | undefined;
  readonly changes: Changes;
  readonly packages: readonly PlannedPackage[];
  readonly count: number;
}

async function unitOf(
  { product, tree, unit, rules, source, follows }: UnitInput,
  decided: Decided,
): Promise<ReleaseUnit> {
  const { version, bump, tag, stable, changes, packages, count } = decided;
  const forge = forgeOf(product.repository);
  const file = await changelogFile(tree, unit.folder);
  const text = (await tree.read(file)) ?? "";
  const groups = groupsOf(changes.changes, layoutOf(text), forge, rules.sections);
  const followed = follows.map(({ name, version: theirs }) => `depends on ${name} ${theirs}`);
  addDependencies(groups, followed);
  const notes = releaseNotes({
    product: unit.name,
    version,
    tag,
    previousTag: stable?.tag,
    changes: changes.changes,
    forge,
    sections: rules.sections,
    dependencies: followed,
  });
  return {
    name: unit.name,
    version,
    tag,
    previous: stable ? { version: stable.version.version, tag: stable.tag, commit: stable.commit } : null,
    bump,
    commits: count,
    reasons: changes.changes
      .filter((change) => change.level !== "none")
      .map(({ type, scope, description, breaking, level, commit }) => ({
        type,
        scope: scope === undefined ? null : plainLine(scope),
        description: plainLine(description),
        breaking,
        level,
        commit: commit.id,
      }))
      .concat(
        followed.map((description) => ({
          type: "deps",
          scope: null,
          description,
          breaking: false,
          level: "patch" as const,
          commit: source.commit,
        })),
      ),
    packages: [...packages],
    changelog: { file, groups: groups.map(({ title, items }) => ({ title, items: items.map((item) => [...item]) })) },
    notes,
  };
}

const CHANGELOG_NAMES = /^(?:changelog|changes|history|news|release-notes)\.md$/i;

async function changelogFile(tree: Tree, folder: string): Promise<string> {
  const prefix = within(folder, "");
  const files = await tree.list();
  const found = files.filter((file) => file.startsWith(prefix) && CHANGELOG_NAMES.test(file.slice(prefix.length)));
  // CHANGELOG.md goes before HISTORY.md where a repository has both.
  return found.sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase()))[0] ?? within(folder, "CHANGELOG.md");
}
