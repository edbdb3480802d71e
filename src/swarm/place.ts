import type { Clock } from "../core/clock.ts";
import type { Migration } from "./migrations/migration.ts";

/** The SQLite database's file in the state folder. */
export const SWARM_FILE = "swarm.db";

/** How long a lease lasts without a sign of life, and how often its holder gives one; milliseconds. */
export interface LeaseTimes {
  readonly ttlMs: number;
  readonly beatMs: number;
}

export interface SwarmOptions {
  /** `postgres://…`; without it the database is the file `swarm.db` in `stateDir`. */
  readonly url?: string | undefined;
  readonly stateDir: string;
  readonly clock?: Clock;
  readonly leaseTimes?: LeaseTimes;
  /** The schema to bring it to; a test's own, else this program's. */
  readonly migrations?: readonly Migration[];
}
