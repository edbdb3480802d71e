import type { Transaction } from "kysely";
import type { Outcome } from "../core/diagnostic.ts";
import { guarded } from "./database-problem.ts";
import type { Database, Swarm } from "./open.ts";
import type { Schema } from "./schema.ts";

/** How often a transaction that met another one is tried; the work must not have effects outside the database. */
const TRIES = 5;

/** Runs reads, or one write, whose database failures become diagnostics. */
export async function query<T>(swarm: Swarm, work: (db: Database) => Promise<T>): Promise<Outcome<T>> {
  return await guarded(swarm.place, () => work(swarm.db));
}

/**
 * Runs work in one transaction: all of it or nothing. Tried again when it met another one (a deadlock), and when the
 * connection turned out to be dead before anything was sent on it; not when it was cut later, for then the commit may
 * have been done.
 */
export async function transact<T>(swarm: Swarm, work: (trx: Transaction<Schema>) => Promise<T>): Promise<Outcome<T>> {
  for (let attempt = 1; ; attempt += 1) {
    let began = false;
    const outcome = await guarded(swarm.place, () =>
      swarm.db.transaction().execute((trx) => {
        began = true;
        return work(trx);
      }),
    );
    if (outcome.ok || swarm.kind === "sqlite" || attempt === TRIES) return outcome;
    const reason = outcome.diagnostics[0]?.code;
    if (reason !== "swarm.busy" && (began || reason !== "swarm.connection_lost")) return outcome;
  }
}

/** Every product-scoped row has its company: the first row that names one makes it. */
export async function ensureCompany(db: Database, name: string, now: number): Promise<void> {
  if (name === "") throw new TypeError("a row needs the name of its company");
  await db
    .insertInto("companies")
    .values({ name, created_at: now })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}
