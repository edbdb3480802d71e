import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { guarded } from "./database-problem.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { SWARM_FILE, type SwarmOptions } from "./place.ts";

/** The Swarm database for one who only reads, in SQL that SQLite and PostgreSQL both take. */
export interface SwarmReader {
  readonly kind: "sqlite" | "postgres";
  rows<Row>(text: string): Promise<Outcome<Row[]>>;
  close(): Promise<void>;
}

/**
 * Opens the database to read it. A SQLite file that is there, whole and of this program's schema is read as it is;
 * whatever else there is goes the way of everybody, who makes it, migrates it, or names what is wrong with it.
 */
export async function openReader(options: SwarmOptions): Promise<Outcome<SwarmReader>> {
  const direct = options.url
    ? undefined
    : await openFile(join(options.stateDir, SWARM_FILE), options.migrations ?? MIGRATIONS);
  if (direct) return succeed(direct);
  const [{ openSwarm }, { sql }, { query }] = await Promise.all([
    import("./open.ts"),
    import("kysely"),
    import("./transact.ts"),
  ]);
  const opened = await openSwarm(options);
  if (!opened.ok) return opened;
  const swarm = opened.value;
  return succeed({
    kind: swarm.kind,
    rows: <Row>(text: string) => query(swarm, async (db) => (await sql.raw<Row>(text).execute(db)).rows),
    close: () => swarm.close(),
  });
}

/** How long a read waits for a process that recovers the log after a crash. */
const PATIENCE_MS = 2_000;

async function openFile(file: string, migrations: readonly Migration[]): Promise<SwarmReader | undefined> {
  if (!existsSync(file)) return undefined;
  const { DatabaseSync } = await import("node:sqlite");
  const known = await guarded(file, async () => {
    const database = new DatabaseSync(file, { readOnly: true, timeout: PATIENCE_MS });
    try {
      const rows = database.prepare("select name from swarm_migrations order by name").all();
      return { database, names: rows.map(({ name }) => name) };
    } catch (error) {
      database.close();
      throw error;
    }
  });
  // What is wrong is told by the other way, which also looks at what a reader does not.
  if (!known.ok) return undefined;
  const { database, names } = known.value;
  if (names.join() !== migrations.map(({ name }) => name).join()) {
    database.close();
    return undefined;
  }
  return {
    kind: "sqlite",
    rows: <Row>(text: string) => guarded(file, async () => database.prepare(text).all() as Row[]),
    close: async () => database.close(),
  };
}
