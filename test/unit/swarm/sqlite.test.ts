import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { fleetSuite } from "./suite/fleet.ts";
import { journalSuite } from "./suite/journal.ts";
import { learningSuite } from "./suite/learning.ts";
import { leaseSuite } from "./suite/leases.ts";
import { processSuite } from "./suite/processes.ts";
import { rateLimitSuite } from "./suite/rate-limits.ts";
import { recordSuite } from "./suite/records.ts";
import type { Place } from "./suite/support.ts";

// The same suites run on PostgreSQL in test/integration/swarm-postgres.test.ts.
async function place(): Promise<Place> {
  const stateDir = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  return { stateDir, remove: () => rm(stateDir, { recursive: true, force: true }) };
}

describe("journal", () => journalSuite(place));
describe("leases", { timeout: 30_000 }, () => leaseSuite(place));
describe("fleet", () => fleetSuite(place));
describe("learning", () => learningSuite(place));
describe("records", () => recordSuite(place));
describe("rate limits", () => rateLimitSuite(place));
describe("processes", () => processSuite(place));
