import { type Outcome, succeed } from "../core/diagnostic.ts";
import { changeText, durationText, timesByStage } from "../pillars/heal/learn/stage-times.ts";
import type { Fleet } from "../pipeline/fleet.ts";
import type { SwarmReader } from "../swarm/reader.ts";
import { stagePasses } from "../swarm/timings.ts";
import type { Status } from "./status-schema.ts";

type Times = NonNullable<Status["times"]>;

/** How long the stages of the fleet's products take when they pass; what left the fleet is not told any more. */
export async function readTimes(state: SwarmReader, fleet: Fleet): Promise<Outcome<Times>> {
  const passes = await stagePasses(state);
  if (!passes.ok) return passes;
  return succeed(
    timesByStage(passes.value.filter(({ product, company }) => fleet.products[product]?.company === company)).map(
      ({ product, stage, times: { runs, nextMs, p90Ms, change } }) => ({
        product,
        stage,
        runs,
        next_ms: nextMs,
        p90_ms: p90Ms,
        ...(change ? { changed: { commit: change.commit, from_ms: change.fromMs, to_ms: change.toMs } } : {}),
      }),
    ),
  );
}

/** One line a stage; what changed its level stands behind. */
export function timesLines(times: Times): string[] {
  if (times.length === 0) return ["no stage has passed yet: how long stages take is not known"];
  return times.map(({ product, stage, runs, next_ms, p90_ms, changed }) => {
    const change = changed && { commit: changed.commit, fromMs: changed.from_ms, toMs: changed.to_ms };
    const likely = `next likely ${durationText(next_ms)}, nine of ten within ${durationText(p90_ms)} (${runs} ${runs === 1 ? "run" : "runs"})`;
    return `${product} ${stage}: ${likely}${change ? `; ${changeText(stage, change)}` : ""}`;
  });
}
