import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { ECOSYSTEMS, goModuleProblem } from "../../ecosystems/index.ts";
import { higher, type Rules } from "../../pipeline/release-rules.ts";
import type { Commit, Git } from "../../tools/git/git.ts";
import { changesOf } from "./changes.ts";
import { type Described, describeUnit } from "./describe-unit.ts";
import { commitsSince, type Reached, reachable, seriesTags } from "./reached.ts";
import type { PlannedPackage, ReleaseUnit } from "./report.ts";
import { newestOf, prefixFor, type ReleaseTag, schemeOf } from "./tags.ts";
import type { UnitSource } from "./units.ts";
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

export interface UnitInput extends Described {
  readonly git: Git;
  readonly tags: readonly ReleaseTag[];
  readonly options: PlanOptions;
}

/** The next version of one unit, with its reasons; undefined when there is nothing to release of it. */
export async function planUnit(input: UnitInput): Promise<Outcome<ReleaseUnit | undefined>> {
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
    await describeUnit(input, {
      version,
      bump,
      tag,
      stable,
      changes,
      packages: packages.value,
      count: fresh.value.length,
    }),
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
