import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { ensureCompany, query, transact } from "./transact.ts";

export interface Product {
  readonly company: string;
  readonly product: string;
}

/**
 * Notes what a scan found, and answers since when each finding is known (milliseconds since the epoch). A finding that
 * was gone and is back counts from now.
 *
 * @param findings keys that stay the same from scan to scan
 * @param complete every scanner answered: what is not among the findings is gone. Else nobody knows
 */
export async function noteFindings(
  swarm: Swarm,
  { company, product }: Product,
  findings: readonly string[],
  { complete }: { readonly complete: boolean },
): Promise<Outcome<ReadonlyMap<string, number>>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, company, now);
    const mine = trx.selectFrom("security_findings").where("company", "=", company).where("product", "=", product);
    const known = new Map((await mine.selectAll().execute()).map((row) => [row.finding, row]));
    const since = new Map<string, number>();
    for (const finding of new Set(findings)) {
      const row = known.get(finding);
      const firstSeen = row && row.gone_at === null ? row.first_seen : now;
      since.set(finding, firstSeen);
      await trx
        .insertInto("security_findings")
        .values({ company, product, finding, first_seen: firstSeen, last_seen: now, gone_at: null })
        .onConflict((conflict) =>
          conflict
            .columns(["company", "product", "finding"])
            .doUpdateSet({ first_seen: firstSeen, last_seen: now, gone_at: null }),
        )
        .execute();
    }
    const gone = complete ? [...known.values()].filter((row) => row.gone_at === null && !since.has(row.finding)) : [];
    for (const { finding } of gone) {
      await trx
        .updateTable("security_findings")
        .set({ gone_at: now })
        .where("company", "=", company)
        .where("product", "=", product)
        .where("finding", "=", finding)
        .execute();
    }
    return since;
  });
}

/** When the product's newest release that ended well ended; undefined when there is none. */
export async function lastReleaseAt(swarm: Swarm, { company, product }: Product): Promise<Outcome<number | undefined>> {
  const newest = await query(swarm, (db) =>
    db
      .selectFrom("runs")
      .select("updated_at")
      .where("company", "=", company)
      .where("product", "=", product)
      .where("kind", "=", "release")
      .where("status", "=", "succeeded")
      .orderBy("updated_at", "desc")
      .limit(1)
      .executeTakeFirst(),
  );
  return newest.ok ? succeed(newest.value?.updated_at) : newest;
}
