import { type Outcome, succeed } from "../../core/diagnostic.ts";
import {
  closePullRequest,
  commentDigest,
  commentPullRequest,
  findComment,
  findPullRequest,
  type PullRequest,
} from "../../tools/github/pulls.ts";
import { type Forge, forgeOf } from "../forge.ts";
import { plainEffect, type UndoEffect } from "./report.ts";
import { takeBack, type Undoing } from "./undoing.ts";

const REMOTE = "origin";

/**
 * Closes the pull request of a heal branch, and says on it why. What people merged or closed stays as it is (a merged
 * heal is reverted on its branch); the branch itself is never deleted.
 */
export async function undoPullRequest(
  undoing: Undoing,
  made: { readonly branch: string; readonly commit: string },
): Promise<Outcome<UndoEffect[]>> {
  const effect = `pull request of ${made.branch}`;
  const byHand = `git push ${REMOTE} --delete ${made.branch}`;
  const forge = await forgeOf(undoing.session, undoing.git, "undo");
  if (!forge.ok) return forge;
  if ("missing" in forge.value) {
    const reason = `${forge.value.missing}; by hand: close it if there is one, then ${byHand}`;
    return succeed([plainEffect(effect, "cannot", reason)]);
  }
  const found = await findPullRequest(forge.value.github, forge.value.repository, made);
  if (!found.ok) return found;
  if (!found.value) return succeed([plainEffect(effect, "cannot", `there is none; by hand: ${byHand}`)]);
  if (found.value.state === "merged") {
    return succeed([plainEffect(effect, "already", `${found.value.url} was merged; its commit is what counts`)]);
  }
  const closed = await close(undoing, forge.value, found.value, made);
  if (!closed.ok || closed.value.state === "refused" || closed.value.state === "waiting") {
    return closed.ok ? succeed([closed.value]) : closed;
  }
  const told = await tell(undoing, forge.value, found.value);
  return told.ok ? succeed([closed.value, told.value]) : told;
}

function close(
  undoing: Undoing,
  forge: Forge,
  pull: PullRequest,
  made: { readonly branch: string; readonly commit: string },
): Promise<Outcome<UndoEffect>> {
  const target = { repository: undoing.git.identity, number: pull.number };
  return takeBack(undoing, {
    effect: `pull request ${pull.number} of ${made.branch}`,
    action: "pr.close",
    target,
    facts: {},
    async probe() {
      const now = await findPullRequest(forge.github, forge.repository, made);
      return now.ok ? succeed(now.value?.state === "open" ? undefined : pull.url) : now;
    },
    act: (permit) => closePullRequest(permit, target, forge),
    words: (url) => `${url} is closed; its branch stays: git push ${REMOTE} --delete ${made.branch}`,
  });
}

/** The reason, where the people who read the pull request see it. A courtesy: refused, it does not hold up the rest. */
async function tell(undoing: Undoing, { github, repository }: Forge, pull: PullRequest): Promise<Outcome<UndoEffect>> {
  const text = `Closed, because ${undoing.session.requester} took the heal run ${undoing.target.id} back.`;
  const key = `undo ${undoing.target.id}`;
  const target = { repository: undoing.git.identity, number: pull.number, digest: commentDigest(text) };
  const told = await takeBack(undoing, {
    effect: `a comment on pull request ${pull.number}`,
    action: "pr.comment",
    target,
    facts: {},
    probe: () => findComment(github, repository, { number: pull.number, key }),
    act: (permit) => commentPullRequest(permit, target, { github, repository, text, key }),
    words: (url) => `${url} says why it was closed`,
  });
  if (!told.ok || told.value.state !== "refused") return told;
  return succeed(plainEffect(told.value.effect, "cannot", told.value.reason));
}
