import type { BuildStatus, CiBackend } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { Git, RemoteCredentials } from "../../tools/git/git.ts";
import { remoteCredentials } from "../remote-credentials.ts";
import { type AdvancedHeal, advanceHeal } from "./advance.ts";
import { REMOTE, remoteOf, tipOf } from "./branch-state.ts";
import { type AwaitingRun, awaitingCi, newestOf, type Round } from "./rounds.ts";

/** A product's CI system, asked by branch: each branch may have a job of its own. */
export interface BranchCi {
  /** The newest finished build of a commit of a branch, if there is one. */
  latest(branch: string, commit: string): Promise<Outcome<BuildStatus | undefined>>;
}

/** A CI system whose jobs are named after branches. */
export function branchCi(ci: { readonly backend: CiBackend; job(branch: string): string }): BranchCi {
  return { latest: (branch, commit) => ci.backend.latest(ci.job(branch), commit) };
}

/** What became of a heal that waited for CI. */
export interface WentOn {
  readonly run: string;
  /** What it had landed last. */
  readonly round: Round;
  /** The build that decided, or what there is of one that did not. */
  readonly build: BuildStatus | undefined;
  /** Undefined while it waits. */
  readonly now: AdvancedHeal["now"] | undefined;
  /** False where an earlier call had told it the same. */
  readonly news: boolean;
}

/**
 * Asks CI about every commit that a heal of the product waits for, and advances the runs whose builds have ended, newest
 * run first. Where somebody pushed in between, the build of what they pushed counts first. In a dry run nothing is
 * advanced.
 */
export async function goOnWithHeals(session: Session, git: Git, ci: BranchCi): Promise<Outcome<readonly WentOn[]>> {
  const awaiting = await awaitingCi(session.swarm, productOf(session));
  if (!awaiting.ok || awaiting.value.length === 0) return awaiting.ok ? succeed([]) : awaiting;
  const credentials = await remoteCredentials(session, git, "heal");
  if (!credentials.ok) return credentials;
  const went: WentOn[] = [];
  for (const one of awaiting.value) {
    const gone = await goOn(session, git, ci, one, credentials.value);
    if (!gone.ok) return gone;
    went.push(gone.value);
  }
  return succeed(went);
}

async function goOn(
  session: Session,
  git: Git,
  ci: BranchCi,
  awaiting: AwaitingRun,
  credentials: RemoteCredentials | undefined,
): Promise<Outcome<WentOn>> {
  const { run } = awaiting;
  const round = newestOf(awaiting);
  const { commit, branch } = round;
  const tip = await tipOf(git, branch, credentials);
  if (!tip.ok) return tip;
  const moved =
    tip.value !== commit && !(await isOwn(session, git, { run: run.id, round, tip: tip.value }, credentials));
  const commits = moved && tip.value !== undefined ? [tip.value, commit] : [commit];
  let seen: BuildStatus | undefined;
  for (const built of commits) {
    const build = await latestOf(ci, branch, built);
    if (!build.ok) return build;
    if (!build.value) continue;
    seen = build.value;
    const told = { commit: built, state: seen.state, build: seen.ref.id, moved };
    const advanced = await advanceHeal(session, git, awaiting, told);
    if (!advanced.ok) return advanced;
    if (!advanced.value) continue;
    const { now } = advanced.value;
    return succeed({ run: run.id, round, build: seen, now, news: now !== "red" || run.status === "waiting" });
  }
  const advanced = await advanceHeal(session, git, awaiting, undefined);
  if (!advanced.ok) return advanced;
  return succeed({ run: run.id, round, build: seen, now: advanced.value?.now, news: advanced.value !== undefined });
}

/**
 * Whether the branch was moved by the run itself: by a process that was killed between its push and its note. Fetches
 * what it does not know, which the judgement of what others pushed needs as well.
 */
async function isOwn(
  session: Session,
  git: Git,
  of: { readonly run: string; readonly round: Round; readonly tip: string | undefined },
  credentials: RemoteCredentials | undefined,
): Promise<boolean> {
  const { run, round, tip } = of;
  if (tip === undefined) return false;
  const known = await git.resolve(tip);
  if (!known.ok) {
    const remote = session.dryRun ? succeed(false) : await remoteOf(git);
    if (!remote.ok || !remote.value) return false;
    const fetched = await git.fetch(REMOTE, {
      refspecs: [`refs/heads/${round.branch}`],
      ...(credentials ? { credentials } : {}),
    });
    if (!fetched.ok) return false;
  }
  const own = await git.findByTrailer(`${round.commit}..${tip}`, "Heal-Run", run);
  return own.ok && own.value?.id === tip;
}

/** A branch whose job CI does not have, not yet or not any more, has no builds there. */
async function latestOf(ci: BranchCi, branch: string, commit: string): Promise<Outcome<BuildStatus | undefined>> {
  const latest = await ci.latest(branch, commit);
  const gone = !latest.ok && latest.diagnostics.some(({ code }) => code === "jenkins.unknown_job");
  return gone ? succeed(undefined) : latest;
}
