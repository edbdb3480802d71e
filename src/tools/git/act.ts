import { realpath } from "node:fs/promises";
import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { writeCandidate } from "./candidate.ts";
import { type CommitInput, identityVariables, writeCommit } from "./commit-object.ts";
import { guardConfig } from "./config-guard.ts";
import { diagnose, withoutCredentials } from "./diagnose.ts";
import type { Person } from "./history.ts";
import { bringAlong, moveBranch } from "./place-commit.ts";
import { optionalRef } from "./refs.ts";
import { findRemoteRef, networkCall, type RemoteCredentials, remoteUrl } from "./remote.ts";
import { callGit, type GitCall, git } from "./run.ts";

/** What the acting calls know of the repository they act in. */
export interface Acting {
  readonly identity: string;
  readonly author: Person;
  readonly call: GitCall;
}

export interface Committed {
  readonly commit: string;
  readonly tree: string;
  /** The very same commit was there already; nothing was done. */
  readonly already: boolean;
}

export interface PushInput {
  readonly credentials?: RemoteCredentials;
}

/**
 * Commits the work tree's change on top of `target.base` to `target.branch`, creating the branch when there is none.
 * What is committed must be byte for byte what the permit names (`tree_digest`). The branch moves by compare-and-swap,
 * no hook runs, and a work tree that has the branch checked out is brought along.
 */
export function commitAll(
  permit: Permit<"git.commit">,
  target: Target<"git.commit">,
  input: CommitInput,
  acting: Acting & { readonly root: string },
): Promise<Outcome<Committed>> {
  const { call, identity } = acting;
  return perform(permit, "git.commit", target, async () => {
    if (target.repository !== identity) return fail(otherRepository(target.repository, identity));
    if (input.message.trim() === "") return fail(problem("internal", "git.empty_message", "a commit needs a message"));
    const ref = `refs/heads/${target.branch}`;
    const ready = await prepare(ref, call);
    if (!ready.ok) return ready;
    const worktree = await realpath(input.worktree ?? acting.root);
    const candidate = await writeCandidate(worktree, target.base, { paths: input.paths, keep: true, call });
    if (!candidate.ok) return candidate;
    const { tree, treeDigest, change } = candidate.value;
    if (treeDigest !== target.tree_digest) {
      return fail(
        problem("policy", "git.change_differs", "the work tree no longer holds the change that was allowed", {
          next: "run this again: the change is judged anew",
        }),
      );
    }
    if (change.files.length === 0) {
      return fail(
        problem("product", "git.nothing_to_commit", `there is no change on top of ${target.base.slice(0, 12)}`),
      );
    }
    const tip = await optionalRef(ref, call);
    if (!tip.ok) return tip;
    const there =
      tip.value !== undefined && tip.value !== target.base
        ? await isSame(tip.value, target.base, tree, call)
        : succeed(false);
    if (!there.ok) return there;
    if (there.value && tip.value !== undefined) {
      const placed = await bringAlong(worktree, target, tip.value, candidate.value, call);
      return succeed({ commit: tip.value, tree, already: true }, placed);
    }
    if (tip.value !== undefined && tip.value !== target.base) {
      const behind = await isLeftBehind({ worktree, ref, tip: tip.value, base: target.base }, call);
      if (!behind.ok) return behind;
      if (!behind.value) return fail(branchMoved(target.branch, target.base, tip.value));
    }
    const made = await writeCommit({ tree, base: target.base }, input, acting);
    if (!made.ok) return made;
    const commit = made.value;
    const moved = await moveBranch(worktree, target, ref, tip.value, commit, call);
    if (!moved.ok) return moved;
    return succeed({ commit, tree, already: false }, await bringAlong(worktree, target, commit, candidate.value, call));
  });
}

/** Pushes one commit to one ref, never by force. The remote's address must be the one that the permit names. */
export function push(
  permit: Permit<"git.push">,
  target: Target<"git.push">,
  input: PushInput,
  { call }: Acting,
): Promise<Outcome<void>> {
  return perform(permit, "git.push", target, async () => {
    const ready = await prepare(target.ref, call);
    if (!ready.ok) return ready;
    const url = await remoteUrl(target.remote, call, true);
    if (!url.ok) return url;
    if (withoutCredentials(url.value) !== target.repository) {
      return fail(otherRepository(target.repository, withoutCredentials(url.value)));
    }
    const at = await findRemoteRef(target.remote, target.ref, { ...call, credentials: input.credentials });
    if (!at.ok) return at;
    if (at.value === target.commit) return succeed(undefined);
    const isTag = target.ref.startsWith("refs/tags/");
    if (isTag && at.value !== undefined) return fail(tagElsewhere(target.ref.slice(10), at.value, target.commit));
    const local = isTag ? await optionalRef(target.ref, call) : succeed(undefined);
    if (!local.ok) return local;
    // An annotated tag is an object of its own; the commit alone would arrive as a lightweight tag.
    const source = isTag && local.value === target.commit ? target.ref : target.commit;
    const prepared = await networkCall(target.remote, { ...call, credentials: input.credentials });
    if (!prepared.ok) return prepared;
    const args = [
      "push",
      "--porcelain",
      "--no-verify",
      "--no-force",
      "--end-of-options",
      target.remote,
      `${source}:${target.ref}`,
    ];
    const called = await callGit(args, { ...prepared.value, writes: true });
    if (!called.ok) return called;
    if (called.value.exitCode === 0) return succeed(undefined);
    const rejected = /^!\t[^\t]*\t\[(remote )?rejected\] ?\(?([^)\n]*)\)?/m.exec(called.value.stdout);
    if (!rejected) return fail(diagnose(args, called.value, call.cwd));
    return fail(pushRejected(target, rejected[1] !== undefined, rejected[2] ?? "", called.value.stderr));
  });
}

/** Makes an annotated tag at exactly the target's commit. */
export function tag(
  permit: Permit<"release.tag">,
  target: Target<"release.tag">,
  message: string,
  { call, identity, author }: Acting,
): Promise<Outcome<void>> {
  return perform(permit, "release.tag", target, async () => {
    if (target.repository !== identity) return fail(otherRepository(target.repository, identity));
    const ref = `refs/tags/${target.tag}`;
    const ready = await prepare(ref, call);
    if (!ready.ok) return ready;
    const at = await optionalRef(ref, call);
    if (!at.ok) return at;
    if (at.value === target.commit) return succeed(undefined);
    if (at.value !== undefined) return fail(tagElsewhere(target.tag, at.value, target.commit));
    const args = [
      "tag",
      "--annotate",
      "--no-sign",
      "--cleanup=verbatim",
      "--file=-",
      "--end-of-options",
      target.tag,
      target.commit,
    ];
    const made = await git(args, {
      ...call,
      env: identityVariables(author),
      input: `${message.trim()}\n`,
      writes: true,
    });
    return made.ok ? succeed(undefined) : made;
  });
}

async function prepare(ref: string, call: GitCall): Promise<Outcome<void>> {
  const guarded = await guardConfig(call);
  if (!guarded.ok) return guarded;
  const called = await callGit(["check-ref-format", ref], call);
  if (!called.ok) return called;
  if (called.value.exitCode === 0 && /^refs\/(heads|tags)\/[^-]/.test(ref)) return succeed(undefined);
  return fail(
    problem("config", "git.bad_ref_name", `${ref} is not a usable name for a branch or tag`, {
      next: "use a full name: refs/heads/BRANCH or refs/tags/TAG, without spaces and special characters",
    }),
  );
}

/** Is this commit what we would make: same parent, same tree? Then an earlier run made it and died afterwards. */
async function isSame(commit: string, base: string, tree: string, call: GitCall): Promise<Outcome<boolean>> {
  const shown = await git(["rev-parse", "--verify", "--quiet", `${commit}^{tree}`], call);
  if (!shown.ok) return shown;
  const parent = await optionalRef(`${commit}^`, call);
  return parent.ok ? succeed(shown.value.trim() === tree && parent.value === base) : parent;
}

/**
 * A branch that an earlier run left here, and that the base has gone on from: CI servers check commits out and move no
 * branch. It moves forward and loses nothing. Where the work tree itself is on it, its files are not those of the base.
 */
async function isLeftBehind(
  at: { readonly worktree: string; readonly ref: string; readonly tip: string; readonly base: string },
  call: GitCall,
): Promise<Outcome<boolean>> {
  const head = await callGit(["symbolic-ref", "--quiet", "HEAD"], { ...call, cwd: at.worktree });
  if (!head.ok) return head;
  if (head.value.stdout.trim() === at.ref) return succeed(false);
  const ancestor = await callGit(["merge-base", "--is-ancestor", at.tip, at.base], call);
  return ancestor.ok ? succeed(ancestor.value.exitCode === 0) : ancestor;
}

function otherRepository(allowed: string, found: string): Diagnostic {
  return problem("policy", "git.other_repository", `the permit is for ${allowed}, but this would act on ${found}`, {
    next: "check the repository's remotes (git remote -v) against fleet.yaml",
  });
}

function branchMoved(branch: string, base: string, tip: string): Diagnostic {
  const [from, to] = [base.slice(0, 12), tip.slice(0, 12)];
  return problem("infrastructure", "git.ref_moved", `${branch} moved from ${from} to ${to} meanwhile`, {
    next: "run this again: it starts from the new state",
  });
}

function tagElsewhere(name: string, at: string, wanted: string): Diagnostic {
  const message = `the tag ${name} exists already, at ${at.slice(0, 12)} and not at ${wanted.slice(0, 12)}`;
  return problem("product", "git.tag_elsewhere", message, {
    next: "a published tag is never moved: release the next version, or delete the tag by hand if nothing used it",
  });
}

function pushRejected(target: Target<"git.push">, byRemote: boolean, reason: string, stderr: string): Diagnostic {
  const ref = target.ref.replace(/^refs\/(heads|tags)\//, "");
  const details = withoutCredentials(stderr.trim()).slice(-4000);
  if (byRemote) {
    return problem("policy", "git.push_refused", `the remote refused ${ref}: ${reason}`, {
      next: "the remote's own rules (protected branch, hook) say no; push to another branch and open a pull request",
      details,
    });
  }
  return problem(
    "infrastructure",
    "git.push_rejected",
    `${ref} on ${target.remote} has commits that are not here (${reason})`,
    {
      next: `git fetch ${target.remote}, then run this again: it starts from the new state`,
      details,
    },
  );
}
