import type { Target } from "../../core/action.ts";
import { type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { Git } from "../../tools/git/git.ts";
import {
  createRelease,
  findRelease,
  pageDigest,
  type ReleaseAsset,
  type ReleasePage,
} from "../../tools/github/releases.ts";
import { githubRepository } from "../../tools/github/repository.ts";
import { type Acting, permitFor } from "../acting.ts";
import { forgeOf } from "../forge.ts";
import { billsFor } from "../scan/bills.ts";
import type { ReleaseArtifact, ReleaseProvenance, ReleaseScan, ReleaseUnit } from "./report.ts";

/** Large files take their time. */
const UPLOAD_MS = 15 * 60_000;

/** Whether the product's releases have a page at GitHub: its remote is there. */
export async function isOnGitHub(session: Session, git: Git): Promise<Outcome<boolean>> {
  const url = await git.remoteUrl("origin");
  if (!url.ok) return url;
  const account = session.organisation.fleet.value.companies[productOf(session).company]?.accounts.github;
  return succeed(githubRepository(url.value, account?.url) !== undefined);
}

/** What is shown beside the built files. */
export interface Papers {
  readonly provenance: readonly ReleaseProvenance[];
  readonly sboms: ReleaseScan["sboms"];
}

/** What a unit's page shows: its notes, what was built of it, and the papers that go with that. */
export async function pageOf(
  session: Session,
  unit: Pick<ReleaseUnit, "name" | "version" | "tag" | "notes" | "packages">,
  kept: Papers & { readonly artifacts: readonly ReleaseArtifact[] },
): Promise<Outcome<ReleasePage>> {
  const built = kept.artifacts.filter(({ ecosystem, package: name }) =>
    unit.packages.some((pkg) => pkg.ecosystem === ecosystem && pkg.name === name),
  );
  const assets: ReleaseAsset[] = built.map(({ file, sha256, size }) => ({ name: file, sha256, size }));
  const provenance = kept.provenance.filter((one) => one.unit === unit.name);
  for (const { name, digest } of [...provenance, ...billsFor(built, kept.artifacts, kept.sboms)]) {
    const bytes = await session.artifacts.read(digest);
    if (!bytes.ok) return bytes;
    assets.push({ name, sha256: digest, size: bytes.value.length });
  }
  return succeed({
    tag: unit.tag,
    title: `${unit.name} ${unit.version}`,
    notes: session.redactor.redact(unit.notes),
    prerelease: unit.version.includes("-"),
    // Two packages may make files of one name; a page has room for one.
    assets: assets.filter(({ name }, place) => assets.findIndex((other) => other.name === name) === place),
  });
}

/** The journal's name of a page. */
export function pageStep(tag: string): string {
  return `github release ${tag}`;
}

/** What the gate is asked for a page. */
export function pageTarget(git: Git, page: ReleasePage, commit: string): Target<"forge.release"> {
  return { repository: git.identity, tag: page.tag, commit, digest: pageDigest(page) };
}

/**
 * Makes the GitHub release of a tag, exactly once: looked up by its tag, its files by name and digest. Without a token
 * there is none, and a warning says so: tag and packages are out already, and nothing is held up for a page.
 */
export async function releaseOnGitHub(
  acting: Acting,
  git: Git,
  page: ReleasePage,
  commit: string,
): Promise<Outcome<string | undefined>> {
  const { session, run } = acting;
  const forge = await forgeOf(session, git, "release", { timeoutMs: UPLOAD_MS });
  if (!forge.ok) return forge;
  if ("missing" in forge.value) {
    const told = problem(
      "secret",
      "release.no_github_release",
      `no GitHub release of ${page.tag}: ${forge.value.missing}`,
      {
        severity: "warning",
        next: "bind the token of the company's GitHub account; the release itself is complete without",
      },
    );
    return succeed(undefined, [told]);
  }
  const { github, repository } = forge.value;
  return await run.effect(pageStep(page.tag), {
    probe: () => findRelease(github, repository, page),
    async act() {
      const target = pageTarget(git, page, commit);
      const permit = await permitFor(acting, "forge.release", target);
      if (!permit.ok) return permit;
      const read = (digest: string) => session.artifacts.read(digest);
      return await createRelease(permit.value, target, { github, repository, page, read });
    },
  });
}
