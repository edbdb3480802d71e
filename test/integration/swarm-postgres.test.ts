import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { succeed } from "../../src/core/diagnostic.ts";
import { MIGRATIONS } from "../../src/swarm/migrations/index.ts";
import { openSwarm, type Swarm } from "../../src/swarm/open.ts";
import { transact } from "../../src/swarm/transact.ts";
import { fleetSuite } from "../unit/swarm/suite/fleet.ts";
import { journalSuite } from "../unit/swarm/suite/journal.ts";
import { learningSuite } from "../unit/swarm/suite/learning.ts";
import { leaseSuite } from "../unit/swarm/suite/leases.ts";
import { processSuite } from "../unit/swarm/suite/processes.ts";
import { rateLimitSuite } from "../unit/swarm/suite/rate-limits.ts";
import { recordSuite } from "../unit/swarm/suite/records.ts";
import { code, openRelease, type Place, value } from "../unit/swarm/suite/support.ts";
import { type Cluster, startCluster } from "./postgres-cluster.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster.remove());

async function place(): Promise<Place> {
  const { url, drop } = await cluster.createDatabase();
  const stateDir = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  const remove = async () => {
    await drop();
    await rm(stateDir, { recursive: true, force: true });
  };
  return { url, stateDir, remove };
}

// The same suites run on SQLite in test/unit/swarm/sqlite.test.ts.
describe("journal", () => journalSuite(place));
describe("leases", () => leaseSuite(place));
describe("fleet", () => fleetSuite(place));
describe("learning", () => learningSuite(place));
describe("records", () => recordSuite(place));
describe("rate limits", () => rateLimitSuite(place));
describe("processes", () => processSuite(place));

describe("the server", () => {
  const opened: Swarm[] = [];
  let at: Place;
  afterEach(async () => {
    for (const swarm of opened.splice(0)) await swarm.close();
  });
  const open = async (options = {}) => {
    const swarm = value(await openSwarm({ stateDir: at.stateDir, url: at.url as string, ...options }));
    opened.push(swarm);
    return swarm;
  };
  const refusal = async (url: string) => {
    const outcome = await openSwarm({ stateDir: "/nowhere", url });
    const text = JSON.stringify(outcome);
    for (const secret of [cluster.password, encodeURIComponent(cluster.password), "wrong-secret"]) {
      expect(text).not.toContain(secret);
    }
    return { code: code(outcome), text };
  };

  test("a wrong password, database, port, host or URL is each its own diagnostic, without the password", async () => {
    const url = cluster.url("postgres");
    expect(await refusal(url.replace(encodeURIComponent(cluster.password), "wrong-secret"))).toMatchObject({
      code: "swarm.login_refused",
      text: expect.stringContaining(`127.0.0.1:${cluster.port}/postgres`),
    });
    expect((await refusal(cluster.url("no_such_database"))).code).toBe("swarm.no_database");
    expect((await refusal(url.replace(`:${cluster.port}/`, ":1/"))).code).toBe("swarm.unreachable");
    expect((await refusal(url.replace("127.0.0.1", "no-such-host.invalid"))).code).toBe("swarm.unreachable");
    expect((await refusal("postgres://monkeys:wrong-secret@:bad:port/x")).code).toBe("swarm.bad_url");
    expect((await refusal("mysql://monkeys:wrong-secret@localhost/x")).code).toBe("swarm.bad_url");
  });

  test("a user without rights and a read-only server are said to be so", async () => {
    at = await place();
    const name = new URL(at.url as string).pathname.slice(1);
    cluster.sql(name, "drop role if exists guest; create role guest login password 'guest-secret'");
    const url = `postgres://guest:guest-secret@127.0.0.1:${cluster.port}/${name}`;
    const outcome = await openSwarm({ stateDir: at.stateDir, url });
    expect(code(outcome)).toBe("swarm.no_right");
    expect(JSON.stringify(outcome)).not.toContain("guest-secret");
    cluster.sql("postgres", `alter database ${name} set default_transaction_read_only = on`);
    expect(code(await openSwarm({ stateDir: at.stateDir, url: at.url as string }))).toBe("swarm.read_only");
    await at.remove();
    cluster.sql("postgres", "drop role guest");
  });

  test("a newer database is refused and left as it is; a wrong migration changes nothing", async () => {
    at = await place();
    const half = { name: "9001-half", statements: ["create table half (x text)", "insert into nowhere values (1)"] };
    await open();
    await expect(openSwarm({ ...at, url: at.url as string, migrations: [...MIGRATIONS, half] })).rejects.toThrow(
      "nowhere",
    );
    const name = new URL(at.url as string).pathname.slice(1);
    expect(cluster.sql(name, "select to_regclass('half') is null")).toBe("t");
    await open({ migrations: [...MIGRATIONS, { name: "9999-later", statements: ["create table later (x text)"] }] });
    expect(code(await openSwarm({ stateDir: at.stateDir, url: at.url as string }))).toBe("swarm.newer");
    cluster.sql(name, "update swarm_migrations set checksum = 'other'");
    expect(code(await openSwarm({ stateDir: at.stateDir, url: at.url as string }))).toBe("swarm.drift");
  });

  test("a server that goes in the middle is told, and the run goes on when it is back", {
    timeout: 120_000,
  }, async () => {
    at = await place();
    const swarm = await open({ leaseTimes: { ttlMs: 1_000, beatMs: 100 } });
    const run = await openRelease(swarm);
    value(await run.step("first", async () => succeed(1)));
    const lost = await run.step("second", async () => {
      cluster.stop("immediate");
      return succeed(2);
    });
    expect(lost).toMatchObject({ diagnostics: [{ code: "swarm.unreachable", kind: "infrastructure" }] });
    expect(JSON.stringify(lost)).not.toContain(cluster.password);
    expect(code(await run.step("third", async () => succeed(3)))).toBe("swarm.unreachable");
    expect(code(await openSwarm({ stateDir: at.stateDir, url: at.url as string }))).toBe("swarm.unreachable");
    await cluster.start();
    expect(value(await run.step("second", async () => succeed("again")))).toBe("again");
    expect(value(await run.step("first", async () => succeed("again")))).toBe(1);
    value(await run.finish("succeeded"));
  });

  test("a connection cut from the server's side is replaced", async () => {
    at = await place();
    const swarm = await open();
    const run = await openRelease(swarm);
    const cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'codemonkeys'";
    const outcome = await run.step("first", async () => {
      cluster.sql("postgres", cut);
      return succeed(1);
    });
    expect(value(outcome), "nothing had been sent on the dead connections").toBe(1);
    const middle = await transact(swarm, async (trx) => {
      await trx.selectFrom("runs").select("id").execute();
      cluster.sql("postgres", cut);
      return await trx.selectFrom("runs").select("id").execute();
    });
    expect(code(middle)).toBe("swarm.connection_lost");
    expect(value(await run.step("second", async () => succeed(2)))).toBe(2);
    await at.remove();
  });
});
