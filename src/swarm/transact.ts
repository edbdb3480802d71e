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

/** Runs work in one transaction: all of it or nothing. Deadlocks and serialisation failures are tried again. */
export async function transact<T>(swarm: Swarm, work: (trx: Transaction<Schema>) => Promise<T>): Promise<Outcome<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await guarded(swarm.place, () => swarm.db.transaction().execute(work));
    const met = !outcome.ok && swarm.kind === "postgres" && outcome.diagnostics[0]?.code === "swarm.busy";
    if (!met || attempt === TRIES) return outcome;
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
