import type { Migration } from "./migration.ts";

/**
 * A run may wait for time to pass, as a canary does between two rungs. The check of a column cannot be changed in SQLite, so
 * that the column is made anew.
 */
export const waitsForTime: Migration = {
  name: "0007-waits-for-time",
  statements: [
    "alter table runs add column waiting_on text check (waiting_on in ('ci', 'approval', 'registry', 'time'))",
    "update runs set waiting_on = waiting_for",
    "drop index runs_by_wait",
    "alter table runs drop column waiting_for",
    "alter table runs rename column waiting_on to waiting_for",
    "create index runs_by_wait on runs (waiting_for, waiting_key) where status = 'waiting'",
  ],
};
