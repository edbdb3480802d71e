import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../../src/core/canonical.ts";
import { type ArtifactStore, openArtifacts } from "../../../src/swarm/artifacts.ts";
import { code, value } from "./suite/support.ts";

let dir: string;
let store: ArtifactStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  store = openArtifacts(join(dir, "artifacts"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const BYTES = Buffer.from("the built package");

test("bytes and files come back by their digest", async () => {
  const stored = value(await store.put(BYTES));
  expect(stored).toEqual({ digest: sha256(BYTES), size: BYTES.length });
  expect(Buffer.from(value(await store.read(stored.digest)))).toEqual(BYTES);
  expect(await readFile(value(await store.path(stored.digest)))).toEqual(BYTES);
  await writeFile(join(dir, "package.tgz"), BYTES);
  expect(value(await store.put({ path: join(dir, "package.tgz") }))).toEqual(stored);
  expect(value(await store.has(stored.digest))).toBe(true);
  const another = openArtifacts(join(dir, "artifacts"));
  expect(value(await another.has(stored.digest))).toBe(true);
});

test("whatever bytes are put are what is read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200_000, size: "max" }), async (bytes) => {
      const { digest } = value(await store.put(bytes));
      expect(digest).toBe(sha256(bytes));
      expect(Buffer.compare(Buffer.from(value(await store.read(digest))), Buffer.from(bytes))).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test("what is not there is missing, and what is no digest is no path", async () => {
  const none = "0".repeat(64);
  expect(value(await store.has(none))).toBe(false);
  expect(code(await store.read(none))).toBe("artifact.missing");
  expect(code(await store.path(none))).toBe("artifact.missing");
  for (const bad of ["", "../../etc/passwd", "A".repeat(64), `${"0".repeat(63)}/`]) {
    expect(code(await store.path(bad))).toBe("artifact.not_a_digest");
    expect(code(await store.read(bad))).toBe("artifact.not_a_digest");
    expect(code(await store.has(bad))).toBe("artifact.not_a_digest");
  }
  expect(code(await store.put({ path: join(dir, "no-such-file") }))).toBe("artifact.io");
});

test("a stored file whose bytes changed is named and never handed out; putting it again repairs it", async () => {
  const { digest } = value(await store.put(BYTES));
  const file = value(await store.path(digest));
  expect((await stat(file)).mode & 0o222, "it is read-only").toBe(0);
  await chmod(file, 0o644);
  await writeFile(file, "something else");
  for (const outcome of [await store.path(digest), await store.read(digest)]) {
    expect(code(outcome)).toBe("artifact.damaged");
    expect(JSON.stringify(outcome)).toContain(file);
  }
  value(await store.put(BYTES));
  expect(Buffer.from(value(await store.read(digest)))).toEqual(BYTES);
  const kept = (await readdir(join(file, ".."))).filter((name) => name.includes(".damaged-"));
  expect(kept).toHaveLength(1);
});

test("many that put the same bytes at once store one whole file", async () => {
  const big = Buffer.alloc(1_000_000, "x");
  const stored = await Promise.all(Array.from({ length: 8 }, () => openArtifacts(store.dir).put(big)));
  expect(new Set(stored.map((one) => value(one).digest)).size).toBe(1);
  expect(sha256(value(await store.read(sha256(big))))).toBe(sha256(big));
  expect(await readdir(join(store.dir, "incoming"))).toEqual([]);
});

test("a process killed while it stores leaves no file under a digest that is not whole", async () => {
  const script = `
    import { openArtifacts } from ${JSON.stringify(new URL("../../../src/swarm/artifacts.ts", import.meta.url).href)};
    const store = openArtifacts(${JSON.stringify(store.dir)});
    for (let at = 0; ; at += 1) {
      await store.put(Buffer.alloc(3_000_000, String(at)));
      process.stdout.write(".");
    }
  `;
  // Killed some time after the first file is stored, in the middle of a later one.
  for (const delay of [5, 20, 45]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    await sleep(delay);
    child.kill("SIGKILL");
    await ended;
  }
  let found = 0;
  for (const folder of await readdir(join(store.dir, "sha256"))) {
    for (const rest of await readdir(join(store.dir, "sha256", folder))) {
      value(await store.path(folder + rest));
      found += 1;
    }
  }
  expect(found).toBeGreaterThan(0);
});

test("what a killed process left half written goes away after a day", async () => {
  value(await store.put(BYTES));
  const old = join(store.dir, "incoming", "old");
  const young = join(store.dir, "incoming", "young");
  await writeFile(old, "half");
  await writeFile(young, "half");
  await utimes(old, new Date(0), new Date(0));
  value(await openArtifacts(store.dir).put(BYTES));
  expect(await readdir(join(store.dir, "incoming"))).toEqual(["young"]);
});
