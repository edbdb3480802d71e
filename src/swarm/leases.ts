import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Transaction } from "kysely";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { fateOf, hostName, thisProcess } from "./holder.ts";
import type { Swarm } from "./open.ts";
import type { Schema } from "./schema.ts";
import type { LeasesTable } from "./tables/journal.ts";
import { query, transact } from "./transact.ts";

/** A contender watches for this many beats before it takes a silent holder's lease. */
const BEATS_WATCHED = 2.5;

/** The sole right to drive something, for as long as the process lives and gives signs of life. */
export interface Lease {
  readonly resource: string;
  readonly fence: number;
  /** True once another holder has been seen; writes are refused from then on. */
  readonly lost: boolean;
  /**
   * Proves the lease inside a transaction, and renews it. False: another one has it, and the transaction must write
   * nothing. The row's lock holds until the transaction ends, so that a take-over waits for its writes or sees them.
   */
  guard(trx: Transaction<Schema>): Promise<boolean>;
  /** Gives it back; the next holder needs not wait. */
  release(): Promise<Outcome<void>>;
  /** Stops the signs of life without touching the database: for a lease whose row was deleted with its resource. */
  end(): void;
}

/**
 * Takes the lease of a resource. A holder on this machine that is dead is replaced at once, whatever any clock says. A
 * silent one elsewhere is replaced when its time has run out *and* its beat stands still while this process watches by
 * its monotonic clock: a clock that jumps neither frees a living holder's lease nor keeps a dead one's for ever. Should
 * a holder that only slept wake up later, its fence is old and its writes are refused. Fails with `journal.held`.
 */
export async function acquireLease(swarm: Swarm, resource: string): Promise<Outcome<Lease>> {
  const { beatMs } = swarm.leaseTimes;
  for (;;) {
    const seen = await read(swarm, resource);
    if (!seen.ok) return seen;
    const row = seen.value;
    if (row && row.holder !== "" && fateOf(holderOf(row)) !== "dead") {
      const left = row.expires_at - swarm.clock.now();
      // A lease cannot have more time left than it lasts: then a clock has jumped, and only watching tells.
      if (left > 0 && left <= row.ttl_ms) return held(row);
      const silent = await staysSilent(swarm, row, beatMs * BEATS_WATCHED, beatMs / 4);
      if (!silent.ok) return silent;
      if (!silent.value) return held(row);
    }
    const holder = randomBytes(8).toString("hex");
    const taken = await take(swarm, resource, row, holder);
    if (!taken.ok) return taken;
    if (taken.value !== undefined) return succeed(leaseOf(swarm, resource, holder, taken.value));
  }
}

async function read(swarm: Swarm, resource: string): Promise<Outcome<LeasesTable | undefined>> {
  return await query(swarm, (db) =>
    db.selectFrom("leases").selectAll().where("resource", "=", resource).executeTakeFirst(),
  );
}

/** True when neither beat nor holder changed during `watchMs` of monotonic time, or the holder turned out dead. */
async function staysSilent(swarm: Swarm, row: LeasesTable, watchMs: number, lookMs: number): Promise<Outcome<boolean>> {
  const end = performance.now() + watchMs;
  while (performance.now() < end) {
    await sleep(lookMs);
    const now = await read(swarm, row.resource);
    if (!now.ok) return now;
    if (!now.value || now.value.holder === "") return succeed(true);
    if (now.value.beat !== row.beat || now.value.fence !== row.fence) return succeed(false);
    if (fateOf(holderOf(row)) === "dead") return succeed(true);
  }
  return succeed(true);
}

/** The new fence, or undefined when the row is no longer as it was seen: somebody else was faster, or it beats again. */
async function take(
  swarm: Swarm,
  resource: string,
  seen: LeasesTable | undefined,
  holder: string,
): Promise<Outcome<number | undefined>> {
  const self = thisProcess();
  const mine = () => ({
    holder,
    host: self.host,
    pid: self.pid,
    process_start: self.processStart,
    ttl_ms: swarm.leaseTimes.ttlMs,
    expires_at: swarm.clock.now() + swarm.leaseTimes.ttlMs,
  });
  return await transact(swarm, async (trx) => {
    if (!seen) {
      const made = await trx
        .insertInto("leases")
        .values({ resource, fence: 1, beat: 0, ...mine() })
        .onConflict((conflict) => conflict.column("resource").doNothing())
        .executeTakeFirst();
      return made.numInsertedOrUpdatedRows === 1n ? 1 : undefined;
    }
    const changed = await trx
      .updateTable("leases")
      .set({ fence: seen.fence + 1, beat: seen.beat + 1, ...mine() })
      .where("resource", "=", resource)
      .where("fence", "=", seen.fence)
      .where("beat", "=", seen.beat)
      .where("holder", "=", seen.holder)
      .executeTakeFirst();
    return changed.numUpdatedRows === 1n ? seen.fence + 1 : undefined;
  });
}

function leaseOf(swarm: Swarm, resource: string, holder: string, fence: number): Lease {
  const { ttlMs, beatMs } = swarm.leaseTimes;
  let lost = false;
  const renew = async (db: Swarm["db"] | Transaction<Schema>) => {
    const changed = await db
      .updateTable("leases")
      .set((expression) => ({ beat: expression("beat", "+", 1), expires_at: swarm.clock.now() + ttlMs }))
      .where("resource", "=", resource)
      .where("fence", "=", fence)
      .where("holder", "=", holder)
      .executeTakeFirst();
    return changed.numUpdatedRows === 1n;
  };
  let beating: Promise<void> | undefined;
  const beat = async () => {
    // A beat that cannot be written is no event of its own: the next guarded write meets the same database and says why.
    const renewed = await query(swarm, renew);
    if (renewed.ok && !renewed.value) {
      lost = true;
      end();
    }
  };
  // A connection goes only after the beat that is under way on it.
  const settled = async () => await beating;
  const timer = setInterval(() => {
    if (beating) return;
    swarm.beforeClose.add(settled);
    beating = beat().finally(() => {
      beating = undefined;
      swarm.beforeClose.delete(settled);
    });
  }, beatMs);
  timer.unref();
  const end = () => {
    clearInterval(timer);
    swarm.beforeClose.delete(giveBack);
  };
  const release = async () => {
    end();
    return await query(swarm, async (db) => {
      await db
        .updateTable("leases")
        .set({ holder: "" })
        .where("resource", "=", resource)
        .where("fence", "=", fence)
        .where("holder", "=", holder)
        .execute();
    });
  };
  // When the database is gone at closing time the lease runs out by itself.
  const giveBack = async () => void (await release());
  swarm.beforeClose.add(giveBack);
  return {
    resource,
    fence,
    get lost() {
      return lost;
    },
    async guard(trx) {
      if (!lost && !(await renew(trx))) lost = true;
      return !lost;
    },
    release,
    end,
  };
}

function holderOf(row: LeasesTable) {
  return { host: row.host, pid: row.pid, processStart: row.process_start };
}

function held(row: LeasesTable): Outcome<never> {
  return fail(
    problem(
      "infrastructure",
      "journal.held",
      `${row.resource} is being driven by process ${row.pid} on ${hostName(row.host)}`,
      { next: "wait for it to end, or end it; a later call then goes on where it stopped" },
    ),
  );
}
