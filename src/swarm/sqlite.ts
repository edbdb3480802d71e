import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";

/** How long a process waits for other processes' writes before it says so. */
const PATIENCE_MS = 20_000;
/** SQLite's own wait blocks this thread, so it is short; the rest is waited for without blocking anything. */
const BLOCKING_MS = 5;
const LONGEST_PAUSE_MS = 20;
/** Prepared statements kept; kysely's texts repeat, so a few hundred hold all of them. */
const STATEMENTS = 200;
/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Opens a database file with what every connection needs: write-ahead log, foreign keys, and a sync at each commit, so
 * that what the journal says is done stays done after a power cut. `node:sqlite` is loaded here and not before: on a
 * Node without it the program can still say so.
 */
export async function openSqliteFile(file: string): Promise<DatabaseSync> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  const database = new Database(file, { timeout: BLOCKING_MS, enableForeignKeyConstraints: true });
  try {
    await patiently(() => database.exec("pragma journal_mode = wal; pragma synchronous = full"));
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** kysely over `node:sqlite`: one connection, which kysely hands to one user at a time. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => sqliteDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function sqliteDriver(database: DatabaseSync): Driver {
  const connection = sqliteConnection(database);
  const run = async (sql: string) => void (await connection.executeQuery(CompiledQuery.raw(sql)));
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    // As a writer from the start: a transaction that began as a reader and writes later fails at once, however patient
    // it is, when another process wrote in between.
    beginTransaction: () => run("begin immediate"),
    commitTransaction: () => run("commit"),
    async rollbackTransaction() {
      // A full or failing disk ends the transaction by itself; rolling it back again would hide the reason.
      if (database.isTransaction) await run("rollback");
    },
    releaseConnection: async () => {},
    destroy: async () => database.close(),
  };
}

function sqliteConnection(database: DatabaseSync): DatabaseConnection {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    const oldest = statements.keys().next();
    if (statements.size >= STATEMENTS && !oldest.done) statements.delete(oldest.value);
    statements.set(sql, statement);
    return statement;
  };
  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const values = parameters as SQLInputValue[];
      return await patiently(() => {
        const statement = prepare(sql);
        if (statement.columns().length > 0) return { rows: statement.all(...values) as R[] };
        const { changes } = statement.run(...values);
        return { rows: [], numAffectedRows: BigInt(changes) };
      });
    },
    streamQuery() {
      throw new Error("streaming is not supported: read in pages");
    },
  };
}

/**
 * Tries until no other connection holds the lock. It waits between tries without blocking: the holder may be a
 * transaction of this same process, and heartbeats go on.
 */
async function patiently<T>(work: () => T): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (let pause = 1; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    try {
      return work();
    } catch (error) {
      const busy = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
      if (busy !== SQLITE_BUSY || performance.now() > end) throw error;
      await sleep(pause * (0.5 + Math.random()));
    }
  }
}
