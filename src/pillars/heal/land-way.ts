import type { Decision, Gate } from "../../constitution/gate.ts";
import type { ActionName, Target } from "../../core/action.ts";
import type { Facts } from "../../core/facts.ts";
import type { Run } from "../../swarm/journal.ts";
import type { Git, RemoteCredentials } from "../../tools/git/git.ts";
import { REMOTE } from "./branch-state.ts";
import type { HealGate } from "./report.ts";

/** What the act half is given: digests, words for the commit, and where to. */
export interface LandRequest {
  readonly git: Git;
  /** The gate, bound to the run and the pillar. */
  readonly gate: Gate;
  /** Absent in a dry run, which only asks what the gates would answer. */
  readonly run: Run | undefined;
  /** Which round of the run: its steps carry it in their names. */
  readonly round: number;
  readonly patch: string;
  readonly evidence: string;
  readonly message: string;
  readonly trailers: Readonly<Record<string, string>>;
  /** The branch that failed. */
  readonly branch: string;
  /** The branch for a pull request, where the constitution does not let the failing one be pushed to. */
  readonly healBranch: string;
  readonly credentials: RemoteCredentials | undefined;
}

export interface LandPlan {
  readonly worktree: Git;
  readonly paths: readonly string[];
  readonly base: string;
  readonly facts: Facts;
  readonly hasRemote: boolean;
  readonly treeDigest: string;
}

export type Way =
  | {
      readonly kind: "straight" | "branch";
      readonly branch: string;
      readonly gates: readonly HealGate[];
      readonly asks: boolean;
    }
  | { readonly kind: "refused"; readonly reason: string; readonly gates: readonly HealGate[] };

/**
 * Straight to the failing branch where that is allowed; else a branch and a pull request; where only asking helps, the
 * way that needs it least.
 */
export async function chooseWay(request: LandRequest, plan: LandPlan): Promise<Way> {
  const guarded = plan.facts["change.protected"]?.value ?? [];
  if (guarded.length > 0) return askAbout(request, plan, guarded);
  const straight = await previewWay(request, plan, "straight", request.branch);
  if (straight.answer === "allow") return { ...straight, asks: false };
  const branch = await previewWay(request, plan, "branch", request.healBranch);
  if (branch.answer === "allow") return { ...branch, asks: false };
  const asking = [straight, branch].find((way) => way.answer === "ask");
  if (asking) return { ...asking, asks: true };
  const refusing = [...branch.gates].reverse().find((gate) => gate.answer === "deny");
  return {
    kind: "refused",
    reason: refusing?.reason ?? "no rule allows it",
    gates: [...straight.gates, ...branch.gates],
  };
}

/** A protected path is only ever proposed: on a branch of its own, and when people were asked. */
async function askAbout(request: LandRequest, plan: LandPlan, guarded: readonly string[]): Promise<Way> {
  const branch = await previewWay(request, plan, "branch", request.healBranch);
  if (branch.answer === "ask") return { ...branch, asks: true };
  if (branch.answer === "allow" && branch.agreed) return { ...branch, asks: false };
  const refusing = [...branch.gates].reverse().find((gate) => gate.answer === "deny");
  const reason = refusing?.reason ?? `${guarded.join(", ")} is protected, and no rule asks people about it`;
  return { kind: "refused", reason, gates: branch.gates };
}

async function previewWay(request: LandRequest, plan: LandPlan, kind: "straight" | "branch", branch: string) {
  const commit = await request.gate.preview("git.commit", commitTarget(request, plan, branch), plan.facts);
  const gates = [shown("git.commit", commit, true)];
  let agreed = commit.answer === "allow" && commit.agreed === true;
  if (plan.hasRemote && commit.answer !== "deny") {
    const push = await request.gate.preview("git.push", pushTarget(request, branch, plan.base), plan.facts);
    gates.push(shown("git.push", push, true));
    agreed ||= push.answer === "allow" && push.agreed === true;
  }
  const answers = gates.map((gate) => gate.answer);
  const answer = answers.includes("deny") ? "deny" : answers.includes("ask") ? "ask" : "allow";
  return { kind, branch, gates, answer, agreed } as const;
}

/**
 * Previews leave no trace; that a heal was refused, and by which rule, belongs in the log. Only what would be denied is
 * asked: no permit is issued, and nobody is bothered with a question.
 */
export async function askForTheLog(request: LandRequest, plan: LandPlan): Promise<void> {
  const { gate, healBranch } = request;
  const commit = commitTarget(request, plan, healBranch);
  if ((await gate.preview("git.commit", commit, plan.facts)).answer === "deny") {
    await gate("git.commit", commit, plan.facts);
    return;
  }
  const push = pushTarget(request, healBranch, plan.base);
  if ((await gate.preview("git.push", push, plan.facts)).answer === "deny") await gate("git.push", push, plan.facts);
}

export function commitTarget(request: LandRequest, plan: LandPlan, branch: string): Target<"git.commit"> {
  return { repository: request.git.identity, branch, base: plan.base, tree_digest: plan.treeDigest };
}

export function pushTarget(request: LandRequest, branch: string, commit: string): Target<"git.push"> {
  return { repository: request.git.identity, remote: REMOTE, ref: `refs/heads/${branch}`, commit };
}

export function shown(action: ActionName, decision: Decision, preview: boolean): HealGate {
  return {
    action,
    answer: decision.answer,
    ...(decision.rule === undefined ? {} : { rule: decision.rule }),
    reason: decision.reason,
    preview,
  };
}
