import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { type Dialect, SqliteDialect, type SqliteStatement } from "kysely";

/** How long a process waits for another one's write before it says so. */
const BUSY_MS = 20_000;
/** Prepared statements kept; kysely's texts repeat, so a few hundred hold all of them. */
const STATEMENTS = 200;

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

/**
 * Opens a database file with what every connection needs: write-ahead log, foreign keys, a patient busy timeout, and a
 * sync at each commit, so that what the journal says is done stays done after a power cut. `node:sqlite` is loaded here
 * and not before: on a Node without it the program can still say so.
 */
export async function openSqliteFile(file: string): Promise<DatabaseSync> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  const database = new Database(file, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  try {
    database.exec("pragma journal_mode = wal");
    database.exec("pragma synchronous = full");
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * kysely over `node:sqlite`. A transaction begins as a writer: one that began as a reader and writes later would fail at
 * once, whatever the timeout, when another process wrote in between.
 */
export function sqliteDialect(database: DatabaseSync): Dialect {
  const statements = new Map<string, { reader: boolean; statement: StatementSync }>();
  const prepared = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql === "begin" ? "begin immediate" : sql);
    const entry = { reader: statement.columns().length > 0, statement };
    const oldest = statements.keys().next();
    if (statements.size >= STATEMENTS && !oldest.done) statements.delete(oldest.value);
    statements.set(sql, entry);
    return entry;
  };
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        // A full disk or a failing one ends the transaction by itself; rolling it back again would hide the reason.
        if (sql === "rollback" && !database.isTransaction) return NOTHING;
        const { reader, statement } = prepared(sql);
        return {
          reader,
          all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
          run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
          iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
        };
      },
    },
  });
}
