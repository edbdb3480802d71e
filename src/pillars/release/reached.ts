import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Commit, Git } from "../../tools/git/git.ts";
import { standIns } from "./release-tags.ts";
import { highestOf, type ReleaseTag } from "./tags.ts";

/** The tags of the first series that has any, so that a repository that once changed its scheme goes on with its newest. */
export function seriesTags(
  tags: readonly ReleaseTag[],
  series: readonly string[],
): { series: string; list: ReleaseTag[] } {
  for (const name of series) {
    const list = tags.filter((tag) => tag.series === name);
    if (list.length > 0) return { series: name, list };
  }
  return { series: series[0] ?? "", list: [] };
}

/** How many tags are asked one by one whether HEAD has them before the whole history is read at once. */
const SINGLE_LOOKS = 8;

/** What of a series the commit's history contains. */
export interface Reached {
  /** The highest version without a pre-release part. */
  readonly stable: ReleaseTag | undefined;
  /** Pre-releases above it, highest first. */
  readonly above: readonly ReleaseTag[];
}

/** The tags of a series that a commit has in its history. */
export async function reachable(git: Git, tags: readonly ReleaseTag[], commit: string): Promise<Outcome<Reached>> {
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

/** The commits after a tag, or all of them; of these paths alone where some are given. */
export async function commitsSince(
  git: Git,
  tag: ReleaseTag | undefined,
  commit: string,
  paths: readonly string[] | undefined,
): Promise<Outcome<Commit[]>> {
  return await git.log(tag ? `${tag.commit}..${commit}` : commit, paths ? { paths } : {});
}
