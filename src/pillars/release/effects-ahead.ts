import type { ActionName, Target } from "../../core/action.ts";
import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { Git } from "../../tools/git/git.ts";
import { announcementStep, announcementTargets } from "../announce/announce.ts";
import { publishTarget, taskOf } from "../publish/publish-package.ts";
import { destinationOf } from "../publish/token.ts";
import type { SecretSource } from "../secrets/source.ts";
import { isOnGitHub, type Papers, pageOf, pageStep, pageTarget } from "./github-release.ts";
import { builtTagCommit, type CommitAhead, tagStep } from "./land.ts";
import type { PlannedPackage, Published, ReleasePlan } from "./report.ts";
import { REMOTE } from "./source.ts";
import type { ReleaseWork } from "./work.ts";

/** What the effects of a release are foreseen from. */
export interface Ahead {
  readonly session: Session;
  readonly git: Git;
  readonly plan: ReleasePlan;
  readonly work: ReleaseWork;
  /** What the pages at GitHub will show; absent: no page is looked at. */
  readonly papers?: Papers | undefined;
  readonly tag?: "last" | "first" | undefined;
  /** The idempotency key of a delivery of the run; without it there is no run yet. */
  readonly deliveryKey?: ((step: string) => string) | undefined;
}

/** Takes one effect: the journal's name of it, what is done, to what, and what is known of it beside the run's facts. */
export type Look = <A extends ActionName>(step: string, action: A, target: Target<A>, facts?: Facts) => Promise<void>;

/**
 * Goes through every effect of a release in the order in which it will come, as the gate will be asked for it. Nothing is
 * done: it serves the dry run, and asking before the first effect.
 */
export async function effectsAhead(ahead: Ahead, landing: CommitAhead, look: Look): Promise<Outcome<void>> {
  const { session, git, plan, work, papers } = ahead;
  const { commit, change } = landing;
  const repository = git.identity;
  if (change) {
    const target = { repository, branch: plan.branch, base: plan.commit, tree_digest: change.treeDigest };
    await look("commit", "git.commit", target, change.facts);
  }
  if (work.edits.length > 0) {
    await look("push", "git.push", { repository, remote: REMOTE, ref: `refs/heads/${plan.branch}`, commit });
  }
  const publishes = await publishTargets(session, plan, work);
  if (!publishes.ok) return publishes;
  const tags = await tagsAhead(ahead, landing);
  if (!tags.ok) return tags;
  const tag = async () => {
    for (const { name, at } of tags.value) {
      await look(tagStep(name), "release.tag", { repository, tag: name, commit: at });
      await look(tagStep(name), "git.push", { repository, remote: REMOTE, ref: `refs/tags/${name}`, commit: at });
    }
  };
  const order = ahead.tag ?? productOf(session).spec.value.release.tag_order;
  if (order === "first") await tag();
  for (const { step, target, token } of publishes.value) {
    await look(step, "package.publish", target);
    await look(step, "secret.read", { names: [token.name] });
  }
  if (order !== "first") await tag();
  const pages = papers ? await isOnGitHub(session, git) : succeed(false);
  if (!pages.ok) return pages;
  for (const unit of papers && pages.value ? plan.units : []) {
    const page = await pageOf(session, unit, { artifacts: work.artifacts, ...(papers as Papers) });
    if (!page.ok) return page;
    await look(pageStep(unit.tag), "forge.release", pageTarget(git, page.value, commit));
  }
  const warnings: Diagnostic[] = [...publishes.warnings];
  const published = publishes.value.map(({ pkg, target }) => ({ ...pkg, registry: target.registry }));
  for (const unit of plan.units) {
    const announced = await lookAtAnnouncement(ahead, unit, published, look);
    if (!announced.ok) return announced;
    warnings.push(...announced.warnings);
  }
  return succeed(undefined, warnings);
}

async function lookAtAnnouncement(
  { session, plan, deliveryKey }: Ahead,
  unit: ReleasePlan["units"][number],
  packages: readonly (PlannedPackage & { readonly registry: string })[],
  look: Look,
): Promise<Outcome<void>> {
  const published = packages.map(
    ({ ecosystem, name, version, registry }): Published => ({
      ecosystem,
      package: name,
      version,
      registry,
      files: [],
      already: false,
      installed: true,
    }),
  );
  const announcement = { ...unit, product: plan.product, published };
  const targets = announcementTargets(session, announcement, deliveryKey);
  if (!targets.ok) return targets;
  for (const target of targets.value) await look(announcementStep(unit.name, target.channel), "announce.post", target);
  return succeed(undefined, targets.warnings);
}

/** The tags to come; the one with built files is at a commit of its own once the release's is there. */
async function tagsAhead(
  { session, git, plan, work: { builtTag } }: Ahead,
  { commit, drafted }: CommitAhead,
): Promise<Outcome<{ readonly name: string; readonly at: string }[]>> {
  const tags = plan.units.map((unit) => ({ name: unit.tag, at: commit }));
  if (!builtTag) return succeed(tags);
  const built = drafted ? await builtTagCommit(session, { git, plan }, builtTag, commit) : succeed(commit);
  return built.ok ? succeed([...tags, { name: builtTag.tag, at: built.value }]) : built;
}

/** A package that is published: where it goes, as what, and with which token. */
export interface PublishAhead {
  readonly step: string;
  readonly pkg: PlannedPackage;
  readonly target: Target<"package.publish">;
  readonly token: SecretSource;
}

/** Where each package that is published goes, and the secret that this takes. */
export async function publishTargets(
  session: Session,
  plan: ReleasePlan,
  work: ReleaseWork,
): Promise<Outcome<PublishAhead[]>> {
  const targets: PublishAhead[] = [];
  for (const unit of plan.units) {
    for (const pkg of unit.packages.filter(({ publish }) => publish)) {
      const ecosystem = ECOSYSTEMS[pkg.ecosystem];
      const destination = destinationOf(session, productOf(session), ecosystem);
      if (!destination.ok) return destination;
      if (destination.value === undefined) continue;
      const { url, token } = destination.value;
      const registry = await ecosystem.registry({ url, signal: session.signal });
      if (!registry.ok) return registry;
      const artifacts = work.artifacts.filter((one) => one.ecosystem === pkg.ecosystem && one.package === pkg.name);
      const item = { unit, pkg, artifacts };
      targets.push({ step: taskOf(item), pkg, target: publishTarget({ item, ecosystem }, registry.value), token });
    }
  }
  return succeed(targets);
}
