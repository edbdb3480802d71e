import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { SwarmReader } from "./reader.ts";
import type { BuildsTable } from "./tables/builds.ts";
import type { PausesTable, ProductsTable } from "./tables/fleet.ts";
import type { RunsTable } from "./tables/journal.ts";
import type { ApprovalsTable } from "./tables/judged.ts";

/** How the whole fleet stands, as rows. A product is named by `company` and `product`. */
export interface Standing {
  readonly products: readonly Pick<
    ProductsTable,
    "company" | "name" | "tier" | "priority" | "lifecycle" | "fail_count" | "setup_required"
  >[];
  /** Each product's newest finished builds, newest first, at most `BUILDS` of each. */
  readonly builds: readonly Pick<
    BuildsTable,
    "company" | "product" | "id" | "state" | "commit_id" | "parameters" | "created_at" | "finished_at"
  >[];
  /** Each product's newest release that succeeded. */
  readonly releases: readonly Pick<RunsTable, "company" | "product" | "key" | "updated_at" | "finished_at">[];
  /** How many heals of a product succeeded, those that CI has still to confirm included. */
  readonly heals: readonly (Pick<RunsTable, "company" | "product"> & { readonly heals: number })[];
  /** Of each product and environment the newest canary, where it was taken back. */
  readonly takenBack: readonly Pick<RunsTable, "id" | "company" | "product" | "title" | "evidence">[];
  /** Runs that are not finished, newest first. */
  readonly unfinished: readonly Pick<
    RunsTable,
    "id" | "title" | "kind" | "status" | "waiting_for" | "waiting_detail"
  >[];
  readonly approvals: readonly Pick<ApprovalsTable, "id" | "action" | "product" | "group_name">[];
  /** Pauses in force, the oldest first. */
  readonly pauses: readonly Pick<PausesTable, "scope" | "company" | "product" | "reason">[];
  readonly deadLetters: number;
  /** Why the newest of them could not be delivered. */
  readonly deadLetterError: string | undefined;
}

/** A build of one stage is newer than the whole one it belongs to; among this many there is a whole one. */
const BUILDS = 20;

/** Reads it in one query for each kind of row, however many products there are. */
export async function readStanding(state: SwarmReader): Promise<Outcome<Standing>> {
  const [products, builds, releases, heals, takenBack, unfinished, approvals, pauses, dead] = await Promise.all([
    state.rows<Standing["products"][number]>(
      "select company, name, tier, priority, lifecycle, fail_count, setup_required from products",
    ),
    state.rows<Standing["builds"][number]>(
      `select company, product, id, state, commit_id, parameters, created_at, finished_at from (
         select builds.*, row_number() over (partition by company, product order by created_at desc, number desc) as place
         from builds where state in ('passed', 'unstable', 'failed', 'cancelled')
       ) as newest where place <= ${BUILDS} order by place`,
    ),
    state.rows<Standing["releases"][number]>(
      `select company, product, key, updated_at, finished_at from (
         select runs.*, row_number() over (partition by company, product order by created_at desc, id) as place
         from runs where kind = 'release' and status = 'succeeded'
       ) as newest where place = 1`,
    ),
    state.rows<Standing["heals"][number]>(
      `select company, product, count(*) as heals from runs
       where kind = 'heal'
         and (status = 'succeeded' or (status = 'waiting' and waiting_for = 'ci')) group by company, product`,
    ),
    state.rows<Standing["takenBack"][number]>(
      `select id, company, product, title, evidence from (
         select runs.*, row_number() over (partition by company, product, key order by created_at desc, id) as place
         from runs where kind = 'canary' and status in ('succeeded', 'failed', 'running', 'waiting')
       ) as newest where place = 1 and status = 'failed' order by finished_at desc`,
    ),
    state.rows<Standing["unfinished"][number]>(
      `select id, title, kind, status, waiting_for, waiting_detail from runs
       where status in ('waiting', 'running') order by created_at desc, id`,
    ),
    state.rows<Standing["approvals"][number]>(
      "select id, action, product, group_name from approvals where state = 'open' order by created_at desc, id",
    ),
    state.rows<Standing["pauses"][number]>(
      "select scope, company, product, reason from pauses where resumed_at is null order by paused_at",
    ),
    state.rows<{ count: number; last_error: string | null }>(
      `select (select count(*) from outbox where state = 'dead') as count,
         (select last_error from outbox where state = 'dead' order by finished_at desc, id limit 1) as last_error`,
    ),
  ]);
  if (!products.ok) return products;
  if (!builds.ok) return builds;
  if (!releases.ok) return releases;
  if (!heals.ok) return heals;
  if (!takenBack.ok) return takenBack;
  if (!unfinished.ok) return unfinished;
  if (!approvals.ok) return approvals;
  if (!pauses.ok) return pauses;
  if (!dead.ok) return dead;
  return succeed({
    products: products.value,
    builds: builds.value,
    releases: releases.value,
    heals: heals.value,
    takenBack: takenBack.value,
    unfinished: unfinished.value,
    approvals: approvals.value,
    pauses: pauses.value,
    deadLetters: Number(dead.value[0]?.count ?? 0),
    deadLetterError: dead.value[0]?.last_error ?? undefined,
  });
}
