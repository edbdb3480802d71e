import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import type { RunStatus, Trigger, WaitFor } from "./states.ts";
import { decodeValue } from "./step-values.ts";
import type { RunStepsTable, RunsRow, StepKind } from "./tables/journal.ts";
import { query, transact } from "./transact.ts";

/** What a run waits for, or waited for before it was taken up again. */
export interface Wait {
  readonly for: WaitFor;
  readonly key: string;
  readonly until: number | undefined;
  readonly detail: string;
  /** When the event came; absent while it did not. */
  readonly advancedAt: number | undefined;
}

/** A run as the database has it. Times are milliseconds since the epoch. */
export interface RunRecord {
  readonly id: string;
  readonly company: string;
  readonly product: string | undefined;
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  readonly requester: string;
  readonly trigger: Trigger;
  readonly status: RunStatus;
  readonly wait: Wait | undefined;
  readonly attempts: number;
  /** Working time in milliseconds, waits not counted. */
  readonly durationMs: number;
  /** What its waits that are over took together, in milliseconds. */
  readonly waitedMs: number;
  readonly cost: number;
  readonly evidence: unknown;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly finishedAt: number | undefined;
}

export interface StepRecord {
  readonly name: string;
  readonly kind: StepKind;
  readonly state: "started" | "done";
  readonly value: unknown;
  readonly deliveryKey: string | undefined;
  readonly attempts: number;
  readonly startedAt: number;
  readonly finishedAt: number | undefined;
  readonly durationMs: number | undefined;
}

export interface RunFilter {
  readonly ids?: readonly string[];
  readonly company?: string;
  readonly product?: string;
  readonly kind?: string | readonly string[];
  readonly key?: string;
  readonly status?: RunStatus | readonly RunStatus[];
  /** Only runs that wait and whose time ran out before this moment. */
  readonly dueBefore?: number;
  /** 100 without it. */
  readonly limit?: number;
}

/** Runs, newest first. */
export async function listRuns(swarm: Swarm, filter: RunFilter = {}): Promise<Outcome<RunRecord[]>> {
  return await query(swarm, async (db) => {
    let rows = db.selectFrom("runs").selectAll();
    if (filter.ids !== undefined) rows = rows.where("id", "in", filter.ids);
    if (filter.company !== undefined) rows = rows.where("company", "=", filter.company);
    if (filter.product !== undefined) rows = rows.where("product", "=", filter.product);
    if (filter.kind !== undefined) rows = rows.where("kind", "in", [filter.kind].flat());
    if (filter.key !== undefined) rows = rows.where("key", "=", filter.key);
    if (filter.status !== undefined) rows = rows.where("status", "in", [filter.status].flat() as RunStatus[]);
    if (filter.dueBefore !== undefined) {
      rows = rows.where("status", "=", "waiting").where("waiting_until", "<", filter.dueBefore);
    }
    const found = await rows
      .orderBy("created_at", "desc")
      .orderBy("id")
      .limit(filter.limit ?? 100)
      .execute();
    return found.map(recordOf);
  });
}

/** One run with its steps in order, by its id or by the beginning of it that only this run has. */
export async function readRun(
  swarm: Swarm,
  idOrBeginning: string,
): Promise<Outcome<{ readonly run: RunRecord; readonly steps: readonly StepRecord[] }>> {
  const found = await query(swarm, async (db) => {
    // Ids are `r-` and hex: anything else can match none, and must not reach `like` as a pattern.
    if (!/^r-[0-9a-f]+$/.test(idOrBeginning)) return 0;
    const rows = await db
      .selectFrom("runs")
      .selectAll()
      .where("id", "like", `${idOrBeginning}%`)
      .orderBy("id")
      .limit(2)
      .execute();
    const row = rows[0];
    if (!row || (rows.length > 1 && row.id !== idOrBeginning)) return rows.length;
    const steps = await db.selectFrom("run_steps").selectAll().where("run_id", "=", row.id).orderBy("seq").execute();
    return { run: recordOf(row), steps: steps.map(stepRecordOf) };
  });
  if (!found.ok) return found;
  if (typeof found.value === "object") return succeed(found.value);
  const why = found.value === 0 ? "there is no run" : "more than one run begins with";
  return fail(
    problem("config", "journal.unknown_run", `${why} ${idOrBeginning}`, { next: "see `codemonkeys status` for ids" }),
  );
}

function stepRecordOf(row: RunStepsTable): StepRecord {
  return {
    name: row.name,
    kind: row.kind,
    state: row.state,
    value: decodeValue(row.value),
    deliveryKey: row.delivery_key ?? undefined,
    attempts: row.attempts,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
    durationMs: row.duration_ms ?? undefined,
  };
}

/**
 * An event came (CI finished, an approval was given, a registry answered): marks all runs that wait for it and answers
 * them, oldest first. Whoever has the event starts them again, which is opening them by their kind and key; they look
 * for themselves whether they can go on. An event that comes twice, or for nobody, changes nothing.
 */
export async function advanceWaiting(
  swarm: Swarm,
  event: { readonly for: WaitFor; readonly key: string },
): Promise<Outcome<RunRecord[]>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    const rows = await trx
      .updateTable("runs")
      .set({ status: "running", advanced_at: now, updated_at: now })
      .where("status", "=", "waiting")
      .where("waiting_for", "=", event.for)
      .where("waiting_key", "=", event.key)
      .returningAll()
      .execute();
    return rows.map(recordOf).sort((a, b) => a.createdAt - b.createdAt);
  });
}

export function recordOf(row: RunsRow): RunRecord {
  return {
    id: row.id,
    company: row.company,
    product: row.product ?? undefined,
    kind: row.kind,
    key: row.key,
    title: row.title,
    requester: row.requester,
    trigger: row.trigger,
    status: row.status,
    wait:
      row.waiting_for === null || row.waiting_key === null
        ? undefined
        : {
            for: row.waiting_for,
            key: row.waiting_key,
            until: row.waiting_until ?? undefined,
            detail: row.waiting_detail ?? "",
            advancedAt: row.advanced_at ?? undefined,
          },
    attempts: row.attempts,
    durationMs: row.duration_ms,
    waitedMs: row.waited_ms,
    cost: row.cost,
    evidence: decodeValue(row.evidence),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at ?? undefined,
  };
}
