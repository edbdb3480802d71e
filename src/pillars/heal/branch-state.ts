import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Run } from "../../swarm/journal.ts";
import type { Git, RemoteCredentials } from "../../tools/git/git.ts";

/** The remote that repairs are pushed to. */
export const REMOTE = "origin";

/** The commit that this run made earlier, by its trailer. */
export async function findCommit(
  git: Git,
  branch: string,
  base: string,
  run: string,
): Promise<Outcome<string | undefined>> {
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

/** Where a branch stands at the remote, or here where there is none. */
export async function tipOf(
  git: Git,
  branch: string,
  credentials: RemoteCredentials | undefined,
): Promise<Outcome<string | undefined>> {
  const remote = await remoteOf(git);
  if (!remote.ok) return remote;
  return remote.value ? git.lsRemote(REMOTE, `refs/heads/${branch}`, credentials) : git.branchCommit(branch);
}

/**
 * Why a heal of this commit is too late: the branch has moved on, so somebody pushed in between. Undefined when it has
 * not, or moved by this very run.
 */
export async function movedSince(
  request: {
    readonly git: Git;
    readonly branch: string;
    readonly run: Run | undefined;
    readonly credentials: RemoteCredentials | undefined;
  },
  base: string,
): Promise<Outcome<string | undefined>> {
  const { git, branch, run } = request;
  const at = await tipOf(git, branch, request.credentials);
  if (!at.ok) return at;
  if (at.value === undefined || at.value === base) return succeed(undefined);
  if (run) {
    const own = await findCommit(git, branch, base, run.id);
    if (own.ok && own.value === at.value) return succeed(undefined);
  }
  const moved = `${branch} has moved from ${base.slice(0, 7)} to ${at.value.slice(0, 7)} since the build failed`;
  return succeed(`${moved}; heal the newest failing build instead`);
}
