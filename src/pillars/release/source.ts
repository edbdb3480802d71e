import { establish } from "../../constitution/probe.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Tree } from "../../ecosystems/ecosystem.ts";
import type { Git, RemoteCredentials } from "../../tools/git/git.ts";

export const REMOTE = "origin";

/** The commit that a release is made of, and the branch it stands on here and at the remote. */
export interface ReleaseSource {
  readonly branch: string;
  readonly commit: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly facts: Facts;
}

/**
 * Looks where a release would start: the checked-out commit, which must be the newest of its branch at the remote, so
 * that what is released is what everybody has. A detached checkout, as CI makes it, counts as the main branch when that
 * is where the remote's main branch stands.
 */
export async function findSource(
  git: Git,
  mainBranch: string,
  credentials: RemoteCredentials | undefined,
): Promise<Outcome<ReleaseSource>> {
  const full = await git.requireFullHistory();
  if (!full.ok) return full;
  const head = await git.head();
  if (!head.ok) return head;
  const named = await git.branch();
  if (!named.ok && !named.diagnostics.some(({ code }) => code === "git.detached_head")) return named;
  const branch = named.ok ? named.value : mainBranch;
  const remote = await git.lsRemote(REMOTE, `refs/heads/${branch}`, credentials);
  if (!remote.ok) return remote;
  if (remote.value !== head.value) {
    const moved = await explainDifference(git, branch, head.value, remote.value, named.ok);
    if (!moved.ok) return moved;
  }
  const status = await git.status();
  if (!status.ok) return status;
  const newest = await git.log(head.value, { limit: 1 });
  if (!newest.ok) return newest;
  const shown = status.value.map(({ state, path }) => `${state} ${path}\n`).join("");
  const evidence = `head ${head.value}\n${REMOTE} ${branch} ${remote.value}\n${shown}`;
  const facts = establish("release.source", evidence, {
    "source.commit": head.value,
    "source.branch": branch,
    "source.clean": status.value.length === 0,
  });
  return succeed({ branch, commit: head.value, time: newest.value[0]?.time ?? 0, facts });
}

async function explainDifference(
  git: Git,
  branch: string,
  head: string,
  remote: string | undefined,
  onBranch: boolean,
): Promise<Outcome<never>> {
  const say = (code: string, message: string, next: string) =>
    fail<never>(problem("product", `release.${code}`, message, { next }));
  if (remote === undefined) {
    return say("branch_not_pushed", `${REMOTE} has no branch ${branch}`, `git push ${REMOTE} ${branch}`);
  }
  if (!onBranch) {
    return say(
      "not_a_branch",
      `the checked-out commit ${head.slice(0, 12)} is not where ${branch} stands at ${REMOTE}`,
      `git switch ${branch} && git pull, or build the newest commit`,
    );
  }
  const known = await git.resolve(remote);
  const ahead = known.ok ? await git.isAncestor(remote, head) : undefined;
  if (ahead && !ahead.ok) return ahead;
  if (ahead?.value) {
    return say(
      "ahead_of_remote",
      `${branch} has commits that ${REMOTE} does not have: a release is made of what everybody has`,
      `git push ${REMOTE} ${branch}; if they are a release's that was given up: git reset --keep ${remote.slice(0, 12)}`,
    );
  }
  return say("behind_remote", `${branch} is not at the newest commit of ${REMOTE}`, "git pull, then run this again");
}

/** The files of a commit. */
export function commitTree(git: Git, commit: string): Tree {
  return {
    async read(path) {
      const text = await git.readAt(commit, path);
      if (text.ok) return text.value;
      if (text.diagnostics.every(({ code }) => code === "git.path_missing")) return undefined;
      throw new Error(`cannot read ${path} at ${commit}: ${text.diagnostics[0]?.message}`);
    },
    async list() {
      const files = await git.listAt(commit);
      if (files.ok) return files.value;
      throw new Error(`cannot list ${commit}: ${files.diagnostics[0]?.message}`);
    },
  };
}
