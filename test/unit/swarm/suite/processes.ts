import { expect, test } from "vitest";
import { readAuditRows } from "../../../../src/swarm/audit-rows.ts";
import { listRuns } from "../../../../src/swarm/journal.ts";
import { MIGRATIONS } from "../../../../src/swarm/migrations/index.ts";
import { openSwarm } from "../../../../src/swarm/open.ts";
import { patternHistory } from "../../../../src/swarm/patterns.ts";
import { locate, type MakePlace, useSwarm, value } from "./support.ts";

const PROCESSES = 16;
const EACH = 8;

/** Real processes at once: nothing is lost, nothing is done twice. */
export function processSuite(make: MakePlace): void {
  const at = useSwarm(make);

  test("16 writing processes lose nothing", { timeout: 120_000 }, async () => {
    const workers = Array.from({ length: PROCESSES }, (_, index) =>
      at.worker({ task: "write", name: `w${index}`, count: EACH }),
    );
    for (const worker of workers) expect(await worker.next()).toBe("ended");
    for (const worker of workers) expect(await worker.ended()).toBe(0);
    const runs = value(await listRuns(at.swarm, { limit: 1000 }));
    expect(runs).toHaveLength(PROCESSES * EACH);
    expect(new Set(runs.map((run) => run.status))).toEqual(new Set(["succeeded"]));
    const { steps } = await at.swarm.db
      .selectFrom("run_steps")
      .select((row) => row.fn.countAll<number>().as("steps"))
      .where("state", "=", "done")
      .executeTakeFirstOrThrow();
    expect(steps).toBe(PROCESSES * EACH);
    const history = value(await patternHistory(at.swarm, { company: "acme", pattern: "shared" }));
    expect(history).toMatchObject({ seen: PROCESSES * EACH, products: PROCESSES });
    const audit = value(await readAuditRows(at.swarm, "main"));
    expect(audit.map((row) => row.seq)).toEqual(Array.from({ length: PROCESSES * EACH }, (_, index) => index + 1));
    for (const [index, row] of audit.entries()) expect(row.previous).toBe(audit[index - 1]?.hash ?? "");
    expect(new Set(audit.map((row) => row.entry)).size).toBe(PROCESSES * EACH);
    const leases = await at.swarm.db.selectFrom("leases").selectAll().execute();
    expect(leases).toEqual([]);
  });

  test("many that open an empty database at once migrate it once", { timeout: 60_000 }, async () => {
    const place = await make();
    try {
      const swarms = await Promise.all(Array.from({ length: 12 }, () => openSwarm(locate(place))));
      const opened = swarms.map(value);
      const migrations = await opened[0]?.db.selectFrom("swarm_migrations").select("name").execute();
      expect(migrations).toEqual(MIGRATIONS.map(({ name }) => ({ name })));
      for (const swarm of opened) await swarm.close();
    } finally {
      await place.remove();
    }
  });

  test("processes that open an empty database at once all succeed", { timeout: 60_000 }, async () => {
    const place = await make();
    try {
      const workers = Array.from({ length: 6 }, (_, index) =>
        at.worker({ task: "open", name: `${index}`, ...locate(place) } as Parameters<typeof at.worker>[0]),
      );
      for (const worker of workers) expect(await worker.ended()).toBe(0);
    } finally {
      await place.remove();
    }
  });
}
