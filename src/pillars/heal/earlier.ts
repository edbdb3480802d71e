import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns } from "../../swarm/journal.ts";
import type { Git } from "../../tools/git/git.ts";
import { remoteCredentials } from "../remote-credentials.ts";
import { REMOTE, remoteOf } from "./branch-state.ts";
import { type HealReport, healReportSchema } from "./report.ts";
import { awaitingCi, newestOf } from "./rounds.ts";

export interface HealedBefore {
  readonly report: HealReport;
  /** False where its commit is gone again and its run still waits for CI to build it. */
  readonly stands: boolean;
}

/**
 * The report of the heal that repaired this very failure of this very commit before, as long as its commit stands where
 * it was put: the command is then done already, as when its process was killed after the last thing it had to do.
 */
export async function healedBefore(
  session: Session,
  git: Git,
  key: string,
): Promise<Outcome<HealedBefore | undefined>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, { company, product: name, kind: "heal", status: "succeeded" });
  if (!runs.ok) return runs;
  const awaiting = await awaitingCi(session.swarm, { company, name });
  if (!awaiting.ok) return awaiting;
  const waiting = awaiting.value.filter(({ run }) => run.status === "waiting");
  const done = [
    ...waiting.map((one) => ({ run: one.run, report: newestOf(one).report as unknown, waits: true })),
    ...runs.value.map((run) => ({
      run,
      report: (run.evidence as { report?: unknown } | undefined)?.report,
      waits: false,
    })),
  ];
  for (const { run, report, waits } of done.filter((one) => one.run.key === key)) {
    const kept = healReportSchema.safeParse(report);
    if (!kept.success) continue;
    const stands = await stillStands(session, git, kept.data);
    if (!stands.ok) return stands;
    if (!stands.value && !waits) continue;
    const told = { ...kept.data, reason: `${kept.data.reason}, by ${run.id} before` };
    return succeed({ report: told, stands: stands.value });
  }
  return succeed(undefined);
}

/**
 * The heal of this very failure that a person has undone, and who it was. Then the repair is the people's: by itself the
 * program would only find and land again what they did not want.
 */
export async function undoneBefore(
  session: Session,
  occurrence: string,
): Promise<Outcome<{ readonly run: string; readonly by: string } | undefined>> {
  const { company, name } = productOf(session);
  const of = { company, product: name };
  const undoing = await listRuns(session.swarm, { ...of, kind: "undo", status: "succeeded" });
  if (!undoing.ok) return undoing;
  if (undoing.value.length === 0) return succeed(undefined);
  const undone = await listRuns(session.swarm, { ...of, kind: "heal", ids: undoing.value.map(({ key }) => key) });
  if (!undone.ok) return undone;
  const same = new Set(undone.value.filter(({ key }) => key.startsWith(`${occurrence}@`)).map(({ id }) => id));
  const found = undoing.value.find(({ key }) => same.has(key));
  return succeed(found && { run: found.key, by: found.requester });
}

/** Its commit is in its branch: the remote's, or the local one where there is no remote. */
async function stillStands(session: Session, git: Git, report: HealReport): Promise<Outcome<boolean>> {
  const { branch, fix_commit: commit } = report;
  if (branch === undefined || commit === undefined) return succeed(false);
  const remote = await remoteOf(git);
  if (!remote.ok) return remote;
  if (remote.value && !report.pushed) return succeed(false);
  const credentials = remote.value ? await remoteCredentials(session, git, "heal") : succeed(undefined);
  if (!credentials.ok) return credentials;
  const tip = remote.value
    ? await git.lsRemote(REMOTE, `refs/heads/${branch}`, credentials.value)
    : await git.branchCommit(branch);
  if (!tip.ok || tip.value === undefined) return tip.ok ? succeed(false) : tip;
  if (tip.value === commit) return succeed(true);
  const known = await git.resolve(tip.value);
  // What others pushed since was not fetched: where the branch stands now, nobody here knows.
  return known.ok ? await git.isAncestor(commit, known.value) : succeed(false);
}
