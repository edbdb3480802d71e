import { randomBytes } from "node:crypto";
import type { Outcome } from "../core/diagnostic.ts";
import type { Database, Swarm } from "./open.ts";
import type { PausesTable } from "./tables/fleet.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** What is paused: everything, a company, or one product. */
export type PauseScope =
  | { readonly scope: "fleet" }
  | { readonly scope: "company"; readonly company: string }
  | { readonly scope: "product"; readonly company: string; readonly product: string };

export interface Pause {
  readonly id: string;
  readonly of: PauseScope;
  readonly reason: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Pauses a scope; one that is paused already keeps its first pause. Answers the pause in force. */
export async function pause(
  swarm: Swarm,
  request: { readonly of: PauseScope; readonly reason: string; readonly by: string },
): Promise<Outcome<Pause>> {
  return await transact(swarm, async (trx) => {
    const inForce = await ofScope(trx, request.of).selectAll().executeTakeFirst();
    if (inForce) return pauseOf(inForce);
    const now = swarm.clock.now();
    if (request.of.scope !== "fleet") await ensureCompany(trx, request.of.company, now);
    const row = await trx
      .insertInto("pauses")
      .values({
        id: `p-${randomBytes(4).toString("hex")}`,
        scope: request.of.scope,
        company: request.of.scope === "fleet" ? null : request.of.company,
        product: request.of.scope === "product" ? request.of.product : null,
        reason: request.reason,
        paused_by: request.by,
        paused_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return pauseOf(row);
  });
}

/** Ends the pauses of exactly this scope; a wider one stays. Answers how many there were. */
export async function resume(
  swarm: Swarm,
  request: { readonly of: PauseScope; readonly by: string },
): Promise<Outcome<number>> {
  return await transact(swarm, async (trx) => {
    const rows = await ofScope(trx, request.of).select("id").execute();
    if (rows.length === 0) return 0;
    await trx
      .updateTable("pauses")
      .set({ resumed_by: request.by, resumed_at: swarm.clock.now() })
      .where(
        "id",
        "in",
        rows.map((row) => row.id),
      )
      .execute();
    return rows.length;
  });
}

/** The pauses in force, widest first: all of them, or those that hold a company or a product up. */
export async function pausesInForce(
  swarm: Swarm,
  of: { readonly company?: string | undefined; readonly product?: string | undefined } = {},
): Promise<Outcome<Pause[]>> {
  return await query(swarm, async (db) => {
    const rows = await db.selectFrom("pauses").selectAll().where("resumed_at", "is", null).execute();
    const width = { fleet: 0, company: 1, product: 2 };
    return rows
      .filter((row) => of.company === undefined || row.company === null || row.company === of.company)
      .filter((row) => of.product === undefined || row.product === null || row.product === of.product)
      .sort((a, b) => width[a.scope] - width[b.scope] || a.paused_at - b.paused_at)
      .map(pauseOf);
  });
}

function ofScope(db: Database, of: PauseScope) {
  const rows = db.selectFrom("pauses").where("resumed_at", "is", null).where("scope", "=", of.scope);
  if (of.scope === "fleet") return rows;
  const ofCompany = rows.where("company", "=", of.company);
  return of.scope === "company" ? ofCompany : ofCompany.where("product", "=", of.product);
}

function pauseOf(row: PausesTable): Pause {
  const company = row.company ?? "";
  const product = row.product ?? "";
  return {
    id: row.id,
    of:
      row.scope === "fleet"
        ? { scope: "fleet" }
        : row.scope === "company"
          ? { scope: "company", company }
          : { scope: "product", company, product },
    reason: row.reason,
    by: row.paused_by,
    at: row.paused_at,
  };
}
