import { afterAll, beforeAll, expect, it } from "vitest";
import { openSwarm } from "../../src/swarm/open.ts";
import { recordTiming } from "../../src/swarm/timings.ts";
import { type SpineWorld, spineWorld } from "./spine-world.ts";

let world: SpineWorld;
beforeAll(async () => {
  world = await spineWorld({ front: "stages: { test: 'true' }" });
});
afterAll(() => world.close());

it("status --times names the commit since which a stage is slower, of the fleet's products only", async () => {
  expect((await world.run("status", "--times")).stdout).toContain("no stage has passed yet");
  expect((await world.run("run", "--stage", "test")).code).toBe(0);
  expect((await world.run("status", "--times")).stdout).toMatch(/^payments test: next likely .* \(1 run\)$/m);

  // Runs of the same millisecond would have no order.
  let time = Date.now();
  const swarm = await openSwarm({ stateDir: world.state, clock: { now: () => time++ } });
  if (!swarm.ok) throw new Error(JSON.stringify(swarm.diagnostics));
  // One run on a busy machine just before the change: its commit is not to blame.
  const durations = [...Array(9).fill(5_000), 8_000, ...Array(6).fill(17_000)];
  for (const [index, durationMs] of durations.entries()) {
    for (const product of ["payments", "left-the-fleet"]) {
      const commit = `${index}`.padStart(2, "0").padEnd(40, "c");
      const timing = { company: "acme", product, stage: "deep", commit, state: "passed", durationMs } as const;
      expect((await recordTiming(swarm.value, timing)).ok).toBe(true);
    }
  }
  await swarm.value.close();

  const { stdout } = await world.run("status", "--times");
  expect(stdout).toContain(
    "payments deep: next likely 17 s, nine of ten within 17 s (16 runs); deep is slower since 10ccccc: 5.0 s → 17 s",
  );
  expect(stdout).not.toContain("left-the-fleet");
  expect(stdout).toContain("1 product of 1 company, 0 servers");
  expect((await world.run("status")).stdout).not.toContain("slower since");
});
