import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { listRuns, type RunRecord, readRun, type StepRecord } from "../../swarm/journal.ts";
import type { Swarm } from "../../swarm/open.ts";
import type { PendingLesson } from "./pending-lesson.ts";
import type { HealReport } from "./report.ts";

/**
 * A heal's run goes in rounds: repair, push, CI. Where CI turns red again, the same run goes on with another round on top
 * of its own commit. What a round has landed is kept under this record; the run then waits for CI.
 */
export interface Round {
  /** From 1. */
  readonly number: number;
  /** The commit that was pushed, and its branch. */
  readonly commit: string;
  readonly branch: string;
  /** As it was told, without the diff. */
  readonly report: HealReport;
  readonly lesson?: PendingLesson | undefined;
}

/** How long a run waits for CI before it is taken as it was proven here. */
export const CI_WAIT_MS = 24 * 60 * 60 * 1000;

const LANDED = "landed";

/** The journal's name of a step in a round: plain in the first. */
export function inRound(name: string, round: number): string {
  return round === 1 ? name : `${name} (round ${round})`;
}

export function landedStep(round: number): string {
  return inRound(LANDED, round);
}

/** What a run waits for: a build of the commit that it pushed. */
export function ciKey(of: { readonly company: string; readonly name: string }, commit: string): string {
  return `${of.company}/${of.name}@${commit}`;
}

/** The rounds that a run has landed, in order. */
export function roundsIn(steps: readonly StepRecord[]): readonly Round[] {
  return steps
    .filter(({ name, state }) => state === "done" && (name === LANDED || name.startsWith(`${LANDED} (round `)))
    .map(({ value }) => value as Round)
    .sort((a, b) => a.number - b.number);
}

/** What a heal's run reported last: as its evidence once it is finished, as its newest round while it waits for CI. */
export function reportIn(run: Pick<RunRecord, "evidence">, steps: readonly StepRecord[]): HealReport | undefined {
  return (run.evidence as { report?: HealReport } | undefined)?.report ?? roundsIn(steps).at(-1)?.report;
}

export interface AwaitingRun {
  readonly run: RunRecord;
  /** At least one. */
  readonly rounds: readonly [Round, ...Round[]];
}

/** A product's unfinished heals that have pushed something, newest first. */
export async function awaitingCi(
  swarm: Swarm,
  of: { readonly company: string; readonly name: string },
): Promise<Outcome<readonly AwaitingRun[]>> {
  const runs = await listRuns(swarm, {
    company: of.company,
    product: of.name,
    kind: "heal",
    status: ["running", "waiting"],
  });
  if (!runs.ok) return runs;
  const awaiting: AwaitingRun[] = [];
  for (const run of runs.value) {
    const read = await readRun(swarm, run.id);
    if (!read.ok) return read;
    const [first, ...more] = roundsIn(read.value.steps);
    if (first) awaiting.push({ run, rounds: [first, ...more] });
  }
  return succeed(awaiting);
}

/** The newest round of a run. */
export function newestOf({ rounds }: AwaitingRun): Round {
  return rounds.at(-1) ?? rounds[0];
}
