import { expect, test } from "vitest";
import { succeed } from "../../../../src/core/diagnostic.ts";
import { openRun, readRun } from "../../../../src/swarm/journal.ts";
import { acquireLease } from "../../../../src/swarm/leases.ts";
import { code, type MakePlace, openRelease, QUICK_LEASE, RELEASE, useSwarm, value } from "./support.ts";

const HOUR = 3_600_000;

/** Two runners never drive one run, whoever dies, sleeps or has a clock that jumps. Holders are real processes. */
export function leaseSuite(make: MakePlace): void {
  const at = useSwarm(make);
  const realTime = { clock: { now: () => Date.now() }, leaseTimes: QUICK_LEASE };

  test("a run that a living process drives is not given to another", async () => {
    const worker = at.worker({ task: "hold", name: "first", holdMs: 60_000 });
    await worker.next();
    const swarm = await at.open(realTime);
    const outcome = await openRun(swarm, RELEASE);
    expect(code(outcome)).toBe("journal.held");
    expect(outcome).toMatchObject({ diagnostics: [{ message: expect.stringContaining(`process ${worker.pid} on`) }] });
  });

  test("a database that is closed waits for the beat that is under way", async () => {
    const swarm = await at.open({ ...realTime, leaseTimes: { ttlMs: 900, beatMs: 1 } });
    const lease = value(await acquireLease(swarm, "closing"));
    await swarm.db.transaction().execute(async (trx) => {
      await trx.updateTable("leases").set({ host: "held" }).where("resource", "=", "closing").execute();
      await new Promise((resolve) => setTimeout(resolve, 20));
      lease.end();
    });
    await swarm.close();
    // A beat that met a closed database would end this process as an unhandled rejection.
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(lease.lost).toBe(false);
  });

  test("a killed process's run is taken over at once, with what it had finished", async () => {
    const worker = at.worker({ task: "hold", name: "first", holdMs: 60_000 });
    const { holding } = (await worker.next()) as { holding: string };
    await worker.kill();
    const swarm = await at.open({ clock: { now: () => Date.now() } });
    const startedAt = performance.now();
    const run = await openRelease(swarm);
    expect(performance.now() - startedAt, "no waiting for a lease of 20 s").toBeLessThan(2_000);
    expect(run.id).toBe(holding);
    expect(value(await run.step("first", async () => succeed("again")))).toBe("first");
    expect(value(await run.step("second", async () => succeed("again")))).toBe("again");
  });

  test("a killed process's run is taken over at once even when its clock ran a year ahead", async () => {
    const worker = at.worker({ task: "hold", name: "first", holdMs: 60_000, skewMs: 365 * 24 * HOUR });
    await worker.next();
    await worker.kill();
    expect((await openRelease(await at.open(realTime))).resumed).toBe(true);
  });

  test("a clock that jumps ahead does not free a living holder's run", async () => {
    const worker = at.worker({ task: "hold", name: "first", holdMs: 60_000, leaseTimes: QUICK_LEASE });
    await worker.next();
    const ahead = await at.open({ ...realTime, clock: { now: () => Date.now() + 24 * HOUR } });
    expect(code(await openRun(ahead, RELEASE))).toBe("journal.held");
    const behind = await at.open({ ...realTime, clock: { now: () => Date.now() - 24 * HOUR } });
    expect(code(await openRun(behind, RELEASE))).toBe("journal.held");
  });

  test("a process that slept too long finds its run taken over, and its late write is refused", async () => {
    const worker = at.worker({ task: "hold", name: "sleeper", holdMs: 600, leaseTimes: QUICK_LEASE });
    const { holding } = (await worker.next()) as { holding: string };
    worker.signal("SIGSTOP");
    const swarm = await at.open({ ...realTime, clock: { now: () => Date.now() + QUICK_LEASE.ttlMs } });
    const run = await openRelease(swarm);
    expect(run.id).toBe(holding);
    worker.signal("SIGCONT");
    expect(await worker.next()).toEqual({ refused: "journal.lost_lease" });
    expect(value(await run.step("second", async () => succeed("taker")))).toBe("taker");
    value(await run.finish("succeeded"));
    expect(value(await readRun(swarm, run.id)).run.attempts).toBe(2);
  });

  test("a stale runner's step, effect, finish and spend write nothing", async () => {
    const stale = await openRelease(at.swarm);
    await at.swarm.db
      .updateTable("leases")
      .set((row) => ({ fence: row("fence", "+", 1), holder: "another" }))
      .execute();
    const acted: string[] = [];
    expect(code(await stale.step("late", async () => succeed(acted.push("acted"))))).toBe("journal.lost_lease");
    const effect = {
      probe: async () => succeed<string | undefined>(undefined),
      act: async () => succeed(acted.push("acted")),
    };
    expect(code(await stale.effect("late effect", effect))).toBe("journal.lost_lease");
    expect(code(await stale.spend(1))).toBe("journal.lost_lease");
    expect(code(await stale.finish("succeeded"))).toBe("journal.lost_lease");
    expect(acted).toEqual([]);
    expect(value(await readRun(at.swarm, stale.id))).toMatchObject({ run: { status: "running", cost: 0 }, steps: [] });
  });

  test("a lease lost between looking and acting stops the act", async () => {
    const stale = await openRelease(at.swarm);
    const acted: string[] = [];
    const outcome = await stale.effect<string>("tag", {
      probe: async () => {
        await at.swarm.db.updateTable("leases").set({ fence: 99, holder: "another" }).execute();
        return succeed(undefined);
      },
      act: async () => succeed(acted.push("acted")),
    });
    expect(code(outcome)).toBe("journal.lost_lease");
    expect(acted).toEqual([]);
  });

  test("a holder that cannot be asked is replaced when its time is over and its beat stands still", async () => {
    const swarm = await at.open(realTime);
    const far = { host: "far/away/host", pid: 1, process_start: "1", holder: "gone", fence: 7, beat: 3, ttl_ms: 900 };
    const row = { resource: "thing", expires_at: Date.now() - 1, ...far };
    await swarm.db.insertInto("leases").values(row).execute();
    const lease = value(await acquireLease(swarm, "thing"));
    expect(lease.fence).toBe(8);
    // Its clock was a day ahead: the lease would not run out for a day, which no lease lasts.
    await swarm.db
      .insertInto("leases")
      .values({ ...row, resource: "ahead", expires_at: Date.now() + 24 * HOUR })
      .execute();
    expect(value(await acquireLease(swarm, "ahead")).fence).toBe(8);
    await swarm.db
      .insertInto("leases")
      .values({ ...row, resource: "fresh", expires_at: Date.now() + 500 })
      .execute();
    expect(code(await acquireLease(swarm, "fresh"))).toBe("journal.held");
  });

  test("a lease given back is free at once, and closing the database gives all back", async () => {
    const first = await at.open(realTime);
    value(await acquireLease(first, "a"));
    const b = value(await acquireLease(first, "b"));
    value(await b.release());
    expect(value(await acquireLease(at.swarm, "b")).fence).toBe(2);
    expect(code(await acquireLease(at.swarm, "a"))).toBe("journal.held");
    await first.close();
    expect(value(await acquireLease(at.swarm, "a")).fence).toBe(2);
  });
}
