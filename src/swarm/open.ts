import { randomBytes } from "node:crypto";
import { access, constants, link, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, sql, type Transaction } from "kysely";
import { type Clock, systemClock } from "../core/clock.ts";
import { fail, type Outcome, succeed } from "../core/diagnostic.ts";
import { makeFolder } from "../core/files.ts";
import { damaged, guarded } from "./database-problem.ts";
import { type Migrated, type MigrateOptions, migrate } from "./migrate.ts";
import { type LeaseTimes, SWARM_FILE, type SwarmOptions } from "./place.ts";
import { postgresPlace } from "./postgres.ts";
import type { Schema } from "./schema.ts";
import { openSqliteFile, sqliteDialect } from "./sqlite.ts";

export type { LeaseTimes, SwarmOptions } from "./place.ts";

/** A database handle or a transaction of it. */
export type Database = Kysely<Schema> | Transaction<Schema>;

/** The open Swarm database. */
export interface Swarm {
  readonly kind: "sqlite" | "postgres";
  readonly db: Kysely<Schema>;
  readonly clock: Clock;
  /** The file, or `host:port/database`; holds no secret. */
  readonly place: string;
  readonly leaseTimes: LeaseTimes;
  /** Work to do before the connection goes: leases give themselves back. */
  readonly beforeClose: Set<() => Promise<void>>;
  close(): Promise<void>;
}

const BACKUPS = "backups";
const BACKUPS_KEPT = 5;
const LEASE_TIMES: LeaseTimes = { ttlMs: 20_000, beatMs: 4_000 };
const SQLITE_HEADER = "SQLite format 3\0";

/**
 * Opens the Swarm database, makes it when there is none, and migrates it forward. A database that is damaged or newer
 * than this program is named and left exactly as it is; it is never made anew.
 */
export async function openSwarm(options: SwarmOptions): Promise<Outcome<Swarm>> {
  return options.url ? await openPostgres(options, options.url) : await openSqlite(options);
}

async function openPostgres(options: SwarmOptions, url: string): Promise<Outcome<Swarm>> {
  const target = await postgresPlace(url);
  if (!target.ok) return target;
  const { dialect, place } = target.value;
  // PostgreSQL's own backups are its administrator's; the migration's one transaction is what protects it here.
  return await opened("postgres", new Kysely<Schema>({ dialect }), place, options, async () => {});
}

async function openSqlite(options: SwarmOptions): Promise<Outcome<Swarm>> {
  const file = join(options.stateDir, SWARM_FILE);
  const ready = await guarded(file, async () => {
    await makeFolder(options.stateDir, 0o700);
    // SQLite would only say that it cannot open its log there.
    await access(options.stateDir, constants.W_OK);
    await createOnce(file, options);
    return await hasHeader(file);
  });
  if (!ready.ok) return ready;
  if (!ready.value) return fail(damaged(file, "it has no SQLite header"));
  const database = await guarded(file, () => openSqliteFile(file));
  if (!database.ok) return database;
  const db = new Kysely<Schema>({ dialect: sqliteDialect(database.value) });
  return await opened("sqlite", db, file, options, (from) => backUp(file, from, options));
}

async function opened(
  kind: Swarm["kind"],
  db: Kysely<Schema>,
  place: string,
  options: SwarmOptions,
  makeBackup: MigrateOptions["backUp"],
): Promise<Outcome<Swarm>> {
  const clock = options.clock ?? systemClock;
  const migrated: Outcome<Migrated> = await guarded(place, () =>
    migrate(db, {
      kind,
      place,
      clock,
      backUp: makeBackup,
      ...(options.migrations ? { migrations: options.migrations } : {}),
    }),
  );
  if (!migrated.ok || "refused" in migrated.value) {
    await db.destroy();
    return migrated.ok && "refused" in migrated.value ? fail(migrated.value.refused) : (migrated as Outcome<never>);
  }
  const beforeClose = new Set<() => Promise<void>>();
  const close = async () => {
    for (const work of [...beforeClose]) await work();
    await db.destroy();
  };
  return succeed({ kind, db, clock, place, leaseTimes: options.leaseTimes ?? LEASE_TIMES, beforeClose, close });
}

/**
 * Makes the file under another name, whole, and links it into place: `swarm.db` either does not exist or is complete, so
 * that an empty or cut file can only be damage. Of several that make it at once one wins and the others use its file.
 */
async function createOnce(file: string, options: SwarmOptions): Promise<void> {
  if (await exists(file)) return;
  const temporary = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    const db = new Kysely<Schema>({ dialect: sqliteDialect(await openSqliteFile(temporary)) });
    try {
      await migrate(db, {
        kind: "sqlite",
        place: file,
        clock: options.clock ?? systemClock,
        backUp: async () => {},
        ...(options.migrations ? { migrations: options.migrations } : {}),
      });
      // Only the file itself is linked. Closing would bring the log's pages into it as well, but keeps quiet about a full
      // disk, and what was linked then would be half a database.
      await sql`pragma wal_checkpoint(truncate)`.execute(db);
    } finally {
      await db.destroy();
    }
    await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) await rm(temporary + suffix, { force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** SQLite would take an empty file for a new database and write into it: look before it does. */
async function hasHeader(file: string): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    const header = Buffer.alloc(SQLITE_HEADER.length);
    const { bytesRead } = await handle.read(header, 0, header.length, 0);
    return bytesRead === header.length && header.toString("latin1") === SQLITE_HEADER;
  } finally {
    await handle.close();
  }
}

/** Copies the committed state beside the database before a migration changes it; the newest few copies are kept. */
async function backUp(file: string, from: string, options: SwarmOptions): Promise<void> {
  const { backup, DatabaseSync } = await import("node:sqlite");
  const folder = join(options.stateDir, BACKUPS);
  await makeFolder(folder, 0o700);
  const time = new Date((options.clock ?? systemClock).now()).toISOString().replaceAll(/[:.]/g, "-");
  const target = join(folder, `swarm-${time}-${from}.db`);
  // A connection of its own sees what is committed, which is the state before the migration that holds the lock.
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await backup(source, `${target}.part`);
    await rename(`${target}.part`, target);
  } finally {
    source.close();
    await rm(`${target}.part`, { force: true });
  }
  const copies = (await readdir(folder)).filter((name) => /^swarm-.*\.db$/.test(name)).sort();
  for (const old of copies.slice(0, -BACKUPS_KEPT)) await rm(join(folder, old));
}
