import { randomBytes } from "node:crypto";
import type { BuildState, BuildStatus } from "../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { decodeValue } from "./step-values.ts";
import type { BuildsTable } from "./tables/builds.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** A build of the local runner. Times are milliseconds since the epoch. */
export interface Build {
  readonly id: string;
  readonly company: string;
  readonly product: string;
  readonly job: string;
  /** Counts up from 1 within a job. */
  readonly number: number;
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  readonly cause: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly state: BuildState;
  readonly stages: BuildStatus["stages"];
  readonly logPath: string | undefined;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

const FINISHED: readonly BuildState[] = ["passed", "unstable", "failed", "cancelled"];

/** Adds a queued build under the job's next number. */
export async function createBuild(
  swarm: Swarm,
  build: Pick<Build, "company" | "product" | "job" | "cause" | "parameters"> & {
    readonly commit?: string | undefined;
    readonly branch?: string | undefined;
  },
): Promise<Outcome<Build>> {
  for (;;) {
    const made = await transact(swarm, async (trx) => {
      const now = swarm.clock.now();
      await ensureCompany(trx, build.company, now);
      const newest = await trx
        .selectFrom("builds")
        .select("number")
        .where("company", "=", build.company)
        .where("product", "=", build.product)
        .where("job", "=", build.job)
        .orderBy("number", "desc")
        .limit(1)
        .executeTakeFirst();
      return await trx
        .insertInto("builds")
        .values({
          id: `b-${randomBytes(6).toString("hex")}`,
          company: build.company,
          product: build.product,
          job: build.job,
          number: (newest?.number ?? 0) + 1,
          commit_id: build.commit ?? null,
          branch: build.branch ?? null,
          cause: build.cause,
          parameters: JSON.stringify(build.parameters),
          state: "queued",
          stages: "[]",
          created_at: now,
        })
        .onConflict((conflict) => conflict.columns(["company", "product", "job", "number"]).doNothing())
        .returningAll()
        .executeTakeFirst();
    });
    if (!made.ok) return made;
    // Another process took the number in between (PostgreSQL): the next one is free.
    if (made.value) return succeed(buildOf(made.value));
  }
}

/** Notes what happened to a build; entering `running` and a final state note the time by themselves. */
export async function updateBuild(
  swarm: Swarm,
  id: string,
  change: Partial<Pick<Build, "state" | "stages" | "logPath" | "commit">>,
): Promise<Outcome<Build>> {
  const now = swarm.clock.now();
  const changed = await query(swarm, (db) =>
    db
      .updateTable("builds")
      .set({
        // Names the row even when nothing else changes: an update needs a column.
        id,
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.state === "running" ? { started_at: now } : {}),
        ...(change.state !== undefined && FINISHED.includes(change.state) ? { finished_at: now } : {}),
        ...(change.stages === undefined ? {} : { stages: JSON.stringify(change.stages) }),
        ...(change.logPath === undefined ? {} : { log_path: change.logPath }),
        ...(change.commit === undefined ? {} : { commit_id: change.commit }),
      })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirst(),
  );
  if (!changed.ok) return changed;
  if (changed.value) return succeed(buildOf(changed.value));
  return fail(problem("config", "swarm.unknown_build", `there is no build ${id}`));
}

export async function getBuild(swarm: Swarm, id: string): Promise<Outcome<Build | undefined>> {
  return await query(swarm, async (db) => {
    const row = await db.selectFrom("builds").selectAll().where("id", "=", id).executeTakeFirst();
    return row && buildOf(row);
  });
}

/** Builds, newest first; `finished` for those that came to an end. */
export async function listBuilds(
  swarm: Swarm,
  filter: {
    readonly company?: string;
    readonly product?: string;
    readonly job?: string;
    readonly commit?: string;
    readonly finished?: boolean;
    /** 100 without it. */
    readonly limit?: number;
  } = {},
): Promise<Outcome<Build[]>> {
  return await query(swarm, async (db) => {
    let rows = db.selectFrom("builds").selectAll();
    if (filter.company !== undefined) rows = rows.where("company", "=", filter.company);
    if (filter.product !== undefined) rows = rows.where("product", "=", filter.product);
    if (filter.job !== undefined) rows = rows.where("job", "=", filter.job);
    if (filter.commit !== undefined) rows = rows.where("commit_id", "=", filter.commit);
    if (filter.finished !== undefined) rows = rows.where("state", filter.finished ? "in" : "not in", [...FINISHED]);
    const found = await rows
      .orderBy("created_at", "desc")
      .orderBy("number", "desc")
      .limit(filter.limit ?? 100)
      .execute();
    return found.map(buildOf);
  });
}

function buildOf(row: BuildsTable): Build {
  return {
    id: row.id,
    company: row.company,
    product: row.product,
    job: row.job,
    number: row.number,
    commit: row.commit_id ?? undefined,
    branch: row.branch ?? undefined,
    cause: row.cause,
    parameters: decodeValue<Record<string, string>>(row.parameters),
    state: row.state,
    stages: decodeValue<BuildStatus["stages"]>(row.stages),
    logPath: row.log_path ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}
