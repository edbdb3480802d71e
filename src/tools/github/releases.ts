import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { digestOf, type Json, sha256 } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { absentAsUndefined, type GitHub } from "./client.ts";
import type { GitHubRepository } from "./repository.ts";

/** A release's page as it is to be: notes and files. */
export interface ReleasePage {
  readonly tag: string;
  readonly title: string;
  /** Markdown. */
  readonly notes: string;
  readonly prerelease: boolean;
  readonly assets: readonly ReleaseAsset[];
}

export interface ReleaseAsset {
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly size: number;
}

/** A release that GitHub shows, or a draft of it. */
interface GitHubRelease {
  readonly id: number;
  readonly html_url: string;
  readonly draft: boolean;
  readonly tag_name: string;
  /** Template of the address that takes files: another host, and another path on a server of the company's own. */
  readonly upload_url: string;
  readonly assets: readonly GitHubAsset[];
}

interface GitHubAsset {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  /** `starter` is what an upload that broke off leaves behind. */
  readonly state: string;
  /** `sha256:…`; servers from before 2025 tell none. */
  readonly digest?: string | null;
}

/** Drafts are looked for among that many newest releases. */
const NEWEST = 100;

const nameOf = ({ owner, name }: GitHubRepository) => `${owner}/${name}`;
const at = ({ owner, name }: GitHubRepository) => ({ owner, repo: name });

/** Digest of all that the page shows, which its target names. */
export function pageDigest({ title, notes, prerelease, assets }: ReleasePage): string {
  const files = assets.map(({ name, sha256: digest }) => ({ name, sha256: digest }));
  return digestOf({ title, notes: sha256(notes), prerelease, assets: files as unknown as Json });
}

/**
 * The address of a tag's release when it is public with all its files; undefined when there is none or it is not whole
 * yet. A file of the same name with other bytes is a failure: what people may have taken is not replaced.
 */
export async function findRelease(
  github: GitHub,
  repository: GitHubRepository,
  page: Pick<ReleasePage, "tag" | "assets">,
): Promise<Outcome<string | undefined>> {
  const found = await lookUp(github, repository, page.tag);
  if (!found.ok || found.value === undefined) return found.ok ? succeed(undefined) : found;
  const missing = missingAssets(found.value, page.assets);
  if (!missing.ok) return missing;
  return succeed(missing.value.length > 0 || found.value.draft ? undefined : found.value.html_url);
}

/**
 * Makes the GitHub release of a tag that is pushed: as a draft, then each file that is not there by name and digest, then
 * public, so that nobody sees half of it. What an earlier process left unfinished is gone on with. Answers its address.
 */
export async function createRelease(
  permit: Permit<"forge.release">,
  target: Target<"forge.release">,
  request: {
    readonly github: GitHub;
    readonly repository: GitHubRepository;
    readonly page: ReleasePage;
    /** The bytes of a file by their SHA-256. */
    readonly read: (digest: string) => Promise<Outcome<Uint8Array>>;
  },
): Promise<Outcome<string>> {
  const { github, repository, page, read } = request;
  return await perform(permit, "forge.release", target, async () => {
    if (pageDigest(page) !== target.digest || page.tag !== target.tag) {
      return fail(problem("policy", "github.release_differs", "the release is not the one that was allowed"));
    }
    const there = await lookUp(github, repository, page.tag);
    if (!there.ok) return there;
    const release = there.value ? succeed(there.value) : await draft(github, repository, page);
    if (!release.ok) return release;
    const missing = missingAssets(release.value, page.assets);
    if (!missing.ok) return missing;
    for (const asset of missing.value) {
      const bytes = await read(asset.sha256);
      if (!bytes.ok) return bytes;
      const sent = await upload(github, repository, release.value, asset, bytes.value);
      if (!sent.ok) return sent;
    }
    if (!release.value.draft) return succeed(release.value.html_url);
    const shown = await github.call(`release ${page.tag} of ${nameOf(repository)}`, (octokit) =>
      octokit.rest.repos.updateRelease({
        ...at(repository),
        release_id: release.value.id,
        draft: false,
        // By version and date, as GitHub itself decides: a fix of an older line is not the latest.
        make_latest: "legacy",
      }),
    );
    return shown.ok ? succeed(shown.value.data.html_url) : shown;
  });
}

async function lookUp(
  github: GitHub,
  repository: GitHubRepository,
  tag: string,
): Promise<Outcome<GitHubRelease | undefined>> {
  const what = `release ${tag} of ${nameOf(repository)}`;
  const shown = absentAsUndefined(
    await github.call(what, (octokit) => octokit.rest.repos.getReleaseByTag({ ...at(repository), tag })),
  );
  if (!shown.ok || shown.value) return shown.ok ? succeed(shown.value?.data) : shown;
  // A draft has no tag yet, so that only the list has it.
  const listed = await github.call(`the releases of ${nameOf(repository)}`, (octokit) =>
    octokit.rest.repos.listReleases({ ...at(repository), per_page: NEWEST }),
  );
  if (!listed.ok) return listed;
  return succeed(listed.value.data.find((one) => one.draft && one.tag_name === tag));
}

async function draft(github: GitHub, repository: GitHubRepository, page: ReleasePage): Promise<Outcome<GitHubRelease>> {
  const made = await github.call(`release ${page.tag} of ${nameOf(repository)}`, (octokit) =>
    octokit.rest.repos.createRelease({
      ...at(repository),
      tag_name: page.tag,
      name: page.title,
      body: page.notes,
      prerelease: page.prerelease,
      draft: true,
      // Not repeated after a 5xx: it may have come through, and the next look finds it.
      request: { retries: 0 },
    }),
  );
  return made.ok ? succeed(made.value.data) : made;
}

/** Files that the release does not have with these bytes. */
function missingAssets(release: GitHubRelease, wanted: readonly ReleaseAsset[]): Outcome<ReleaseAsset[]> {
  const missing: ReleaseAsset[] = [];
  for (const asset of wanted) {
    const there = release.assets.find(({ name }) => name === shownName(asset.name));
    if (there?.state !== "uploaded") {
      missing.push(asset);
      continue;
    }
    const same = there.digest ? there.digest === `sha256:${asset.sha256}` : there.size === asset.size;
    if (same) continue;
    return fail(
      problem(
        "product",
        "github.asset_differs",
        `the GitHub release ${release.tag_name} has a file ${there.name} already, with other bytes`,
        { next: `look at ${release.html_url}: delete that file there if nobody is to have it, then run this again` },
      ),
    );
  }
  return succeed(missing);
}

async function upload(
  github: GitHub,
  repository: GitHubRepository,
  release: GitHubRelease,
  asset: ReleaseAsset,
  bytes: Uint8Array,
): Promise<Outcome<void>> {
  const what = `the file ${asset.name} of release ${release.tag_name} of ${nameOf(repository)}`;
  const broken = release.assets.find(({ name }) => name === shownName(asset.name));
  if (broken) {
    const gone = absentAsUndefined(
      await github.call(what, (octokit) =>
        octokit.rest.repos.deleteReleaseAsset({ ...at(repository), asset_id: broken.id }),
      ),
    );
    if (!gone.ok) return gone;
  }
  const sent = await github.call(what, (octokit) =>
    octokit.request({
      method: "POST",
      url: release.upload_url,
      name: shownName(asset.name),
      headers: { "content-type": "application/octet-stream", "content-length": bytes.length },
      data: bytes,
      request: { retries: 0 },
    }),
  );
  if (!sent.ok) return sent;
  const { digest } = sent.value.data as GitHubAsset;
  if (!digest || digest === `sha256:${asset.sha256}`) return succeed(undefined);
  return fail(
    problem("infrastructure", "github.asset_damaged", `GitHub has ${what} with another digest than was sent`, {
      next: `delete it at ${release.html_url}, then run this again`,
    }),
  );
}

/** GitHub puts a dot for every other character of a file's name. */
function shownName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._+-]+/g, ".");
}
