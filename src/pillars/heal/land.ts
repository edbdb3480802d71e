import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { permitOf } from "../../constitution/gate.ts";
import { mergeFacts } from "../../constitution/probe.ts";
import { isProtectedBranch } from "../../constitution/protect.ts";
import type { ActionName, Target } from "../../core/action.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import type { Run } from "../../swarm/journal.ts";
import type { Approval } from "../acting.ts";
import { commitFacts } from "../commit-facts.ts";
import { findCommit, movedSince, REMOTE, remoteOf } from "./branch-state.ts";
import { writeChanges } from "./candidate.ts";
import { diffFacts, evidenceFacts } from "./facts.ts";
import {
  askForTheLog,
  chooseWay,
  commitTarget,
  type LandPlan,
  type LandRequest,
  pushTarget,
  shown,
  type Way,
} from "./land-way.ts";
import { changesOf, readEvidence, readPatch } from "./patch.ts";
import { proposePullRequest } from "./pull-request.ts";
import type { HealGate } from "./report.ts";
import { inRound } from "./rounds.ts";

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
  readonly waitsFor?: Approval;
}

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
    const common = await commitFacts(session, git, candidate.value);
    if (!common.ok) return common;
    const facts = mergeFacts(common.value, diffFacts(changes.value), evidenceFacts(evidence.value));
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
  let asked: Approval | undefined;
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

  const committed = await run.effect(inRound(`commit ${way.branch}`, request.round), {
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
  const pushed = await run.effect(inRound(`push ${way.branch}`, request.round), {
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
  const proposed = await proposePullRequest(session, { ...request, run, gates, facts: plan.facts, target: into });
  if (!proposed.ok) return proposed;
  const { asked: waitsFor, url } = proposed.value;
  const done = ended("proposed", proposed.value.reason, {
    commit,
    pushed: true,
    ...(url === undefined ? {} : { pullRequest: url }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
  });
  return done.ok ? succeed(done.value, proposed.warnings) : done;
}
