import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BadLuckWorld, BROKEN, badLuckWorld } from "../feature/bad-luck-world.ts";
import { type Cluster, startCluster } from "./postgres-cluster.ts";

// The database of several machines goes away while a command runs, through the built program.

let cluster: Cluster;
let world: BadLuckWorld;
beforeAll(async () => {
  cluster = await startCluster();
  world = await badLuckWorld();
  world.write("config.yaml", "database: { url_env: SWARM_DATABASE }\n", join(world.root, "config"));
}, 120_000);
afterAll(async () => {
  await world?.close();
  await cluster?.remove();
});

test("PostgreSQL gone in the middle of a heal: exit 4 with the reason, nothing half done, and the same command goes on", async () => {
  const { url } = await cluster.createDatabase();
  const env = { SWARM_DATABASE: url };
  world.write("src/vat.js", BROKEN["src/vat.js"]);
  await world.commit("feat: break");
  await world.git("push", "-q", "origin", "main");
  expect((await world.tell(["run"], { env })).code).toBe(1);

  // The push waits at the remote, and meanwhile the server goes.
  world.write(
    "hooks/pre-receive",
    `#!/bin/sh\nif [ ! -e ${world.root}/go ]; then touch ${world.root}/up; while [ ! -e ${world.root}/go ]; do sleep 0.1; done; fi\n`,
    world.remote,
  );
  chmodSync(join(world.remote, "hooks", "pre-receive"), 0o755);
  const healing = world.tell(["heal"], { env });
  await expect.poll(() => existsSync(join(world.root, "up")), { timeout: 120_000 }).toBe(true);
  cluster.stop("immediate");
  world.write("go", "", world.root);
  const cut = await healing;
  expect(cut.code).toBe(4);
  expect(cut.codes[0]).toMatch(/^swarm\.(connection_lost|unreachable)$/);
  expect(cut.result.diagnostics[0]?.next).toMatch(/same command again; it goes on where it stopped/);
  expect(cut.stderr).not.toMatch(/\n\s+at /);
  expect(cut.stderr + JSON.stringify(cut.result)).not.toContain(encodeURIComponent(cluster.password));

  const without = await world.tell(["heal"], { env });
  expect(without).toMatchObject({ code: 4, codes: ["swarm.unreachable"] });

  await cluster.start();
  const again = await world.tell(["heal"], { env });
  expect(again).toMatchObject({ code: 0, result: { data: { verdict: "fixed", pushed: true } } });
  expect(await world.git("--git-dir", world.remote, "log", "--format=%s", "main")).toMatch(
    /^fix: .*\nfeat: break\nfeat: begin$/,
  );
  expect((await world.tell(["audit", "verify"], { env })).code).toBe(0);
  // The same run went on, and waits for CI now: it was not begun anew.
  const name = new URL(url).pathname.slice(1);
  expect(cluster.sql(name, "select status, attempts from runs where kind = 'heal'")).toBe("waiting|2");
  expect(existsSync(join(world.state, "swarm.db"))).toBe(false);
});
