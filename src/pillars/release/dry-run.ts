import type { Gate } from "../../constitution/gate.ts";
import { protectedPaths } from "../../constitution/protect.ts";
import type { ActionName, Target } from "../../core/action.ts";
import type { CiBackend } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { changeFacts, type Git } from "../../tools/git/git.ts";
import { announcementTargets } from "../announce/announce.ts";
import { publishTarget } from "../publish/publish-package.ts";
import { destinationOf } from "../publish/token.ts";
import { scanBuilt, scanOf, withScan } from "../scan/scan.ts";
import { releaseConditions } from "./conditions.ts";
import { isOnGitHub, pageOf, pageTarget } from "./github-release.ts";
import { emptyResult, type PlannedEffect, type ReleasePlan, type ReleaseResult } from "./report.ts";
import { REMOTE } from "./source.ts";
import { doWork, inWorktree, putEdits, type ReleaseWork } from "./work.ts";

/**
 * Shows a release without doing it: the work half runs as it would (so that a build that fails is found here), then
 * every effect is listed in its order with the gate's answer. The release commit does not exist yet; where a target
 * names it, the commit it would stand on is named instead.
 */
export async function previewRelease(
  session: Session,
  git: Git,
  plan: ReleasePlan,
  options: { readonly tag?: "last" | "first" | undefined; readonly ci?: CiBackend | undefined },
): Promise<Outcome<ReleaseResult>> {
  const facts = await releaseConditions(session, git, plan, options.ci);
  if (!facts.ok) return facts;
  const work = await doWork(session, productOf(session), git, plan);
  if (!work.ok) return work;
  const scanned = await scanBuilt(
    session,
    git,
    { commit: plan.commit, artifacts: work.value.artifacts },
    { stops: false },
  );
  if (!scanned.ok) return scanned;
  const gate = session.gate.bound({
    pillar: "release",
    attempt: 1,
    trigger: session.trigger,
    facts: withScan(facts.value, scanned.value),
  });
  const effects: PlannedEffect[] = [];
  const show = async <A extends ActionName>(action: A, target: Target<A>, more: Facts = {}) => {
    effects.push(await previewOf(session, gate, action, target, more));
  };
  const landed = await previewLanding(session, git, plan, work.value, show);
  if (!landed.ok) return landed;
  const publishes = await publishTargets(session, plan, work.value);
  if (!publishes.ok) return publishes;
  const tag = async () => {
    const names = [...plan.units.map((unit) => unit.tag), ...(work.value.builtTag ? [work.value.builtTag.tag] : [])];
    for (const name of names) {
      await show("release.tag", { repository: git.identity, tag: name, commit: plan.commit });
      const ref = `refs/tags/${name}`;
      await show("git.push", { repository: git.identity, remote: REMOTE, ref, commit: plan.commit });
    }
  };
  const order = options.tag ?? productOf(session).spec.value.release.tag_order;
  if (order === "first") await tag();
  for (const { target, secret } of publishes.value) {
    await show("package.publish", target);
    await show("secret.read", { names: [secret] });
  }
  if (order !== "first") await tag();
  const pages = await isOnGitHub(session, git);
  if (!pages.ok) return pages;
  for (const unit of pages.value ? plan.units : []) {
    const page = await pageOf(session, unit, {
      artifacts: work.value.artifacts,
      provenance: [],
      sboms: scanOf(scanned.value)?.sboms ?? [],
    });
    if (!page.ok) return page;
    await show("forge.release", pageTarget(git, page.value, plan.commit));
  }
  const warnings = [...work.warnings, ...scanned.warnings, ...publishes.warnings];
  for (const unit of plan.units) {
    const targets = announcementTargets(session, { ...unit, product: plan.product, published: [] });
    if (!targets.ok) return targets;
    warnings.push(...targets.warnings);
    for (const target of targets.value) await show("announce.post", target);
  }
  return succeed(
    { ...emptyResult(plan), artifacts: [...work.value.artifacts], scan: scanOf(scanned.value), effects },
    warnings,
  );
}

async function previewOf<A extends ActionName>(
  session: Session,
  gate: Gate,
  action: A,
  target: Target<A>,
  facts: Facts,
): Promise<PlannedEffect> {
  const decision = await gate.preview(action, target, facts);
  const id = `planned.${action}.${Object.values(target).join(" ")}`;
  session.emit({ type: "task.started", task: id, title: action });
  const title = `would ${action}: ${describeTarget(target)}`;
  session.emit({ type: "task.finished", task: id, state: "planned", title });
  return {
    action,
    target: { ...target },
    answer: decision.answer,
    rule: decision.rule ?? null,
    reason: decision.reason,
  };
}

function describeTarget(target: Readonly<Record<string, unknown>>): string {
  const shown = ["ecosystem", "name", "version", "names", "tag", "ref", "branch", "channel", "to"] as const;
  return shown
    .map((key) => target[key])
    .filter((value) => value !== undefined)
    .join(" ");
}

async function previewLanding(
  session: Session,
  git: Git,
  plan: ReleasePlan,
  work: ReleaseWork,
  show: <A extends ActionName>(action: A, target: Target<A>, more?: Facts) => Promise<void>,
): Promise<Outcome<void>> {
  if (work.edits.length === 0) return succeed(undefined);
  return await inWorktree(session, git, plan.commit, async (worktree) => {
    const put = await putEdits(session, worktree, work.edits);
    if (!put.ok) return put;
    const { treeDigest, change } = put.value;
    const target = { repository: git.identity, branch: plan.branch, base: plan.commit, tree_digest: treeDigest };
    const facts = changeFacts(change, (paths) => protectedPaths(session.organisation.constitution, paths));
    await show("git.commit", target, facts);
    const ref = `refs/heads/${plan.branch}`;
    await show("git.push", { repository: git.identity, remote: REMOTE, ref, commit: plan.commit });
    return succeed(undefined);
  });
}

/** Where each package that is published goes, and the secret that this takes. */
export async function publishTargets(session: Session, plan: ReleasePlan, work: ReleaseWork) {
  const targets: { target: Target<"package.publish">; secret: string }[] = [];
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
      targets.push({
        target: publishTarget({ item: { unit, pkg, artifacts }, ecosystem }, registry.value),
        secret: token.name,
      });
    }
  }
  return succeed(targets);
}
