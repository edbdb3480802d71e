import { parse, rcompare, valid } from "semver";
import type { Target } from "../../core/action.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import type { EcosystemId, PackageQuery } from "../../ecosystems/ecosystem.ts";
import { yankedOnIndex } from "../../ecosystems/index.ts";
import { crateYanked, yankCrate } from "../../tools/cargo/index.ts";
import { npmDeprecate, npmDeprecated } from "../../tools/npm/deprecate.ts";
import { imageDigest, imageTags, retagImage } from "../../tools/oci/index.ts";

/** What whoever installs a deprecated version reads. */
export const DEPRECATION = "Taken back by its publisher: use another version.";

type Retract = Target<"package.retract">;

/** How one published version is taken back, in the way its registry has for it. Nothing is ever deleted. */
export interface Retraction {
  /** What shows that it is taken back; undefined when it is not. */
  readonly probe: () => Promise<Outcome<string | undefined>>;
  readonly act: (permit: Permit<"package.retract">, token: string) => Promise<Outcome<void>>;
  readonly words: (shown: string) => string;
}

/** What only a person can do, and how it is seen that it was done. */
export interface ByHand {
  readonly byHand: string;
  readonly probe: () => Promise<Outcome<string | undefined>>;
}

/** What can be done at the registry, or in words why nothing can and what a person does by hand. */
export async function retractionOf(
  ecosystem: EcosystemId,
  target: Retract,
  query: PackageQuery,
): Promise<Outcome<Retraction | ByHand | string>> {
  return await RETRACTIONS[ecosystem](target, query);
}

const RETRACTIONS: Readonly<
  Record<EcosystemId, (target: Retract, query: PackageQuery) => Promise<Outcome<Retraction | ByHand | string>>>
> = {
  async npm(target, { name, version, redactor, signal }) {
    const options = { registry: target.registry, redactor, signal };
    return succeed({
      probe: () => npmDeprecated(name, version, options),
      act: (permit, token) => npmDeprecate(permit, target, { ...options, token, message: DEPRECATION }),
      words: (said) => `deprecated at ${target.registry}: ${said}`,
    });
  },
  async pypi({ registry }, query) {
    // Warehouse's own page; other indexes have one of their own at the same server, or none.
    const page = `${new URL(registry).origin}/manage/project/${query.name}/release/${query.version}/`;
    return succeed({
      byHand: `a Python index offers programs no call for it. Sign in, open ${page} and choose Options, Yank; then run this again: it looks whether the index shows ${query.version} as yanked`,
      async probe() {
        const yanked = await yankedOnIndex(query);
        if (!yanked.ok) return yanked;
        return succeed(yanked.value === true ? `the index shows ${query.version} as yanked` : undefined);
      },
    });
  },
  async cargo(target, query) {
    return succeed({
      probe: () => crateYanked(query.name, query.version, query),
      act: (permit, token) => yankCrate(permit, target, { ...query, token }),
      words: () => `yanked at ${target.registry}: what is locked to it still builds, nothing new chooses it`,
    });
  },
  docker: retagged,
};

/** The way there is without a call, or without knowing the registry. */
export function byHand(ecosystem: EcosystemId, { name, version }: Pick<PackageQuery, "name" | "version">): string {
  const ways: Readonly<Record<EcosystemId, string>> = {
    npm: `by hand: npm deprecate ${name}@${version} "…"`,
    pypi: `a Python index has no call for it; by hand: sign in there, Manage ${name}, Releases, ${version}, Options, Yank`,
    cargo: `by hand: cargo yank --version ${version} ${name}`,
    docker: `by hand: crane tag REGISTRY/${name}:OLDER latest`,
  };
  return ways[ecosystem];
}

/** Moving tags that name the image go back to the newest older version; a pre-release's channel stays where it is. */
async function retagged(target: Retract, query: PackageQuery): Promise<Outcome<Retraction | string>> {
  const { name, version } = query;
  const listed = await imageTags(name, query);
  if (!listed.ok) return listed;
  const older = listed.value
    .filter((tag) => valid(tag) && parse(tag)?.prerelease.length === 0 && rcompare(tag, version) > 0)
    .sort(rcompare);
  const line = version.split(".").slice(0, 2).join(".");
  const wanted = [
    { tag: "latest", to: older[0] },
    { tag: line, to: older.find((tag) => tag.startsWith(`${line}.`)) },
  ].flatMap(({ tag, to }) => (to === undefined || !listed.value.includes(tag) ? [] : [{ tag, to }]));
  if (wanted.length === 0) {
    return succeed(`${name} has no older version that its moving tags could name; release the next one instead`);
  }
  return succeed({
    async probe() {
      const own = await imageDigest(name, version, query);
      if (!own.ok) return own;
      for (const { tag } of wanted) {
        const at = await imageDigest(name, tag, query);
        if (!at.ok) return at;
        if (own.value !== undefined && at.value === own.value) return succeed(undefined);
      }
      return succeed("moved");
    },
    act: (permit, token) => retagImage(permit, target, wanted, { ...query, token }),
    words: () => `${wanted.map(({ tag, to }) => `${tag} names ${to} again`).join(", ")}; ${version} itself stays`,
  });
}
