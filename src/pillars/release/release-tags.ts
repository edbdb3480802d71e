import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Commit, Git } from "../../tools/git/git.ts";
import { parseTag, type ReleaseTag } from "./tags.ts";

/** The repository's release tags, in no special order. Tags that move along with releases are none. */
export async function readReleaseTags(git: Git): Promise<Outcome<ReleaseTag[]>> {
  const listed = await git.tags();
  if (!listed.ok) return listed;
  return succeed(
    withoutAliases(listed.value.map(({ name, commit }) => parseTag(name, commit)).filter((tag) => tag !== undefined)),
  );
}

const SHORT = /^\d+\.\d+$/;

/**
 * Leaves out the tags that only point at a release: `v2.3` is moved to each new patch, as users of GitHub Actions and of
 * images want it, where `v2.3.0` is a tag of its own or `v2.3.4` stands on the same commit. It names no version itself.
 */
export function withoutAliases(tags: readonly ReleaseTag[]): ReleaseTag[] {
  if (!tags.some(({ spelling }) => SHORT.test(spelling))) return [...tags];
  const spelled = new Set(tags.map(({ series, spelling }) => `${series}@${spelling}`));
  const onCommit = Map.groupBy(tags, ({ commit }) => commit);
  return tags.filter(
    ({ commit, series, spelling }) =>
      !SHORT.test(spelling) ||
      !(
        spelled.has(`${series}@${spelling}.0`) ||
        onCommit.get(commit)?.some((other) => other.series === series && other.spelling.startsWith(`${spelling}.`))
      ),
  );
}

/**
 * Where a branch has what a tag on a commit outside of it released: at the release commit's parent, when the release
 * commit alone is missing. That happens where a tool tags the commit that it made and the branch gets another one like
 * it, by a squash or a rebase. Undefined for every other tag: what it released is not in the branch.
 */
export async function standIns(
  git: Git,
  strays: readonly ReleaseTag[],
  has: (commit: string) => Promise<Outcome<boolean>>,
): Promise<Outcome<ReleaseTag[]>> {
  const commits = await git.commits([...new Set(strays.map(({ commit }) => commit))]);
  if (!commits.ok) return commits;
  const byId = new Map(commits.value.map((commit) => [commit.id, commit]));
  const found: ReleaseTag[] = [];
  for (const tag of strays) {
    const parent = releaseParent(byId.get(tag.commit), tag);
    const there = parent === undefined ? succeed(false) : await has(parent);
    if (!there.ok) return there;
    if (parent !== undefined && there.value) found.push({ ...tag, commit: parent });
  }
  return succeed(found);
}

/** The commit before a release commit, which is one whose subject names the version. */
function releaseParent(commit: Commit | undefined, { spelling }: ReleaseTag): string | undefined {
  return commit?.parents.length === 1 && commit.subject.includes(spelling) ? commit.parents[0] : undefined;
}
