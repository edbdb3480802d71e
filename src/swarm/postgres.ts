import { type Dialect, PostgresDialect } from "kysely";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";

/** A run writes little and in turn; the rest is for heartbeats beside it. */
const CONNECTIONS = 4;
const CONNECT_MS = 10_000;
/** The type number of `bigint` in PostgreSQL's catalogue. */
const INT8 = 20;

/** A PostgreSQL server and database, with a name that may be shown. */
export interface PostgresPlace {
  readonly dialect: Dialect;
  /** `host:port/database`, without user and password. */
  readonly place: string;
}

/** True for the URLs that mean PostgreSQL. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/**
 * Prepares connections to `postgres://user:password@host:port/database`; nothing is opened yet. The URL is never part of
 * a message: it may hold a password.
 */
export async function postgresPlace(url: string): Promise<Outcome<PostgresPlace>> {
  if (!isPostgresUrl(url) || !URL.canParse(url)) {
    return fail(
      problem("config", "swarm.bad_url", "the Swarm database's connection URL is not a PostgreSQL URL", {
        next: "write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password URL-encoded",
      }),
    );
  }
  const parsed = new URL(url);
  const host = parsed.searchParams.get("host") ?? (parsed.hostname || "localhost");
  const place = `${host}${parsed.port ? `:${parsed.port}` : ""}${parsed.pathname}`;
  const { Pool, types } = (await import("pg")).default;
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // An idle pool must not keep a process that is done from ending.
    allowExitOnIdle: true,
    application_name: "codemonkeys",
    types: {
      // Times and counts stay far below 2^53, so that a number is exact where pg would give text.
      getTypeParser: ((id: number, format: "text" | "binary") =>
        id === INT8 && format !== "binary" ? Number : types.getTypeParser(id, format)) as typeof types.getTypeParser,
    },
  });
  // A connection that breaks between two queries raises an event which, unheard, would end the process. The next query
  // on it fails and tells; an idle one is dropped by the pool.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return succeed({ dialect: new PostgresDialect({ pool }), place });
}
