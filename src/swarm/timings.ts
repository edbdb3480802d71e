import { randomBytes } from "node:crypto";
import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import type { SwarmReader } from "./reader.ts";
import type { StageTimingsTable } from "./tables/builds.ts";
import { ensureCompany, transact } from "./transact.ts";

export interface StageTiming {
  readonly company: string;
  readonly product: string;
  readonly stage: string;
  readonly commit: string;
  readonly state: StageTimingsTable["state"];
  readonly durationMs: number;
}

/** So many of the newest passes are looked at: enough to see a change, few enough to follow the next. */
const LOOK_BACK = 100;

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

/** A pass of a stage; of each stage the newest, oldest first. What they say is worked out in pillars/heal/learn. */
export type StagePass = Pick<StageTimingsTable, "company" | "product" | "stage" | "commit_id" | "duration_ms">;

/** Of the whole fleet: rows of one stage stand together. */
export async function stagePasses(state: SwarmReader): Promise<Outcome<readonly StagePass[]>> {
  return await state.rows<StagePass>(
    `select company, product, stage, commit_id, duration_ms from (
       select stage_timings.*, row_number() over (partition by company, product, stage order by at desc, id) as place
       from stage_timings where state = 'passed'
     ) as newest where place <= ${LOOK_BACK} order by company, product, stage, place desc`,
  );
}
