import type { Transaction } from "kysely";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Lease } from "./leases.ts";
import type { Swarm } from "./open.ts";
import type { RunRecord, Wait } from "./runs.ts";
import type { Schema } from "./schema.ts";
import { decodeValue, encodeValue, storableText } from "./step-values.ts";
import type { RunStepsTable, StepKind } from "./tables/journal.ts";
import { transact } from "./transact.ts";

/** The rows of one run's steps, written only under its lease. */
export interface StepLog {
  readonly closed: boolean;
  /** Does `work` under a name unless it was done before; only a success is stored. */
  once<T>(
    name: string,
    kind: StepKind,
    deliveryKey: string | null,
    work: () => Promise<Outcome<T>>,
  ): Promise<Outcome<T>>;
  /** Names of what is done. */
  finished(): Promise<Outcome<ReadonlySet<string>>>;
  wait(wait: Omit<Wait, "until" | "advancedAt"> & { readonly until?: number | undefined }): Promise<Outcome<never>>;
  /** Writes in one transaction that proves the lease first. */
  write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<Outcome<T>>;
  stillHeld(): Promise<Outcome<void>>;
  /** Ends the handle; the lease's row is the caller's business. */
  close(): void;
}

const LOST = Symbol("lost");

export function createStepLog(swarm: Swarm, lease: Lease, run: RunRecord): StepLog {
  let closed = false;
  let counted = performance.now();
  let rows: Map<string, RunStepsTable> | undefined;
  const inFlight = new Map<string, Promise<Outcome<unknown>>>();

  async function write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<Outcome<T>> {
    if (closed) return fail(handleClosed());
    const until = performance.now();
    const outcome = await transact<T | typeof LOST>(swarm, async (trx) => {
      if (!(await lease.guard(trx))) return LOST;
      // Working time grows with each write, so that a killed process loses only the time since its last one.
      await trx
        .updateTable("runs")
        .set((row) => ({ duration_ms: row("duration_ms", "+", until - counted), updated_at: swarm.clock.now() }))
        .where("id", "=", run.id)
        .execute();
      return await work(trx);
    });
    if (!outcome.ok) return outcome;
    if (outcome.value === LOST) return fail(leaseLost());
    counted = until;
    return succeed(outcome.value);
  }

  /** Steps of earlier processes are read once: from then on this process alone writes them. */
  async function stored(): Promise<Outcome<Map<string, RunStepsTable>>> {
    if (rows) return succeed(rows);
    const read = await transact(swarm, (trx) =>
      trx.selectFrom("run_steps").selectAll().where("run_id", "=", run.id).execute(),
    );
    if (!read.ok) return read;
    rows ??= new Map(read.value.map((row) => [row.name, row]));
    return succeed(rows);
  }

  async function begin(steps: Map<string, RunStepsTable>, name: string, kind: StepKind, deliveryKey: string | null) {
    const earlier = steps.get(name);
    const row: RunStepsTable = {
      run_id: run.id,
      name,
      kind,
      seq: earlier?.seq ?? steps.size + 1,
      state: "started",
      value: null,
      delivery_key: deliveryKey,
      attempts: (earlier?.attempts ?? 0) + 1,
      started_at: swarm.clock.now(),
      finished_at: null,
      duration_ms: null,
      fence: lease.fence,
    };
    steps.set(name, row);
    return await write((trx) => save(trx, row));
  }

  async function once<T>(
    name: string,
    kind: StepKind,
    deliveryKey: string | null,
    work: () => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    if (closed) return fail(handleClosed());
    const steps = await stored();
    if (!steps.ok) return steps;
    const earlier = steps.value.get(name);
    if (earlier && earlier.kind !== kind) {
      throw new TypeError(`${name} is a ${earlier.kind} of run ${run.id}; it cannot be a ${kind} as well`);
    }
    if (earlier?.state === "done") return succeed(decodeValue<T>(earlier.value));
    const startedAt = performance.now();
    const begun = await begin(steps.value, name, kind, deliveryKey);
    if (!begun.ok) return begun;
    const outcome = await work();
    if (!outcome.ok) return outcome;
    const value = encodeValue(name, outcome.value);
    if (!value.ok) return value;
    const row: RunStepsTable = {
      ...(steps.value.get(name) as RunStepsTable),
      state: "done",
      value: value.value,
      finished_at: swarm.clock.now(),
      duration_ms: performance.now() - startedAt,
    };
    const kept = await write((trx) => save(trx, row));
    if (!kept.ok) return kept;
    steps.value.set(name, row);
    // The stored form, not the given one: a resumed run gets exactly what the first one got.
    return succeed(decodeValue<T>(value.value), outcome.warnings);
  }

  async function finished(): Promise<Outcome<ReadonlySet<string>>> {
    const steps = await stored();
    if (!steps.ok) return steps;
    return succeed(new Set([...steps.value.values()].flatMap(({ name, state }) => (state === "done" ? [name] : []))));
  }

  async function wait(
    request: Omit<Wait, "until" | "advancedAt"> & { readonly until?: number | undefined },
  ): Promise<Outcome<never>> {
    if (closed) return fail(handleClosed());
    const steps = await stored();
    if (!steps.ok) return steps;
    const name = `wait for ${request.for} ${request.key}`;
    const earlier = steps.value.get(name);
    // A process that died while it began to wait left a step without a value: then nothing is counted yet.
    const kept = earlier === undefined ? undefined : decodeValue<number | null | undefined>(earlier.value);
    const until = kept === undefined ? (request.until ?? null) : kept;
    if (until !== null && until <= swarm.clock.now()) return fail(waitExpired(request, until));
    const begun = await begin(steps.value, name, "wait", null);
    if (!begun.ok) return begun;
    const waiting = await write(async (trx) => {
      await trx
        .updateTable("run_steps")
        .set({ value: JSON.stringify(until) })
        .where("run_id", "=", run.id)
        .where("name", "=", name)
        .execute();
      await trx
        .updateTable("runs")
        .set({
          status: "waiting",
          waiting_for: request.for,
          waiting_key: request.key,
          waiting_until: until,
          waiting_since: swarm.clock.now(),
          waiting_detail: storableText(request.detail),
          advanced_at: null,
        })
        .where("id", "=", run.id)
        .execute();
      await trx.updateTable("leases").set({ holder: "" }).where("resource", "=", lease.resource).execute();
    });
    if (!waiting.ok) return waiting;
    close();
    return fail(
      problem(request.for === "approval" ? "policy" : "infrastructure", "journal.waiting", waitingFor(request), {
        severity: "note",
        next: `it is recorded in ${run.id}; the next event or the same command goes on from here`,
      }),
    );
  }

  function close() {
    closed = true;
    lease.end();
  }

  function waitingFor(request: Pick<Wait, "for" | "detail">): string {
    const what = request.for === "ci" ? "CI" : request.for === "time" ? "time to pass" : `the ${request.for}`;
    return `waiting for ${what}: ${request.detail}`;
  }

  function waitExpired(request: Pick<Wait, "for" | "detail">, until: number) {
    return problem(
      request.for === "approval" ? "policy" : "infrastructure",
      "journal.wait_expired",
      `${waitingFor(request)}; the time for it ran out at ${new Date(until).toISOString()}`,
      { next: "begin the run anew when it is still wanted" },
    );
  }

  function handleClosed() {
    return problem("internal", "journal.closed", `run ${run.id} is finished, waiting or released in this process`, {
      next: "open it again by its kind and key",
    });
  }

  function leaseLost() {
    return problem("infrastructure", "journal.lost_lease", `another process has taken over run ${run.id}`, {
      next: "nothing more is written or done by this one; follow the other",
    });
  }

  return {
    get closed() {
      return closed;
    },
    once(name, kind, deliveryKey, work) {
      const running = inFlight.get(name);
      if (running) return running as ReturnType<typeof once<never>>;
      const promise = once(name, kind, deliveryKey, work).finally(() => inFlight.delete(name));
      inFlight.set(name, promise);
      return promise;
    },
    finished,
    wait,
    write,
    stillHeld: () => write(async () => {}),
    close,
  };
}

async function save(trx: Transaction<Schema>, row: RunStepsTable): Promise<void> {
  const { run_id, name, ...rest } = row;
  await trx
    .insertInto("run_steps")
    .values({ run_id, name, ...rest })
    .onConflict((conflict) => conflict.columns(["run_id", "name"]).doUpdateSet(rest))
    .execute();
}
