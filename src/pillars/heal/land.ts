import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Decision, Gate } from "../../constitution/gate.ts";
import { permitOf } from "../../constitution/gate.ts";
import { mergeFacts } from "../../constitution/probe.ts";
import { isProtectedBranch, protectedPaths } from "../../constitution/protect.ts";
import type { ActionName, Target } from "../../core/action.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Session } from "../../pipeline/session.ts";
import type { Run } from "../../swarm/journal.ts";
import { changeFacts, type Git, gitFacts, type RemoteCredentials } from "../../tools/git/git.ts";
import { writeChanges } from "./candidate.ts";
import { diffFacts, evidenceFacts } from "./facts.ts";
import { changesOf, readEvidence, readPatch } from "./patch.ts";
import type { HealGate } from "./report.ts";

/** What the act half is given: digests, words for the commit, and where to. */
export interface LandRequest {
  readonly git: Git;
  /** The gate, bound to the run and the pillar. */
  readonly gate: Gate;
  /** Absent in a dry run, which only asks what the gates would answer. */
  readonly run: Run | undefined;
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

export interface Landed {
  readonly verdict: "fixed" | "proposed" | "refused";
  readonly reason: string;
  readonly gates: readonly HealGate[];
  readonly branch?: string;
  readonly commit?: string;
  readonly pushed: boolean;
  /** The commit is on a branch that the constitution protects. */
  readonly onProtected: boolean;
  readonly pullRequest?: string;
  readonly waitsFor?: Extract<Decision, { answer: "ask" }>["approval"];
}

export const REMOTE = "origin";

/**
 * The act half: takes the patch and its proof by digest, looks again at everything rules may ask about, passes the
 * gates, commits and pushes. Runs no product code. A commit or push that an earlier process of the run made is found by
 * its trailer or on the remote and not made again.
 */
export async function land(session: Session, request: LandRequest): Promise<Outcome<Landed>> {
  const { git, run } = request;
  const patch = await readPatch(session.artifacts, request.patch);
  if (!patch.ok) return patch;
  const evidence = await readEvidence(session.artifacts, request.evidence);
  if (!evidence.ok) return evidence;
  const base = patch.value.base;
  if (evidence.value.patch !== request.patch || evidence.value.base !== base) {
    return fail(problem("internal", "heal.wrong_evidence", "the evidence is about another patch"));
  }
  const moved = await movedSince(request, base);
  if (!moved.ok) return moved;
  if (moved.value !== undefined) {
    return succeed({ verdict: "refused", reason: moved.value, gates: [], pushed: false, onProtected: false });
  }
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-land-"));
  const tree = join(scratch, "tree");
  try {
    const opened = await git.addWorktree(tree, base);
    if (!opened.ok) return opened;
    const worktree = opened.value;
    const readBase = async (path: string) => {
      const text = await git.readAt(base, path);
      return text.ok ? text.value : undefined;
    };
    const changes = await changesOf(patch.value, readBase);
    if (!changes.ok) return changes;
    const written = await writeChanges(worktree.root, changes.value, readBase);
    if (!written.ok) return written;
    const paths = [...written.value];
    const candidate = await worktree.candidate({ base, paths });
    if (!candidate.ok) return candidate;
    const source = await gitFacts(git);
    if (!source.ok) return source;
    const { constitution } = session.organisation;
    const facts = mergeFacts(
      source.value,
      changeFacts(candidate.value.change, (all) => protectedPaths(constitution, all)),
      diffFacts(changes.value),
      evidenceFacts(evidence.value),
    );
    const remote = await remoteOf(git);
    if (!remote.ok) return remote;
    const plan: LandPlan = {
      worktree,
      paths,
      base,
      facts,
      hasRemote: remote.value,
      treeDigest: candidate.value.treeDigest,
    };
    const way = await chooseWay(request, plan);
    if (run !== undefined && way.kind === "refused") await askForTheLog(request, plan);
    if (run === undefined || way.kind === "refused") return succeed(previewOf(way, session, request));
    return await act(session, request, { ...request, run }.run, plan, way);
  } finally {
    const removed = await git.removeWorktree(tree);
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    for (const diagnostic of removed.ok ? [] : removed.diagnostics) {
      session.emit({ type: "diagnostic", diagnostic: { ...diagnostic, severity: "warning" } });
    }
  }
}

interface LandPlan {
  readonly worktree: Git;
  readonly paths: readonly string[];
  readonly base: string;
  readonly facts: Facts;
  readonly hasRemote: boolean;
  readonly treeDigest: string;
}

type Way =
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
async function chooseWay(request: LandRequest, plan: LandPlan): Promise<Way> {
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

async function previewWay(request: LandRequest, plan: LandPlan, kind: "straight" | "branch", branch: string) {
  const commit = await request.gate.preview("git.commit", commitTarget(request, plan, branch), plan.facts);
  const gates = [shown("git.commit", commit, true)];
  if (plan.hasRemote && commit.answer !== "deny") {
    const push = await request.gate.preview("git.push", pushTarget(request, branch, plan.base), plan.facts);
    gates.push(shown("git.push", push, true));
  }
  const answers = gates.map((gate) => gate.answer);
  const answer = answers.includes("deny") ? "deny" : answers.includes("ask") ? "ask" : "allow";
  return { kind, branch, gates, answer } as const;
}

/**
 * Previews leave no trace; that a heal was refused, and by which rule, belongs in the log. Only what would be denied is
 * asked: no permit is issued, and nobody is bothered with a question.
 */
async function askForTheLog(request: LandRequest, plan: LandPlan): Promise<void> {
  const { gate, healBranch } = request;
  const commit = commitTarget(request, plan, healBranch);
  if ((await gate.preview("git.commit", commit, plan.facts)).answer === "deny") {
    await gate("git.commit", commit, plan.facts);
    return;
  }
  const push = pushTarget(request, healBranch, plan.base);
  if ((await gate.preview("git.push", push, plan.facts)).answer === "deny") await gate("git.push", push, plan.facts);
}

function commitTarget(request: LandRequest, plan: LandPlan, branch: string): Target<"git.commit"> {
  return { repository: request.git.identity, branch, base: plan.base, tree_digest: plan.treeDigest };
}

function pushTarget(request: LandRequest, branch: string, commit: string): Target<"git.push"> {
  return { repository: request.git.identity, remote: REMOTE, ref: `refs/heads/${branch}`, commit };
}

function shown(action: ActionName, decision: Decision, preview: boolean): HealGate {
  return {
    action,
    answer: decision.answer,
    ...(decision.rule === undefined ? {} : { rule: decision.rule }),
    reason: decision.reason,
    preview,
  };
}

function previewOf(way: Way, session: Session, request: LandRequest): Landed {
  if (way.kind === "refused") {
    return { verdict: "refused", reason: way.reason, gates: way.gates, pushed: false, onProtected: false };
  }
  const where = way.kind === "straight" ? `pushed to ${way.branch}` : `pushed as ${way.branch} for a pull request`;
  return {
    verdict: "proposed",
    reason: `it would be ${way.asks ? "asked about, then " : ""}${where}`,
    gates: way.gates,
    branch: way.branch,
    pushed: false,
    onProtected: isProtectedBranch(session.organisation.constitution, request.branch) && way.kind === "straight",
  };
}

async function act(
  session: Session,
  request: LandRequest,
  run: Run,
  plan: LandPlan,
  way: Exclude<Way, { kind: "refused" }>,
): Promise<Outcome<Landed>> {
  const { git, gate } = request;
  const gates: HealGate[] = [];
  let asked: Extract<Decision, { answer: "ask" }>["approval"] | undefined;
  const ask = async <A extends ActionName>(action: A, target: Target<A>) => {
    const decision = await gate(action, target, plan.facts);
    gates.push(shown(action, decision, false));
    if (decision.answer === "ask") asked = decision.approval;
    return permitOf(decision);
  };
  const onProtected = isProtectedBranch(session.organisation.constitution, way.branch);
  const ended = (verdict: Landed["verdict"], reason: string, more: Partial<Landed> = {}): Outcome<Landed> =>
    succeed({ verdict, reason, gates, branch: way.branch, pushed: false, onProtected, ...more });
  const stopped = (failed: Outcome<never>, more: Partial<Landed> = {}): Outcome<Landed> => {
    if (asked) return ended("proposed", `waits for ${asked.group}: ${asked.reason}`, { ...more, waitsFor: asked });
    const denied = gates.at(-1);
    return denied?.answer === "deny" ? ended("refused", denied.reason, more) : failed;
  };

  const committed = await run.effect(`commit ${way.branch}`, {
    probe: () => findCommit(git, way.branch, plan.base, run.id),
    async act() {
      const target = commitTarget(request, plan, way.branch);
      const permit = await ask("git.commit", target);
      if (!permit.ok) return permit;
      return plan.worktree.commitAll(permit.value, target, {
        message: session.redactor.redact(request.message),
        trailers: request.trailers,
        paths: plan.paths,
        worktree: plan.worktree.root,
      });
    },
  });
  if (!committed.ok) return stopped(committed);
  const commit = committed.value;
  if (!plan.hasRemote) {
    return ended("fixed", `committed to ${way.branch}; there is no remote to push to`, { commit });
  }
  const target = pushTarget(request, way.branch, commit);
  const credentials = request.credentials ? { credentials: request.credentials } : {};
  const pushed = await run.effect(`push ${way.branch}`, {
    async probe() {
      const at = await git.lsRemote(REMOTE, target.ref, request.credentials);
      if (!at.ok) return at;
      return succeed(at.value === commit ? commit : undefined);
    },
    async act() {
      const permit = await ask("git.push", target);
      return permit.ok ? git.push(permit.value, target, credentials) : permit;
    },
  });
  if (!pushed.ok) return stopped(pushed, { commit });
  if (way.kind === "straight") return ended("fixed", `pushed to ${way.branch}`, { commit, pushed: true });

  const into = { repository: git.identity, branch: way.branch, into: request.branch, commit };
  const opening = await gate.preview("pr.open", into, plan.facts);
  gates.push(shown("pr.open", opening, true));
  const byHand =
    opening.answer === "deny"
      ? `the pull request is not opened: ${opening.reason}`
      : "this remote has no forge that a pull request could be opened on; open it by hand";
  return ended("proposed", `pushed ${way.branch}; ${byHand}`, { commit, pushed: true });
}

/** The commit that this run made earlier, by its trailer. */
async function findCommit(git: Git, branch: string, base: string, run: string): Promise<Outcome<string | undefined>> {
  const tip = await git.branchCommit(branch);
  if (!tip.ok) return tip;
  if (tip.value === undefined || tip.value === base) return succeed(undefined);
  const found = await git.findByTrailer(`${base}..${tip.value}`, "Heal-Run", run);
  return found.ok ? succeed(found.value?.id) : found;
}

/** Whether there is a remote to push to. */
export async function remoteOf(git: Git): Promise<Outcome<boolean>> {
  const url = await git.remoteUrl(REMOTE);
  if (url.ok) return succeed(true);
  return url.diagnostics.some((diagnostic) => diagnostic.code === "git.no_remote") ? succeed(false) : url;
}

/**
 * Why a heal of this commit is too late: the branch has moved on, so somebody pushed in between. Undefined when it has
 * not, or moved by this very run.
 */
export async function movedSince(
  request: Pick<LandRequest, "git" | "branch" | "run" | "credentials">,
  base: string,
): Promise<Outcome<string | undefined>> {
  const { git, branch, run } = request;
  const remote = await remoteOf(git);
  if (!remote.ok) return remote;
  const at = remote.value
    ? await git.lsRemote(REMOTE, `refs/heads/${branch}`, request.credentials)
    : await git.branchCommit(branch);
  if (!at.ok) return at;
  if (at.value === undefined || at.value === base) return succeed(undefined);
  if (run) {
    const own = await findCommit(git, branch, base, run.id);
    if (own.ok && own.value === at.value) return succeed(undefined);
  }
  const moved = `${branch} has moved from ${base.slice(0, 7)} to ${at.value.slice(0, 7)} since the build failed`;
  return succeed(`${moved}; heal the newest failing build instead`);
}
