import { randomBytes } from "node:crypto";
import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** A question to a model, of a run of the journal. */
export interface ModelCall {
  readonly company: string;
  readonly product: string | undefined;
  readonly run: string | undefined;
  readonly model: string;
  /** Tokens of question and answer at most. */
  readonly most: number;
}

/**
 * Notes a question before it is asked, with the most that it may take: a process that dies while a model answers, or an
 * answer that breaks off, has spent tokens that nobody counted. Answers the call's id.
 */
export async function beginModelCall(swarm: Swarm, call: ModelCall): Promise<Outcome<string>> {
  return await transact(swarm, async (trx) => {
    const id = `m-${randomBytes(8).toString("hex")}`;
    const at = swarm.clock.now();
    await ensureCompany(trx, call.company, at);
    await trx
      .insertInto("model_calls")
      .values({
        id,
        company: call.company,
        product: call.product ?? null,
        run_id: call.run ?? null,
        model: call.model,
        tokens: call.most,
        counted: 0,
        at,
      })
      .execute();
    return id;
  });
}

/** Puts the model's own count of tokens, of question and answer, in the place of what was reserved. */
export async function countModelCall(swarm: Swarm, id: string, tokens: number): Promise<Outcome<void>> {
  return await query(swarm, async (db) => {
    await db.updateTable("model_calls").set({ tokens, counted: 1 }).where("id", "=", id).execute();
  });
}

/** What models were asked and took: in a run, over all its processes, or since a moment, over all runs. */
export interface ModelUse {
  readonly calls: number;
  readonly tokens: number;
}

export async function modelUse(
  swarm: Swarm,
  of: { readonly run: string } | { readonly since: number },
): Promise<Outcome<ModelUse>> {
  return await query(swarm, async (db) => {
    const all = db
      .selectFrom("model_calls")
      .select(({ fn }) => [
        fn.countAll<number | string>().as("calls"),
        fn.sum<number | string | null>("tokens").as("tokens"),
      ]);
    const row = await ("run" in of
      ? all.where("run_id", "=", of.run)
      : all.where("at", ">=", of.since)
    ).executeTakeFirst();
    // PostgreSQL's sum of bigint is a numeric, which pg gives as text.
    return { calls: Number(row?.calls ?? 0), tokens: Number(row?.tokens ?? 0) };
  });
}
