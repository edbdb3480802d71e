import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Json, sha256 } from "../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { acquireLease, type Lease } from "./leases.ts";
import type { Swarm } from "./open.ts";
import { type RunRecord, recordOf, type Wait } from "./runs.ts";
import type { RunStatus, Trigger } from "./states.ts";
import { createStepLog } from "./step-log.ts";
import { encodeValue, storableText } from "./step-values.ts";
import { ensureCompany, transact } from "./transact.ts";

export { advanceWaiting, listRuns, type RunRecord, readRun, type StepRecord, type Wait } from "./runs.ts";

/** What a run is about. `key` is the business key: `payments@1.5.0` for a release, `occurrence@commit` for a repair. */
export interface RunRequest {
  readonly kind: string;
  readonly key: string;
  readonly company: string;
  /** Absent for work on a whole company. */
  readonly product?: string | undefined;
  readonly title: string;
  readonly requester: string;
  readonly trigger: Trigger;
  /** Gives up an unfinished run of this kind and key and begins a new one. */
  readonly fresh?: boolean | undefined;
}

export interface Effect<T> {
  /** Looks in the world: the thing itself when it is there, undefined when it is not. */
  readonly probe: () => Promise<Outcome<T | undefined>>;
  readonly act: () => Promise<Outcome<unknown>>;
  /** How often and how far apart to look after acting; five times, 200 ms apart, growing twofold, without it. */
  readonly readBack?: { readonly attempts: number; readonly delayMs: number };
}

/**
 * A journalled job. Everything it does goes through a named step; names are the run's own and stay the same over its
 * life. After `wait`, `finish` or `release` it is closed, and so it is once another process has taken it over: what is
 * called then fails with `journal.closed` or `journal.lost_lease` and writes nothing.
 */
export interface Run {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly company: string;
  readonly product: string | undefined;
  /** 1 for the first process that works on it. */
  readonly attempt: number;
  /**
   * When its first process began, moved on by the time it waited for people, CI or a registry: what limits on a run's
   * time count from. Milliseconds since the epoch.
   */
  readonly startedAt: number;
  /** True when an earlier process had begun it. */
  readonly resumed: boolean;
  /** What it waited for before it was taken up again. */
  readonly lastWait: Wait | undefined;
  /** Does work whose only result is its value. Once it succeeded it is never done again: the stored value is given. */
  step<T>(name: string, work: () => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /**
   * Makes something true in the world exactly once, whenever and wherever the process dies: looks first, acts only when
   * it is not there, and reads back what came of it, also when the act says that it failed (its answer may be what was
   * lost). Fails with `journal.not_read_back` when the act succeeded and nothing shows.
   */
  effect<T>(name: string, effect: Effect<T>): Promise<Outcome<T>>;
  /** Does what cannot be looked up: at least once, always with the same idempotency key for the receiver. */
  deliver<T>(name: string, send: (key: string) => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /** The key that `deliver` will give this step's receiver. */
  readonly deliveryKey: (name: string) => string;
  /** Names of the steps, effects and deliveries that are done. */
  finished(): Promise<Outcome<ReadonlySet<string>>>;
  /**
   * Records what has to happen first and gives the lease back; the caller returns the failure `journal.waiting` and ends
   * its process. `until` counts from the first wait for the same thing; once it has passed the failure is
   * `journal.wait_expired` and the run stays open.
   */
  wait(wait: Omit<Wait, "until" | "advancedAt"> & { readonly until?: number | undefined }): Promise<Outcome<never>>;
  /** Adds to the run's cost. */
  spend(cost: number): Promise<Outcome<void>>;
  finish(status: "succeeded" | "failed" | "abandoned", evidence?: Json): Promise<Outcome<void>>;
  /** Lets go of an unfinished run, for whoever takes it up next; harmless when it is closed already. */
  release(): Promise<Outcome<void>>;
}

const READ_BACK = { attempts: 5, delayMs: 200 };

/** Opens the run of a kind and key: the unfinished one where it stopped, else a new one. Fails with `journal.held`. */
export async function openRun(swarm: Swarm, request: RunRequest): Promise<Outcome<Run>> {
  let fresh = request.fresh === true;
  for (;;) {
    const id = await findOrCreate(swarm, request);
    if (!id.ok) return id;
    const lease = await acquireLease(swarm, `run ${id.value}`);
    if (!lease.ok) return lease;
    const taken = await takeUp(swarm, lease.value, id.value, fresh);
    if (!taken.ok) return taken;
    if (typeof taken.value === "object") return succeed(createRun(swarm, lease.value, taken.value));
    lease.value.end();
    if (taken.value === "abandoned") fresh = false;
  }
}

async function findOrCreate(swarm: Swarm, request: RunRequest): Promise<Outcome<string>> {
  return await transact(swarm, async (trx) => {
    const unfinished = trx
      .selectFrom("runs")
      .select("id")
      .where("company", "=", request.company)
      .where("kind", "=", request.kind)
      .where("key", "=", request.key)
      .where("status", "in", ["running", "waiting"]);
    const found = await unfinished.executeTakeFirst();
    if (found) return found.id;
    const now = swarm.clock.now();
    const id = `r-${randomBytes(6).toString("hex")}`;
    await ensureCompany(trx, request.company, now);
    const made = await trx
      .insertInto("runs")
      .values({
        id,
        company: request.company,
        product: request.product ?? null,
        kind: request.kind,
        key: request.key,
        title: storableText(request.title),
        requester: request.requester,
        trigger: request.trigger,
        status: "running",
        attempts: 0,
        duration_ms: 0,
        cost: 0,
        created_at: now,
        updated_at: now,
      })
      // The partial index lets one unfinished run of a key be; of two openers the second finds the first one's.
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return made.numInsertedOrUpdatedRows === 1n ? id : (await unfinished.executeTakeFirstOrThrow()).id;
  });
}

/** Under the lease: the run as it stands, or why there is none to drive. */
async function takeUp(
  swarm: Swarm,
  lease: Lease,
  id: string,
  fresh: boolean,
): Promise<Outcome<RunRecord | "finished" | "abandoned" | "lost">> {
  return await transact(swarm, async (trx) => {
    if (!(await lease.guard(trx))) return "lost";
    const row = await trx.selectFrom("runs").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
    const now = swarm.clock.now();
    const unfinished = row.status === "running" || row.status === "waiting";
    if (!unfinished || fresh) {
      if (unfinished) {
        await trx
          .updateTable("runs")
          .set({ status: "abandoned", updated_at: now, finished_at: now })
          .where("id", "=", id)
          .execute();
      }
      await trx.deleteFrom("leases").where("resource", "=", lease.resource).execute();
      return unfinished ? "abandoned" : "finished";
    }
    const taken = await trx
      .updateTable("runs")
      .set({
        status: "running",
        attempts: row.attempts + 1,
        updated_at: now,
        waiting_since: null,
        waited_ms: row.waited_ms + (row.waiting_since === null ? 0 : Math.max(0, now - row.waiting_since)),
      })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return recordOf(taken);
  });
}

function createRun(swarm: Swarm, lease: Lease, record: RunRecord): Run {
  const { id } = record;
  const log = createStepLog(swarm, lease, record);

  async function effect<T>(effect: Effect<T>): Promise<Outcome<T>> {
    const before = await effect.probe();
    if (!before.ok) return before;
    if (before.value !== undefined) return succeed(before.value, before.warnings);
    // The probe may have taken its time: nobody else must have taken over by now.
    const still = await log.stillHeld();
    if (!still.ok) return still;
    const acted = await effect.act();
    if (!acted.ok && acted.diagnostics.every((diagnostic) => diagnostic.kind === "policy")) return acted;
    const { attempts, delayMs } = acted.ok ? (effect.readBack ?? READ_BACK) : { attempts: 1, delayMs: 0 };
    for (let look = 1; ; look += 1) {
      const after = await effect.probe();
      if (after.ok && after.value !== undefined) return succeed(after.value, after.warnings);
      if (look >= attempts) {
        if (!acted.ok) return acted;
        return after.ok ? notReadBack(attempts) : after;
      }
      await sleep(effect.readBack ? delayMs : delayMs * 2 ** (look - 1));
    }
  }

  function notReadBack(attempts: number): Outcome<never> {
    return fail(
      problem("infrastructure", "journal.not_read_back", `it was done, but looking ${attempts} times did not show it`, {
        next: `run the same command again later; it goes on in ${id}, looks again, and acts only if it is still absent`,
      }),
    );
  }

  function deliveryKey(name: string): string {
    return `cm-${sha256([record.company, record.kind, record.key, name].join("\0")).slice(0, 32)}`;
  }

  async function close(status: RunStatus, evidence: Json | undefined): Promise<Outcome<void>> {
    const text = encodeValue("evidence", evidence);
    if (!text.ok) return text;
    const closed = await log.write(async (trx) => {
      const now = swarm.clock.now();
      await trx
        .updateTable("runs")
        .set({ status, evidence: text.value, finished_at: now, updated_at: now })
        .where("id", "=", id)
        .execute();
      await trx.deleteFrom("leases").where("resource", "=", lease.resource).execute();
    });
    if (closed.ok) log.close();
    return closed;
  }

  return {
    id,
    kind: record.kind,
    key: record.key,
    company: record.company,
    product: record.product,
    attempt: record.attempts,
    startedAt: Math.min(swarm.clock.now(), record.createdAt + record.waitedMs),
    resumed: record.attempts > 1,
    lastWait: record.wait,
    step: (name, work) => log.once(name, "step", null, work),
    effect: (name, parts) => log.once(name, "effect", null, () => effect(parts)),
    deliver(name, send) {
      const key = deliveryKey(name);
      return log.once(name, "delivery", key, () => send(key));
    },
    deliveryKey,
    finished: () => log.finished(),
    wait: (wait) => log.wait(wait),
    spend: (cost) =>
      log.write(async (trx) => {
        await trx
          .updateTable("runs")
          .set((row) => ({ cost: row("cost", "+", cost) }))
          .where("id", "=", id)
          .execute();
      }),
    finish: (status, evidence) => close(status, evidence),
    async release() {
      if (log.closed || lease.lost) return succeed(undefined);
      log.close();
      return await lease.release();
    },
  };
}
