import { spawnSync } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../../src/core/canonical.ts";
import { succeed } from "../../../src/core/diagnostic.ts";
import { openRun } from "../../../src/swarm/journal.ts";
import { MIGRATIONS } from "../../../src/swarm/migrations/index.ts";
import { openSwarm, type Swarm } from "../../../src/swarm/open.ts";
import { code, openRelease, RELEASE, value } from "./suite/support.ts";

// What can go wrong with the file itself.
let stateDir: string;
let file: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  file = join(stateDir, "swarm.db");
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

async function withSwarm<T>(work: (swarm: Swarm) => Promise<T>, options = {}): Promise<T> {
  const swarm = value(await openSwarm({ stateDir, ...options }));
  try {
    return await work(swarm);
  } finally {
    await swarm.close();
  }
}

test("a new database leaves one private file and nothing half made", async () => {
  await withSwarm(async () => {});
  expect(await readdir(stateDir)).toEqual(["swarm.db"]);
});

test("what is written outlives the process that wrote it, and a second opening changes nothing", async () => {
  await withSwarm(async (swarm) => void (await openRelease(swarm)));
  const before = await readFile(file);
  await withSwarm(async () => {});
  expect(sha256(await readFile(file))).toBe(sha256(before));
});

test.each([
  ["is another kind of file", async () => await writeFile(file, "these are not the bytes of a database at all")],
  ["was cut to nothing", async () => await truncate(file, 0)],
  ["was cut in its header", async () => await truncate(file, 10)],
  ["was cut in the middle", async () => await truncate(file, 8192)],
  [
    "has pages of rubbish",
    async () => {
      const bytes = await readFile(file);
      bytes.fill(0xa5, 100, 12_288);
      await writeFile(file, bytes);
    },
  ],
])("a database that %s is named and left as it is, never made anew", async (_how, damage) => {
  await withSwarm(async (swarm) => void (await openRelease(swarm)));
  await damage();
  const damaged = sha256(await readFile(file));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const outcome = await openSwarm({ stateDir });
    expect(code(outcome)).toBe("swarm.corrupt");
    expect(JSON.stringify(outcome)).toContain(file);
    expect(sha256(await readFile(file))).toBe(damaged);
  }
});

test("damage that shows only while reading is told, not thrown", async () => {
  await withSwarm(async (swarm) => {
    for (let index = 0; index < 200; index += 1) {
      const run = await openRelease(swarm, { key: `${index}`, title: "x".repeat(500) });
      value(await run.finish("succeeded"));
    }
  });
  const bytes = await readFile(file);
  bytes.fill(0xff, bytes.length - 20 * 4096);
  await writeFile(file, bytes);
  await withSwarm(async (swarm) => {
    const outcomes = [];
    for (let index = 0; index < 200; index += 1) outcomes.push(await openRun(swarm, { ...RELEASE, key: `${index}` }));
    const failures = outcomes.filter((outcome) => !outcome.ok);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(code(failure)).toBe("swarm.corrupt");
  });
});

test("a database of a newer program is named and left as it is", async () => {
  const later = [...MIGRATIONS, { name: "9999-later", statements: ["create table later (x text)"] }];
  await withSwarm(async () => {}, { migrations: later });
  const before = sha256(await readFile(file));
  const outcome = await openSwarm({ stateDir });
  expect(code(outcome)).toBe("swarm.newer");
  expect(JSON.stringify(outcome)).toContain("9999-later");
  expect(sha256(await readFile(file))).toBe(before);
});

test("a database whose applied migration is not this program's is refused", async () => {
  await withSwarm(async () => {});
  const raw = new DatabaseSync(file);
  raw.exec("update swarm_migrations set checksum = 'other'");
  raw.close();
  expect(code(await openSwarm({ stateDir }))).toBe("swarm.drift");
});

test("the released migrations are what they were when they were released", () => {
  // A changed statement would refuse every database out there: add a migration instead.
  const checksums = MIGRATIONS.map(({ name, statements }) => [name, sha256(statements.join(";\n"))]);
  expect(checksums).toMatchInlineSnapshot(`
    [
      [
        "0001-spine",
        "53e5f20d37907a408941eae12fe49e5bf497f007adabc033390eaddfb847b319",
      ],
      [
        "0002-ci",
        "49c10b899b4a3f7d8422d8bf8a1f8db3894747841f330bce769d59fb840934e7",
      ],
      [
        "0003-machines-calls-waits",
        "57bca2d54b1f1af81683b88da56c3a77b40309bad8c78ef0150c66a2e2587bf8",
      ],
      [
        "0004-signed-answers",
        "31e8f3bffc2e7a7679bc72379afadb21db9ce81fa364fc7252f471927f7fbf08",
      ],
      [
        "0005-scans",
        "aee6f64c094de45f04e0fec00f7af8845f26de13d1770d9f0cf15347d8d5d0cf",
      ],
      [
        "0006-dependency-conflicts",
        "66d5780ee9c4de5d1d31c5ce00566234332d1818582c60a0713d812cc333cb5a",
      ],
      [
        "0007-waits-for-time",
        "18e5feece7ec491f16e730d3fd19dfe1ec6b7443c362aa39fd6c2694cb969dbb",
      ],
    ]
  `);
});

test("a migration backs the file up first, and keeps five copies", async () => {
  await withSwarm(async (swarm) => void (await openRelease(swarm)));
  let migrations = [...MIGRATIONS];
  for (let version = 1; version <= 7; version += 1) {
    migrations = [...migrations, { name: `900${version}-more`, statements: [`create table more_${version} (x text)`] }];
    const clock = { now: () => Date.UTC(2026, 0, version) };
    await withSwarm(async () => {}, { migrations, clock });
  }
  const backups = (await readdir(join(stateDir, "backups"))).sort();
  expect(backups).toHaveLength(5);
  expect(backups[4]).toBe("swarm-2026-01-07T00-00-00-000Z-9006-more.db");
  const copy = new DatabaseSync(join(stateDir, "backups", backups[4] as string), { readOnly: true });
  expect(copy.prepare("select key from runs").all()).toMatchObject([{ key: RELEASE.key }]);
  expect(copy.prepare("select name from sqlite_master where name = 'more_7'").all()).toEqual([]);
  expect(copy.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
  copy.close();
});

test("a migration that fails changes nothing, and the backup is there", async () => {
  await withSwarm(async (swarm) => void (await openRelease(swarm)));
  const statements = ["create table half (x text)", "insert into nowhere values (1)"];
  const migrations = [...MIGRATIONS, { name: "9001-wrong", statements }];
  await expect(openSwarm({ stateDir, migrations })).rejects.toThrow("nowhere");
  await withSwarm(async (swarm) => {
    const { rows } = await sql`select name from sqlite_master where name = 'half'`.execute(swarm.db);
    expect(rows).toEqual([]);
  });
  expect(await readdir(join(stateDir, "backups"))).toHaveLength(1);
});

test("a backup restored over a damaged database works", async () => {
  await withSwarm(async (swarm) => void (await openRelease(swarm)));
  const migrations = [...MIGRATIONS, { name: "9001-more", statements: ["create table more (x text)"] }];
  await withSwarm(async () => {}, { migrations });
  await truncate(file, 100);
  const [backup] = await readdir(join(stateDir, "backups"));
  await cp(join(stateDir, "backups", backup as string), file);
  await withSwarm(async (swarm) => expect((await openRelease(swarm)).resumed).toBe(true));
});

test("a state folder that is a file is said to be so", async () => {
  await writeFile(join(stateDir, "file"), "");
  expect(code(await openSwarm({ stateDir: join(stateDir, "file") }))).toBe("swarm.cannot_open");
  expect(code(await openSwarm({ stateDir: join(stateDir, "file", "below") }))).toBe("swarm.cannot_open");
});

test("a full disk is said so, nothing is half written, and it goes on when there is room", async () => {
  await withSwarm(async (swarm) => {
    const run = await openRelease(swarm);
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(swarm.db);
    await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 2)}`.execute(swarm.db);
    const big = async () => succeed("x".repeat(60_000));
    const outcome = await run.step("big", big);
    expect(outcome).toMatchObject({ diagnostics: [{ code: "swarm.disk_full", kind: "infrastructure" }] });
    await sql`pragma max_page_count = 1000000`.execute(swarm.db);
    expect(value(await run.step("big", big))).toHaveLength(60_000);
  });
});

test("a read-only state folder is said so", async () => {
  await withSwarm(async () => {});
  const script = fileURLToPath(new URL("suite/worker.ts", import.meta.url));
  await chmod(file, 0o444);
  await chmod(stateDir, 0o555);
  // Root may write anywhere: then the worker runs as another user.
  const asOther = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  for (const place of [stateDir, join(stateDir, "sub")]) {
    const { status, stderr } = spawnSync(process.execPath, [script], {
      input: JSON.stringify({ stateDir: place, task: "write", name: "w", count: 1 }),
      encoding: "utf8",
      ...asOther,
    });
    expect(status).toBe(1);
    expect(stderr).toContain("swarm.read_only");
  }
  await chmod(stateDir, 0o755);
});

test("processes killed while they make the database leave nothing that stops the next", async () => {
  const script = fileURLToPath(new URL("suite/worker.ts", import.meta.url));
  await mkdir(join(stateDir, "inner"));
  const inner = join(stateDir, "inner");
  for (const ms of [150, 200, 250, 300, 350, 400]) {
    spawnSync(process.execPath, [script], {
      input: JSON.stringify({ stateDir: inner, task: "write", name: `${ms}`, count: 500 }),
      timeout: ms,
      killSignal: "SIGKILL",
    });
  }
  const swarm = value(await openSwarm({ stateDir: inner }));
  const { rows } = await sql`pragma integrity_check`.execute(swarm.db);
  expect(rows).toEqual([{ integrity_check: "ok" }]);
  await swarm.close();
}, 30_000);
