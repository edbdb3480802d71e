import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import type { AuditTable } from "./tables/judged.ts";
import { query, transact } from "./transact.ts";

/** One row of an audit chain; `entry` is its text, `hash` covers it and `previous`. How, is the constitution's business. */
export type AuditRow = Omit<AuditTable, "chain">;

/**
 * Appends to a chain: `make` gets the row that stands last and answers the next one's texts, or why it does not go on from
 * there. It may be called again when another process appended in between, so that the chain stays whole whoever writes.
 */
export async function appendAuditRow(
  swarm: Swarm,
  chain: string,
  make: (last: AuditRow | undefined) => Outcome<Pick<AuditRow, "previous" | "hash" | "entry" | "at">>,
): Promise<Outcome<AuditRow>> {
  for (;;) {
    const appended = await transact(swarm, async (trx) => {
      const last = await trx
        .selectFrom("audit")
        .select(["seq", "previous", "hash", "entry", "at"])
        .where("chain", "=", chain)
        .orderBy("seq", "desc")
        .limit(1)
        .executeTakeFirst();
      const next = make(last);
      if (!next.ok) return { refused: next };
      const row: AuditRow = { seq: (last?.seq ?? 0) + 1, ...next.value };
      const made = await trx
        .insertInto("audit")
        .values({ chain, ...row })
        .onConflict((conflict) => conflict.columns(["chain", "seq"]).doNothing())
        .executeTakeFirst();
      return made.numInsertedOrUpdatedRows === 1n ? { row } : undefined;
    });
    if (!appended.ok) return appended;
    if (appended.value?.refused) return appended.value.refused;
    if (appended.value) return { ...appended, value: appended.value.row };
  }
}

/** Rows of a chain in order, from the one after `after` on. */
export async function readAuditRows(
  swarm: Swarm,
  chain: string,
  range: { readonly after?: number; readonly limit?: number } = {},
): Promise<Outcome<AuditRow[]>> {
  return await query(swarm, (db) =>
    db
      .selectFrom("audit")
      .select(["seq", "previous", "hash", "entry", "at"])
      .where("chain", "=", chain)
      .where("seq", ">", range.after ?? 0)
      .orderBy("seq")
      .limit(range.limit ?? 10_000)
      .execute(),
  );
}
