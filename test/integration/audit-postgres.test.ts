import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { type Audit, openAudit } from "../../src/constitution/audit.ts";
import type { Clock } from "../../src/core/clock.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { openSwarm } from "../../src/swarm/open.ts";
import { chainSuite } from "../unit/constitution/suite/chain.ts";
import { tamperedTableSuite } from "../unit/constitution/suite/tampered-table.ts";
import { eightProcesses } from "../unit/constitution/suite/workers.ts";
import { must, scratch, testClock } from "../unit/constitution/support.ts";
import { type Cluster, startCluster } from "./postgres-cluster.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster.remove());

async function open(url: string, clock: Clock): Promise<Audit> {
  const swarm = must(await openSwarm({ url, stateDir: "", clock }));
  onTestFinished(() => swarm.close());
  // A folder is given as well, and must stay unused.
  return must(await openAudit({ dir: await scratch(), clock, redactor: createRedactor(), swarm }));
}

async function database(): Promise<string> {
  const { url, drop } = await cluster.createDatabase();
  onTestFinished(drop);
  return url;
}

describe("a chain in PostgreSQL", () => chainSuite(async (clock) => open(await database(), clock)));

test("eight processes append at once, some are killed in the middle, and the chain stays whole", async () => {
  const url = await database();
  await open(url, testClock());
  await eightProcesses(url, () => open(url, testClock()));
});

describe("a table in PostgreSQL that somebody wrote into", () => {
  tamperedTableSuite(async () => {
    const url = await database();
    const name = new URL(url).pathname.slice(1);
    return { audit: await open(url, testClock()), sql: (text) => cluster.sql(name, text) };
  });
});
