import { changePoints, median } from "./change-points.ts";

/** One run of a stage that passed. */
export interface TimedRun {
  readonly commit: string;
  readonly durationMs: number;
}

/** What is known of how long a stage takes. Times in milliseconds. */
export interface StageTimes {
  readonly runs: number;
  /** What the next run is likely to take: the median since the newest change of level. */
  readonly nextMs: number;
  /** Nine of ten runs since then took no longer (nearest rank). */
  readonly p90Ms: number;
  /** The newest change of level, when the difference is worth a word. */
  readonly change?: {
    /** The first commit that was built at the new level. */
    readonly commit: string;
    readonly fromMs: number;
    readonly toMs: number;
  };
}

/** A change is told from this factor and this difference on; less is no one's concern. */
const TOLD_FACTOR = 1.15;
const TOLD_MS = 500;

/** @param runs oldest first. Undefined when there is none. */
export function stageTimes(runs: readonly TimedRun[]): StageTimes | undefined {
  if (runs.length === 0) return undefined;
  const durations = runs.map(({ durationMs }) => durationMs);
  const starts = [0, ...changePoints(durations)];
  const start = starts.at(-1)!;
  const level = durations.slice(start);
  const toMs = median(level);
  const sorted = level.toSorted((a, b) => a - b);
  const times = { runs: runs.length, nextMs: toMs, p90Ms: sorted[Math.ceil(0.9 * sorted.length) - 1]! };
  if (starts.length === 1) return times;
  const fromMs = median(durations.slice(starts.at(-2)!, start));
  const factor = Math.max(toMs / fromMs, fromMs / toMs);
  if (factor < TOLD_FACTOR || Math.abs(toMs - fromMs) < TOLD_MS) return times;
  return { ...times, change: { commit: runs[start]!.commit, fromMs, toMs } };
}

/** `test is slower since a1b2c3d: 31 s → 52 s` */
export function changeText(stage: string, change: NonNullable<StageTimes["change"]>): string {
  const word = change.toMs > change.fromMs ? "slower" : "faster";
  return `${stage} is ${word} since ${change.commit.slice(0, 7)}: ${durationText(change.fromMs)} → ${durationText(change.toMs)}`;
}

export function durationText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Of each product's stages, in the order of the rows: rows of one stage stand together, oldest first. */
export function timesByStage(
  passes: readonly { product: string; stage: string; commit_id: string; duration_ms: number }[],
): readonly { readonly product: string; readonly stage: string; readonly times: StageTimes }[] {
  const runs = new Map<string, { product: string; stage: string; runs: TimedRun[] }>();
  for (const { product, stage, commit_id: commit, duration_ms: durationMs } of passes) {
    const key = JSON.stringify([product, stage]);
    const entry = runs.get(key) ?? { product, stage, runs: [] };
    entry.runs.push({ commit, durationMs });
    runs.set(key, entry);
  }
  return [...runs.values()].map((entry) => ({ ...entry, times: stageTimes(entry.runs)! }));
}
