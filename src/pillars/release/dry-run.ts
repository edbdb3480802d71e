import type { Gate } from "../../constitution/gate.ts";
import { protectedPaths } from "../../constitution/protect.ts";
import type { ActionName, Target } from "../../core/action.ts";
import type { CiBackend } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { changeFacts, type Git } from "../../tools/git/git.ts";
import { scanBuilt, scanOf, withScan } from "../scan/scan.ts";
import { releaseConditions } from "./conditions.ts";
import { effectsAhead } from "./effects-ahead.ts";
import type { CommitAhead } from "./land.ts";
import { emptyResult, type PlannedEffect, type ReleasePlan, type ReleaseResult } from "./report.ts";
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
  const change = await changeOf(session, git, plan, work.value);
  if (!change.ok) return change;
  const papers = { provenance: [], sboms: scanOf(scanned.value)?.sboms ?? [] };
  const ahead = { session, git, plan, work: work.value, papers, tag: options.tag };
  const listed = await effectsAhead(ahead, { commit: plan.commit, ...change.value }, (_, ...effect) => show(...effect));
  if (!listed.ok) return listed;
  const warnings = [...work.warnings, ...scanned.warnings, ...listed.warnings];
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

/** The release commit's change as git sees it; none where nothing is written. */
async function changeOf(
  session: Session,
  git: Git,
  plan: ReleasePlan,
  work: ReleaseWork,
): Promise<Outcome<Pick<CommitAhead, "change">>> {
  if (work.edits.length === 0) return succeed({});
  return await inWorktree(session, git, plan.commit, async (worktree) => {
    const put = await putEdits(session, worktree, work.edits);
    if (!put.ok) return put;
    const facts = changeFacts(put.value.change, (paths) => protectedPaths(session.organisation.constitution, paths));
    return succeed({ change: { treeDigest: put.value.treeDigest, facts } });
  });
}
