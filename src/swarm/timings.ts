import { randomBytes } from "node:crypto";
import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import type { StageTimingsTable } from "./schema.ts";
import { ensureCompany, query, transact } from "./transact.ts";

export interface StageTiming {
  readonly company: string;
  readonly product: string;
  readonly stage: string;
  readonly commit: string;
  readonly state: StageTimingsTable["state"];
  readonly durationMs: number;
}

/** How long a stage takes when it passes, over its newest runs; milliseconds. */
export interface StageForecast {
  readonly runs: number;
  readonly medianMs: number;
  /** Nine of ten runs took no longer. */
  readonly p90Ms: number;
}

/** A forecast looks at this many of the newest passes: enough for the tenth, few enough to follow a change. */
const LOOK_BACK = 50;

export async function recordTiming(swarm: Swarm, timing: StageTiming): Promise<Outcome<void>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, timing.company, now);
    await trx
      .insertInto("stage_timings")
      .values({
        id: randomBytes(8).toString("hex"),
        company: timing.company,
        product: timing.product,
        stage: timing.stage,
        commit_id: timing.commit,
        state: timing.state,
        duration_ms: timing.durationMs,
        at: now,
      })
      .execute();
  });
}

/** Undefined for a stage that never passed. Percentiles by the nearest-rank method. */
export async function stageForecast(
  swarm: Swarm,
  of: Pick<StageTiming, "company" | "product" | "stage">,
): Promise<Outcome<StageForecast | undefined>> {
  return await query(swarm, async (db) => {
    const rows = await db
      .selectFrom("stage_timings")
      .select("duration_ms")
      .where("company", "=", of.company)
      .where("product", "=", of.product)
      .where("stage", "=", of.stage)
      .where("state", "=", "passed")
      .orderBy("at", "desc")
      .limit(LOOK_BACK)
      .execute();
    const sorted = rows.map((row) => row.duration_ms).sort((a, b) => a - b);
    const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    const medianMs = rank(0.5);
    const p90Ms = rank(0.9);
    return medianMs === undefined || p90Ms === undefined ? undefined : { runs: sorted.length, medianMs, p90Ms };
  });
}
