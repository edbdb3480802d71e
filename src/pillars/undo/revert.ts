import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Commit } from "../../tools/git/git.ts";
import { commitFacts } from "../commit-facts.ts";
import { plainEffect, type UndoEffect } from "./report.ts";
import { takeBack, type Undoing } from "./undoing.ts";

/** Ties a revert to the run that it undoes. */
export const UNDO_TRAILER = "Undo-Of";
const REMOTE = "origin";

export interface Reverting {
  readonly branch: string;
  /** The commit to revert, as the branch has it. */
  readonly commit: Commit;
  /** Where the branch stands: at the remote, or here where there is none. */
  readonly tip: string;
  readonly hasRemote: boolean;
}

/**
 * Reverts a commit on top of its branch and pushes that. What is reverted already, by whomever, is left alone; where
 * later commits changed the same lines, nothing is done and the files are named.
 */
export async function revertCommit(undoing: Undoing, reverting: Reverting): Promise<Outcome<UndoEffect[]>> {
  const { branch, commit, tip, hasRemote } = reverting;
  const effect = `revert ${commit.id.slice(0, 7)} (${commit.subject}) on ${branch}`;
  const here = await findRevert(undoing, reverting, tip);
  if (!here.ok) return here;
  if (here.value) {
    return succeed([plainEffect(effect, "already", `${here.value.id.slice(0, 7)} on ${branch} reverts it`)]);
  }
  const ready = hasRemote ? await inStep(undoing, reverting) : succeed(undefined);
  if (!ready.ok) return ready;
  const made = await commitRevert(undoing, reverting, effect);
  if (!made.ok) {
    const conflict = made.diagnostics.find(({ code }) => code === "git.revert_conflict");
    return conflict ? succeed([plainEffect(effect, "refused", `${conflict.message}; ${conflict.next}`)]) : made;
  }
  const { report, facts } = made.value;
  const standing = report.action !== null && ["undone", "already", "planned"].includes(report.state);
  if (!hasRemote || !standing) return succeed([report]);
  const local = await findHere(undoing, reverting);
  if (!local.ok) return local;
  // Before the revert exists, a dry run's gate judges the push by the commit it would stand on.
  const pushed = await pushRevert(undoing, reverting, { commit: local.value?.id ?? tip, facts });
  return pushed.ok ? succeed([report, pushed.value]) : pushed;
}

/** The commit after `commit` that says it reverts it. */
async function findRevert(
  { git, target }: Undoing,
  { commit }: Reverting,
  tip: string,
): Promise<Outcome<Commit | undefined>> {
  const later = await git.log(`${commit.id}..${tip}`);
  if (!later.ok) return later;
  return succeed(
    later.value.find(
      ({ body, trailers }) =>
        body.includes(`This reverts commit ${commit.id}`) ||
        trailers.some(([key, value]) => key === UNDO_TRAILER && value === target.id),
    ),
  );
}

/** The revert in the local branch, where `commitRevert` puts it. */
async function findHere(undoing: Undoing, reverting: Reverting): Promise<Outcome<Commit | undefined>> {
  const at = await undoing.git.branchCommit(reverting.branch);
  if (!at.ok) return at;
  return at.value === undefined ? succeed(undefined) : findRevert(undoing, reverting, at.value);
}

/** The local branch must stand where the remote's does, but for this very revert, made by a process that then died. */
async function inStep(undoing: Undoing, reverting: Reverting): Promise<Outcome<void>> {
  const { git } = undoing;
  const { branch, tip } = reverting;
  const local = await git.branchCommit(branch);
  if (!local.ok) return local;
  if (local.value === undefined || local.value === tip) return succeed(undefined);
  const own = await findRevert(undoing, reverting, local.value);
  if (!own.ok) return own;
  if (own.value?.id === local.value && own.value.parents[0] === tip) return succeed(undefined);
  const [at, there] = [local.value.slice(0, 7), tip.slice(0, 7)];
  return fail(
    problem("product", "undo.branch_differs", `${branch} stands at ${at} here and at ${there} at ${REMOTE}`, {
      next: `bring the two together (git switch ${branch} && git pull --ff-only, or git push), then run this again`,
    }),
  );
}

async function commitRevert(
  undoing: Undoing,
  reverting: Reverting,
  effect: string,
): Promise<Outcome<{ readonly report: UndoEffect; readonly facts: Facts }>> {
  const { git, session, target: undone } = undoing;
  const { branch, commit, tip } = reverting;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-undo-"));
  const tree = join(scratch, "tree");
  try {
    const worktree = await git.addWorktree(tree, tip);
    if (!worktree.ok) return worktree;
    const paths = await worktree.value.applyReverse(commit.id);
    if (!paths.ok) return paths;
    if (paths.value.length === 0) {
      return succeed({ report: plainEffect(effect, "already", "its change is no longer there"), facts: {} });
    }
    const candidate = await worktree.value.candidate({ base: tip, paths: paths.value });
    if (!candidate.ok) return candidate;
    const looked = await commitFacts(session, git, candidate.value);
    if (!looked.ok) return looked;
    const facts = looked.value;
    const target = { repository: git.identity, branch, base: tip, tree_digest: candidate.value.treeDigest };
    const report = await takeBack(undoing, {
      effect,
      action: "git.commit",
      target,
      facts,
      async probe() {
        const found = await findHere(undoing, reverting);
        return found.ok ? succeed(found.value?.id) : found;
      },
      act: (permit) =>
        worktree.value.commitAll(permit, target, {
          message: session.redactor.redact(`revert: ${commit.subject}\n\nThis reverts commit ${commit.id}.`),
          trailers: { [UNDO_TRAILER]: undone.id },
          paths: paths.value,
        }),
      words: (shown) => `${shown.slice(0, 7)} on ${branch} reverts it`,
    });
    return report.ok ? succeed({ report: report.value, facts }) : report;
  } finally {
    const removed = await git.removeWorktree(tree);
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    for (const diagnostic of removed.ok ? [] : removed.diagnostics) {
      session.emit({ type: "diagnostic", diagnostic: { ...diagnostic, severity: "warning" } });
    }
  }
}

function pushRevert(
  undoing: Undoing,
  { branch }: Reverting,
  { commit, facts }: { readonly commit: string; readonly facts: Facts },
): Promise<Outcome<UndoEffect>> {
  const { git, credentials } = undoing;
  const target = { repository: git.identity, remote: REMOTE, ref: `refs/heads/${branch}`, commit };
  return takeBack(undoing, {
    effect: `push ${branch}`,
    action: "git.push",
    target,
    facts,
    async probe() {
      const at = await git.lsRemote(REMOTE, target.ref, credentials);
      if (!at.ok) return at;
      return succeed(undoing.acting && at.value === commit ? commit : undefined);
    },
    act: (permit) => git.push(permit, target, credentials ? { credentials } : {}),
    words: (shown) => `${REMOTE} has ${shown.slice(0, 7)}`,
  });
}
