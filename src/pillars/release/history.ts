import type { HistoryCommit } from "./changes.ts";
import type { ReleaseTag } from "./tags.ts";

/**
 * A repository's history held in memory as numbers: commits in topological order (parents before children), so that
 * every question about ranges is one sweep over an array. Made once from one `git log` and one tag listing.
 */
export interface History {
  readonly commits: readonly HistoryCommit[];
  /** Index by full commit id. */
  readonly index: ReadonlyMap<string, number>;
  readonly parents: readonly (readonly number[])[];
  /** Release tags on commits of this history. */
  readonly tags: readonly ReleaseTag[];
  /** The same by commit id. */
  readonly tagsOn: ReadonlyMap<string, readonly ReleaseTag[]>;
}

/** A step from one release to the next of the same series. */
export interface Transition {
  readonly tag: ReleaseTag;
  /** The highest version that the tag's commit contains, pre-releases too. */
  readonly previous: ReleaseTag | undefined;
  /** The highest version without a pre-release part that it contains. */
  readonly previousStable: ReleaseTag | undefined;
}

/** The tags of a release's series on some commits that stand below the release itself. */
export function tagsBelow(history: History, commits: readonly HistoryCommit[], release: ReleaseTag): ReleaseTag[] {
  return commits
    .flatMap(({ id }) => history.tagsOn.get(id) ?? [])
    .filter((tag) => tag.series === release.series && tag.version.compare(release.version) < 0);
}

/** Orders commits and keeps the tags that stand on them. `commits` may come in any order. */
export function historyOf(commits: readonly HistoryCommit[], tags: readonly ReleaseTag[]): History {
  const given = new Map<string, number>();
  for (const [at, commit] of commits.entries()) given.set(commit.id, at);
  const order = topological(commits, given);
  const index = new Map<string, number>();
  const sorted = order.map((at, place) => {
    const commit = commits[at] as HistoryCommit;
    index.set(commit.id, place);
    return commit;
  });
  const parents = sorted.map((commit) =>
    commit.parents.map((id) => index.get(id)).filter((place): place is number => place !== undefined),
  );
  const known = tags.filter((tag) => index.has(tag.commit));
  return { commits: sorted, index, parents, tags: known, tagsOn: Map.groupBy(known, (tag) => tag.commit) };
}

/** Parents before children, by an explicit stack: histories are deeper than call stacks. */
function topological(commits: readonly HistoryCommit[], given: ReadonlyMap<string, number>): number[] {
  const state = new Uint8Array(commits.length);
  const order: number[] = [];
  const stack: number[] = [];
  // From the oldest on, so that the order stays close to the one in time.
  for (let start = commits.length - 1; start >= 0; start--) {
    if (state[start] === 2) continue;
    stack.push(start);
    while (stack.length > 0) {
      const at = stack[stack.length - 1] as number;
      if (state[at] === 2) {
        stack.pop();
      } else if (state[at] === 1) {
        state[at] = 2;
        order.push(at);
        stack.pop();
      } else {
        state[at] = 1;
        for (const id of (commits[at] as HistoryCommit).parents) {
          const parent = given.get(id);
          if (parent !== undefined && state[parent] === 0) stack.push(parent);
        }
      }
    }
  }
  return order;
}

/** Every release of a series in the order in which history reaches them, each with what came before it. */
export function transitionsOf(history: History, series: string): Transition[] {
  const at = new Map<number, ReleaseTag[]>();
  for (const tag of history.tags) {
    if (tag.series !== series) continue;
    const place = history.index.get(tag.commit) as number;
    const here = at.get(place) ?? [];
    // `v1.0.0` and `1.0.0` on one commit are one release.
    if (!here.some((other) => other.version.compare(tag.version) === 0)) here.push(tag);
    at.set(place, here);
  }
  const best: (ReleaseTag | undefined)[] = new Array(history.commits.length);
  const bestStable: (ReleaseTag | undefined)[] = new Array(history.commits.length);
  const transitions: Transition[] = [];
  for (let place = 0; place < history.commits.length; place++) {
    let previous: ReleaseTag | undefined;
    let previousStable: ReleaseTag | undefined;
    for (const parent of history.parents[place] as readonly number[]) {
      previous = later(previous, best[parent]);
      previousStable = later(previousStable, bestStable[parent]);
    }
    for (const tag of (at.get(place) ?? []).sort((a, b) => a.version.compare(b.version))) {
      transitions.push({ tag, previous, previousStable });
      previous = later(previous, tag);
      if (tag.version.prerelease.length === 0) previousStable = later(previousStable, tag);
    }
    best[place] = previous;
    bestStable[place] = previousStable;
  }
  return transitions;
}

function later(a: ReleaseTag | undefined, b: ReleaseTag | undefined): ReleaseTag | undefined {
  if (!a || !b) return a ?? b;
  return b.version.compare(a.version) > 0 ? b : a;
}

/** Answers `from..to` (commit ids) for one history, newest first; what is in `to`'s history and not in `from`'s. */
export function rangeReader(history: History): (from: string | undefined, to: string) => HistoryCommit[] {
  const wanted = new Int32Array(history.commits.length);
  const unwanted = new Int32Array(history.commits.length);
  let stamp = 0;
  return (from, to) => {
    stamp++;
    const end = history.index.get(to);
    if (end === undefined) return [];
    const start = from === undefined ? undefined : history.index.get(from);
    const found: HistoryCommit[] = [];
    wanted[end] = stamp;
    if (start !== undefined) unwanted[start] = stamp;
    // How many commits ahead are wanted and not known to be unwanted: at zero the rest is of no interest.
    let open = unwanted[end] === stamp ? 0 : 1;
    for (let at = Math.max(end, start ?? 0); at >= 0 && open > 0; at--) {
      const parents = history.parents[at] as readonly number[];
      if (unwanted[at] === stamp) {
        for (const parent of parents) {
          if (unwanted[parent] === stamp) continue;
          unwanted[parent] = stamp;
          if (wanted[parent] === stamp) open--;
        }
      } else if (wanted[at] === stamp) {
        open--;
        found.push(history.commits[at] as HistoryCommit);
        for (const parent of parents) {
          if (wanted[parent] === stamp) continue;
          wanted[parent] = stamp;
          if (unwanted[parent] !== stamp) open++;
        }
      }
    }
    return found;
  };
}
