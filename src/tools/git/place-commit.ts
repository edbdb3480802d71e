import { realpath } from "node:fs/promises";
import type { Target } from "../../core/action.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Candidate } from "./candidate.ts";
import { callGit, type GitCall, git } from "./run.ts";
import { worktrees } from "./worktree.ts";

/** Moves the branch from where it was seen; where another work tree has it checked out, its files move with it. */
export async function moveBranch(
  worktree: string,
  target: Target<"git.commit">,
  ref: string,
  seen: string | undefined,
  commit: string,
  call: GitCall,
): Promise<Outcome<void>> {
  const all = await worktrees(call);
  if (!all.ok) return all;
  const holder = all.value.find(({ branch }) => branch === target.branch);
  if (holder && (await realpath(holder.path)) !== worktree) {
    const inHolder = { ...call, cwd: holder.path, writes: true };
    const merged = await git(["merge", "--ff-only", "--quiet", "--no-stat", "--no-autostash", commit], inHolder);
    if (merged.ok) return succeed(undefined);
    return fail(
      problem(
        "product",
        "git.branch_checked_out",
        `${target.branch} is checked out in ${holder.path}, with changes in the way`,
        {
          next: `commit or stash what is changed in ${holder.path}, then run this again`,
          details: merged.diagnostics.map(({ details, message }) => details ?? message).join("\n"),
        },
      ),
    );
  }
  const moved = await git(["update-ref", "-m", "codemonkeys: commit", ref, commit, seen ?? "0".repeat(commit.length)], {
    ...call,
    writes: true,
  });
  return moved.ok ? succeed(undefined) : moved;
}

/**
 * After the branch moved: a detached work tree that stood at the base follows, and the index forgets the committed
 * paths. The commit stands whatever happens here, so a failure is a warning.
 */
export async function bringAlong(
  worktree: string,
  target: Target<"git.commit">,
  commit: string,
  candidate: Candidate,
  call: GitCall,
): Promise<Diagnostic[]> {
  const here = { ...call, cwd: worktree, writes: true };
  const head = await callGit(["symbolic-ref", "--quiet", "HEAD"], here);
  const detached = head.ok && head.value.exitCode !== 0;
  if (detached) {
    const moved = await git(["update-ref", "--no-deref", "HEAD", commit, target.base], here);
    if (!moved.ok) return moved.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: "warning" as const }));
  } else if (!head.ok || head.value.stdout.trim() !== `refs/heads/${target.branch}`) {
    return [];
  }
  const reset = await git(["reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul"], {
    ...here,
    env: { GIT_LITERAL_PATHSPECS: "1" },
    input: candidate.change.files.map(({ path }) => `${path}\0`).join(""),
  });
  return reset.ok ? [] : reset.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: "warning" as const }));
}
