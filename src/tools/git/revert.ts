import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { guardConfig } from "./config-guard.ts";
import { callGit, type GitCall, git, nulParts } from "./run.ts";

/**
 * Puts the reverse of a commit's change into a scratch work tree, uncommitted. Answers the paths that differ from HEAD
 * then; none when the change is no longer there. Fails with `git.revert_conflict`, which names the files, when later
 * commits changed the same lines.
 */
export async function applyReverse(commit: string, call: GitCall): Promise<Outcome<readonly string[]>> {
  const guarded = await guardConfig(call);
  if (!guarded.ok) return guarded;
  const here = { ...call, writes: true };
  const reverted = await callGit(["revert", "--no-commit", "--no-edit", "--no-gpg-sign", commit], here);
  if (!reverted.ok) return reverted;
  if (reverted.value.exitCode === 0) {
    const changed = await git(["diff", "--cached", "--name-only", "--no-renames", "-z", "HEAD"], call);
    return changed.ok ? succeed(nulParts(changed.value)) : changed;
  }
  const unmerged = await git(["diff", "--name-only", "--diff-filter=U", "-z"], call);
  if (!unmerged.ok) return unmerged;
  const files = nulParts(unmerged.value);
  const where = files.length > 0 ? ` in ${files.join(", ")}` : "";
  return fail(
    problem(
      "product",
      "git.revert_conflict",
      `${commit.slice(0, 7)} cannot be reverted by itself: later commits changed the same lines${where}`,
      {
        details: reverted.value.stderr.trim().slice(-2000),
        next: `git revert ${commit.slice(0, 12)}, and decide by hand`,
      },
    ),
  );
}
