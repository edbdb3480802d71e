import type { Migration } from "./migration.ts";

/** Which machines used a database that is a file, what models were asked and took, and how long runs waited. */
export const machinesCallsAndWaits: Migration = {
  name: "0003-machines-calls-waits",
  statements: [
    `create table machines (
      turn bigint not null primary key,
      machine text not null,
      boot text not null,
      host text not null,
      at bigint not null
    )`,
    `create table model_calls (
      id text not null primary key,
      company text not null references companies (name),
      product text,
      run_id text references runs (id),
      model text not null,
      tokens bigint not null,
      counted bigint not null check (counted in (0, 1)),
      at bigint not null
    )`,
    "create index model_calls_by_run on model_calls (run_id)",
    "create index model_calls_by_time on model_calls (at)",
    "alter table runs add column waiting_since bigint",
    "alter table runs add column waited_ms bigint not null default 0",
  ],
};
