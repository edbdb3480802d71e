import { afterEach, expect, it, vi } from "vitest";
import { BREAKING, GOOD_PRODUCT, type SpineWorld, spineWorld } from "./spine-world.ts";

// Each of these drives the program many times, each time a process of its own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let world: SpineWorld;
afterEach(() => world.close());

const tips = async () => [
  await world.gitIn(world.origin, "for-each-ref", "--format=%(objectname) %(refname)"),
  await world.git("rev-parse", "HEAD"),
];

it("a paused product is neither healed nor released, and says why; resumed, it is", async () => {
  world = await spineWorld({ files: GOOD_PRODUCT });
  await world.change("feat: refactor", BREAKING);
  expect((await world.run("run")).code).toBe(1);
  expect((await world.run("pause", "--of", "payments", "--reason", "incident 42")).code).toBe(0);
  expect((await world.run("status")).stdout).toMatch(/payments .*paused \(payments: incident 42\)/);
  const explained = await world.run("constitution", "explain", "git.push");
  expect(explained.stdout).toMatch(
    /^git\.push for payments, as heal .*\n\ndenied while paused: zoe paused payments: incident 42\nwithout the pause:\n/,
  );
  const before = await tips();

  const healed = await world.run("heal");
  expect([healed.code, healed.stdout]).toEqual([5, expect.stringContaining("zoe paused payments: incident 42")]);
  const refusals = await world.run("audit", "show", "--action", "git.*", "--answer", "deny");
  expect(refusals.stdout).toMatch(/git\.commit denied for zoe: .*\(zoe paused payments: incident 42\)/);
  const released = await world.run("release");
  expect([released.code, released.stderr]).toEqual([5, expect.stringContaining("zoe paused payments: incident 42")]);
  expect(released.stderr).toContain("codemonkeys resume");
  expect(await tips()).toEqual(before);

  expect((await world.run("resume", "--of", "payments")).stdout).toContain("payments is no longer paused");
  const again = await world.run("heal");
  expect(again.code).toBe(0);
  // What is asked before acting, to choose the way, is not told: the act tells it.
  expect(again.stderr.match(/git\.commit allowed by heals/g)).toHaveLength(1);
  expect(again.stderr.match(/git\.push allowed by heals/g)).toHaveLength(1);
  expect((await world.run("release")).code).toBe(0);
  expect(await world.gitIn(world.origin, "tag")).toBe("v1.0.0");
});

it("a wider pause holds until it is ended itself", async () => {
  world = await spineWorld({ files: GOOD_PRODUCT });
  await world.run("pause", "--fleet", "--reason", "freeze");
  await world.run("pause", "--company", "acme", "--reason", "audit");
  expect((await world.run("release")).code).toBe(5);
  await world.run("resume", "--fleet");
  const held = await world.run("release");
  expect([held.code, held.stderr]).toEqual([5, expect.stringContaining("zoe paused the company acme: audit")]);
  await world.run("resume", "--company", "acme");
  expect((await world.run("release")).code).toBe(0);
});
