import { type Kysely, sql, type Transaction } from "kysely";
import { sha256 } from "../core/canonical.ts";
import type { Clock } from "../core/clock.ts";
import { type Diagnostic, problem } from "../core/diagnostic.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import type { Schema } from "./schema.ts";

/** Key of the advisory lock under which PostgreSQL is migrated: "swarm" in ASCII. */
const LOCK = 0x73_77_61_72_6d;

export interface MigrateOptions {
  readonly kind: "sqlite" | "postgres";
  readonly place: string;
  readonly clock: Clock;
  /** Called under the lock, before the first change to a database that already holds something. */
  readonly backUp: (from: string) => Promise<void>;
  readonly migrations?: readonly Migration[];
}

export type Migrated = { readonly applied: readonly string[] } | { readonly refused: Diagnostic };

export function checksumOf(migration: Migration): string {
  return sha256(migration.statements.join(";\n"));
}

/**
 * Brings a database to this program's schema, in one transaction: all or nothing, and of several openers one migrates
 * while the others wait and then find nothing to do. Refuses, and changes nothing, when the database is newer than the
 * program or when an applied migration is not the one this program knows.
 */
export async function migrate(db: Kysely<Schema>, options: MigrateOptions): Promise<Migrated> {
  const migrations = options.migrations ?? MIGRATIONS;
  const before = await appliedIn(db, options.kind);
  const refusedBefore = compare(before, migrations, options.place);
  if (refusedBefore) return { refused: refusedBefore };
  if (before.length === migrations.length) return { applied: [] };
  return await db.transaction().execute(async (trx): Promise<Migrated> => {
    if (options.kind === "postgres") await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(trx);
    const applied = await appliedIn(trx, options.kind);
    const refused = compare(applied, migrations, options.place);
    if (refused) return { refused };
    const pending = migrations.slice(applied.length);
    const newest = applied.at(-1);
    if (newest && pending.length > 0) await options.backUp(newest.name);
    await sql`create table if not exists swarm_migrations (
      name text not null primary key, checksum text not null, applied_at bigint not null
    )`.execute(trx);
    for (const migration of pending) {
      for (const statement of migration.statements) await sql.raw(statement).execute(trx);
      await trx
        .insertInto("swarm_migrations")
        .values({ name: migration.name, checksum: checksumOf(migration), applied_at: options.clock.now() })
        .execute();
    }
    return { applied: pending.map((migration) => migration.name) };
  });
}

type Applied = { readonly name: string; readonly checksum: string };

async function appliedIn(db: Kysely<Schema> | Transaction<Schema>, kind: "sqlite" | "postgres"): Promise<Applied[]> {
  const exists =
    kind === "sqlite"
      ? sql<{ found: number }>`select 1 as found from sqlite_master where type = 'table' and name = 'swarm_migrations'`
      : // Not to_regclass: it may answer from the connection's cache of what was not there a moment ago.
        sql<{ found: number }>`select 1 as found from pg_catalog.pg_tables
          where schemaname = any(current_schemas(false)) and tablename = 'swarm_migrations'`;
  if ((await exists.execute(db)).rows.length === 0) return [];
  return await db.selectFrom("swarm_migrations").select(["name", "checksum"]).orderBy("name").execute();
}

function compare(applied: readonly Applied[], known: readonly Migration[], place: string): Diagnostic | undefined {
  for (const [index, row] of applied.entries()) {
    const migration = known[index];
    if (!migration) {
      return problem("infrastructure", "swarm.newer", `the Swarm database ${place} was made by a newer version`, {
        details: `its schema has ${row.name}, which this program does not know`,
        next: "update Code Monkeys Ship; the database is left as it is (`codemonkeys doctor --set-database-aside` keeps it under another name and begins with an empty one)",
      });
    }
    if (migration.name !== row.name || checksumOf(migration) !== row.checksum) {
      return problem(
        "infrastructure",
        "swarm.drift",
        `the Swarm database ${place} was made with another schema than this program's (${row.name})`,
        {
          details: `expected ${migration.name} with checksum ${checksumOf(migration)}, found ${row.name} with ${row.checksum}`,
          next: "use the release that made it, or restore a backup; the database is left as it is (`codemonkeys doctor --set-database-aside` keeps it under another name and begins with an empty one)",
        },
      );
    }
  }
  return undefined;
}
