import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { higher, type Level, type Rules } from "../../pipeline/release-rules.ts";
import { type Git, openRepository } from "../../tools/git/git.ts";
import { type Changes, changesOf, type HistoryCommit, messageReader } from "./changes.ts";
import { fitRules } from "./fit.ts";
import { type History, historyOf, rangeReader, type Transition, tagsBelow, transitionsOf } from "./history.ts";
import { plainLine } from "./markdown.ts";
import { predictVersion, type Replayed } from "./predict.ts";
import { readReleaseTags, standIns } from "./release-tags.ts";
import type { ReplayResult } from "./report.ts";
import { newestOf, type ReleaseTag } from "./tags.ts";

/** Commits that concern a series of tags, by commit id; a series that is not named is concerned by all. */
export type Touching = ReadonlyMap<string, ReadonlySet<string>>;

export interface ReplayOptions {
  /** The rules that a repository is replayed under; undefined: fitted on the first half of its history, scored on the second. */
  readonly rulesOf?: (repository: string) => Promise<Outcome<Rules | undefined>>;
  readonly signal?: AbortSignal;
}

/** Misses are listed up to this many; the numbers count all of them. */
const MISSES_SHOWN = 200;
const COMMITS_SHOWN = 20;

/**
 * Walks the release tags of one or more repositories, predicts each version from the commits since the one before, and
 * tells which it got wrong and why. How a person checks the rules before trusting them with a project.
 */
export async function replayRepositories(
  repositories: readonly string[],
  options: ReplayOptions = {},
): Promise<Outcome<ReplayResult>> {
  const total = {
    transitions: 0,
    predicted: 0,
    fitted_on: 0,
    misses: [] as ReplayResult["misses"],
    rules: [] as ReplayResult["rules"],
  };
  for (const repository of repositories) {
    const git = await openRepository(repository, options.signal ? { signal: options.signal } : {});
    if (!git.ok) return git;
    const history = await readHistory(git.value);
    if (!history.ok) return history;
    const rules = (await options.rulesOf?.(repository)) ?? succeed(undefined);
    if (!rules.ok) return rules;
    const touching = await readTouching(git.value, history.value);
    if (!touching.ok) return touching;
    const one = replayHistory(history.value, { repository, rules: rules.value, touching: touching.value });
    total.transitions += one.transitions;
    total.predicted += one.predicted;
    total.fitted_on += one.fitted_on;
    total.misses.push(...one.misses.slice(0, MISSES_SHOWN - total.misses.length));
    total.rules.push(...one.rules);
  }
  return succeed(total);
}

/** All commits that HEAD contains, and the release tags on them. */
export async function readHistory(git: Git): Promise<Outcome<History>> {
  const full = await git.requireFullHistory();
  if (!full.ok) return full;
  const tags = await readReleaseTags(git);
  if (!tags.ok) return tags;
  const commits = await git.log("HEAD");
  if (!commits.ok) return commits;
  const ids = new Set(commits.value.map(({ id }) => id));
  const strays = tags.value.filter(({ commit }) => !ids.has(commit));
  const standing = await standIns(git, strays, async (id) => succeed(ids.has(id)));
  return standing.ok ? succeed(historyOf(commits.value, [...tags.value, ...standing.value])) : standing;
}

/** Which commits touch each package of a monorepo whose packages have tags of their own. */
async function readTouching(git: Git, history: History): Promise<Outcome<Touching>> {
  const touching = new Map<string, ReadonlySet<string>>();
  const named = Map.groupBy(history.tags, ({ series }) => series);
  named.delete("");
  if (named.size < 2) return succeed(touching);
  const now = await git.listAt("HEAD");
  if (!now.ok) return now;
  for (const [series, tags] of named) {
    let folder = folderOfSeries(series, now.value);
    const newest = newestOf(tags);
    if (folder === undefined && newest) {
      // A package that is gone by now had its folder when it was last released.
      const then = await git.listAt(newest.commit);
      if (!then.ok) return then;
      folder = folderOfSeries(series, then.value);
    }
    if (folder === undefined) continue;
    const commits = await git.log("HEAD", { paths: [folder] });
    if (!commits.ok) return commits;
    touching.set(series, new Set(commits.value.map(({ id }) => id)));
  }
  return succeed(touching);
}

const MANIFEST = /(?:^|\/)(?:package\.json|Cargo\.toml|pyproject\.toml|setup\.py|go\.mod|pom\.xml)$/;

/** The folder with a manifest that is called like the series (`@acme/tool` → `packages/tool`); the shortest such path. */
function folderOfSeries(series: string, files: readonly string[]): string | undefined {
  const name = series.slice(series.lastIndexOf("/") + 1);
  return files
    .filter((file) => MANIFEST.test(file))
    .map((file) => file.slice(0, Math.max(0, file.lastIndexOf("/"))))
    .filter((folder) => folder === series || folder.slice(folder.lastIndexOf("/") + 1) === name)
    .sort((a, b) => a.length - b.length)[0];
}

export interface ReplayInput {
  /** How the repository is called in misses. */
  readonly repository: string;
  /** Undefined: fitted on the older half of the releases, scored on the newer. */
  readonly rules: Rules | undefined;
  readonly touching?: Touching;
}

/** Predicts every release of a history and compares it with what happened. */
export function replayHistory(history: History, { repository, rules, touching }: ReplayInput): ReplayResult {
  const releases = replayedReleases(history, touching ?? new Map());
  const half = rules ? 0 : Math.floor(releases.length / 2);
  const used = rules ?? fitRules(releases.slice(0, half));
  const scored = releases.slice(half);
  const read = messageReader(used);
  const misses: ReplayResult["misses"] = [];
  let predicted = 0;
  for (const release of scored) {
    const changes = changesOf(release.commits, used, read);
    const expected = predictVersion(release, changes, used);
    if (expected === release.transition.tag.version.version) predicted++;
    else misses.push(missOf(release, changes, expected, repository));
  }
  return {
    transitions: scored.length,
    predicted,
    fitted_on: half,
    misses,
    rules: [{ repository, rules: { ...used } }],
  };
}

/** Releases with one before them, in the order in which history reaches them. A first version follows from no commit. */
function replayedReleases(history: History, touching: Touching): Replayed[] {
  const series = new Set(history.tags.map((tag) => tag.series));
  const range = rangeReader(history);
  const place = (transition: Transition) => history.index.get(transition.tag.commit) as number;
  return [...series]
    .flatMap((name) => transitionsOf(history, name))
    .filter(({ previous }) => previous !== undefined)
    .sort((a, b) => place(a) - place(b))
    .map((transition) => {
      const own = touching.get(transition.tag.series);
      const commits = range(transition.previousStable?.commit, transition.tag.commit).map((commit) =>
        isReleaseCommit(commit, transition.tag) ? wordless(commit) : commit,
      );
      return {
        transition,
        commits: own ? commits.filter(({ id }) => own.has(id)) : commits,
        earlier: tagsBelow(history, commits, transition.tag),
        at: history.commits[place(transition)]?.time ?? 0,
      };
    });
}

/** The commit that the release itself made: `chore(release): 1.5.0`, `v1.5.0`, `bump: version 1.4.2 → 1.5.0`. */
function isReleaseCommit({ id, subject, body }: HistoryCommit, { commit, spelling }: ReleaseTag): boolean {
  const tells = /^(?:feat|fix|perf|revert)\b/i.test(subject) || /^BREAKING[ -]CHANGE:/m.test(body);
  return id === commit && subject.includes(spelling) && !tells;
}

/** A release commit follows from the version, so that its words say nothing of what the version should be. */
function wordless(commit: HistoryCommit): HistoryCommit {
  return { ...commit, subject: "(the release commit)", body: "" };
}

function missOf(
  { transition, commits }: Replayed,
  changes: Changes,
  expected: string | undefined,
  repository: string,
): ReplayResult["misses"][number] {
  const level = new Map<string, Level>();
  for (const { commit, level: own } of changes.changes)
    level.set(commit.id, higher(level.get(commit.id) ?? "none", own));
  // What would explain a version comes first: the commits that count, then the newest of the others.
  const shown = [...commits].sort(
    (a, b) =>
      Number(level.get(b.id) !== undefined && level.get(b.id) !== "none") -
      Number(level.get(a.id) !== undefined && level.get(a.id) !== "none"),
  );
  return {
    repository,
    from: transition.previous?.tag ?? null,
    tag: transition.tag.tag,
    expected: expected ?? null,
    actual: transition.tag.version.version,
    commits: shown.slice(0, COMMITS_SHOWN).map((commit) => ({
      id: commit.id,
      subject: plainLine(commit.subject, 200),
      level: level.get(commit.id) ?? "none",
    })),
  };
}
