import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BadLuckWorld, badLuckWorld } from "./bad-luck-world.ts";

let world: BadLuckWorld;
let file: string;
beforeEach(async () => {
  world = await badLuckWorld();
  file = join(world.state, "swarm.db");
  expect((await world.tell(["status"])).code).toBe(0);
});
afterEach(() => world.close());

const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const change = (work: (bytes: Buffer) => void) => {
  const bytes = readFileSync(file);
  work(bytes);
  writeFileSync(file, bytes);
};
const PAGE = 4096;

/** Each with the code that names it, wherever it is seen first. */
const DAMAGES: Readonly<Record<string, readonly [damage: () => void, code: string]>> = {
  "cut in the middle": [() => truncateSync(file, 3 * PAGE), "swarm.corrupt"],
  "cut to nothing": [() => truncateSync(file, 0), "swarm.corrupt"],
  "with its header overwritten": [() => change((bytes) => bytes.fill(0x58, 0, 100)), "swarm.corrupt"],
  "with pages of rubbish": [() => change((bytes) => bytes.fill(0xa5, 100, 4 * PAGE)), "swarm.corrupt"],
  "of a newer version": [
    () => {
      const raw = new DatabaseSync(file);
      raw.exec("insert into swarm_migrations values ('9999-later', 'x', 0)");
      raw.close();
    },
    "swarm.newer",
  ],
};

describe.each(Object.keys(DAMAGES))("a database %s", (what) => {
  const [damage, code] = DAMAGES[what] as (typeof DAMAGES)[string];

  test("is named and left as it is, and kept aside when doctor is told to", async () => {
    damage();
    const before = digest(file);
    const told = await world.tell(["release"]);
    expect(told).toMatchObject({ code: 4, codes: [code] });
    expect(told.result.diagnostics[0]?.next).toMatch(/codemonkeys doctor --set-database-aside/);
    expect(told.result.diagnostics[0]?.message).toContain(file);
    expect(digest(file)).toBe(before);
    const aside = await world.tell(["doctor", "--set-database-aside"]);
    expect(aside.code).toBe(0);
    const [kept = ""] = readdirSync(world.state).filter((name) => /^swarm\.db\.(corrupt|newer)-[\dTZ-]+$/.test(name));
    expect(aside.result.summary).toContain(kept);
    expect(digest(join(world.state, kept))).toBe(before);
    expect(readdirSync(world.state).filter((name) => name.startsWith("new-"))).toEqual([]);
    expect((await world.tell(["status"])).code).toBe(0);
  });
});

test("after a database was kept aside the fleet is paused until a person has looked, and then all works", async () => {
  truncateSync(file, 3 * PAGE);
  expect((await world.tell(["doctor", "--set-database-aside"])).code).toBe(0);
  const held = await world.tell(["release"]);
  expect(held).toMatchObject({ code: 5, codes: ["gate.paused", "release.resumable"] });
  expect((await world.tell(["resume", "--fleet"])).code).toBe(0);
  expect((await world.tell(["release"])).code).toBe(0);
  const log = await world.tell(["audit", "show"]);
  expect(JSON.stringify(log.result.data)).toContain("state.set_aside");
  expect((await world.tell(["audit", "verify"])).code).toBe(0);
});

test("a whole database stays where it is", async () => {
  const before = digest(file);
  const told = await world.tell(["doctor", "--set-database-aside"]);
  expect(told).toMatchObject({ code: 3, codes: ["swarm.not_damaged"] });
  expect(digest(file)).toBe(before);
});

test("damage that no command has met yet is seen by doctor", async () => {
  change((bytes) => bytes.fill(0xff, bytes.length - 20 * PAGE));
  const told = await world.tell(["doctor"]);
  expect(told.code).toBe(4);
  expect(told.result.summary).toMatch(/✗ Swarm DB .* is damaged/);
  expect((await world.tell(["doctor", "--set-database-aside"])).code).toBe(0);
});

test("a damaged database that a process has open is not moved", async () => {
  truncateSync(file, 10);
  const open = spawn(process.execPath, [
    "-e",
    `require("fs").openSync(${JSON.stringify(file)}, "r"); console.log("open"); setInterval(() => {}, 1000)`,
  ]);
  await new Promise((resolve) => open.stdout.once("data", resolve));
  try {
    const told = await world.tell(["doctor", "--set-database-aside"]);
    expect(told).toMatchObject({ code: 4, codes: ["swarm.in_use"] });
    expect(told.result.diagnostics[0]?.message).toContain(String(open.pid));
  } finally {
    open.kill();
  }
  expect(existsSync(file)).toBe(true);
});

describe("a database of another machine", () => {
  const on = (id: string) => ({ env: { CODEMONKEYS_MACHINE_ID: id } });

  test("is read there, and nothing acts, until it is adopted; then the first one is refused", async () => {
    expect((await world.tell(["doctor", "--adopt-database"], on("a"))).code).toBe(0);
    expect((await world.tell(["release", "--dry-run"], on("b"))).code).toBe(0);
    const refused = await world.tell(["release"], on("b"));
    expect(refused).toMatchObject({ code: 3, codes: ["swarm.other_machine"] });
    expect(await world.git("ls-remote", "--tags", "origin")).toBe("");
    expect((await world.tell(["doctor"], on("b"))).result.summary).toMatch(/✗ Swarm DB .*another machine's/);
    expect((await world.tell(["doctor", "--adopt-database"], on("b"))).code).toBe(0);
    expect((await world.tell(["release"], on("b"))).code).toBe(0);
    expect((await world.tell(["heal"], on("a"))).codes).toContain("swarm.other_machine");
  });
});
