import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { must, scratch, testAudit } from "./support.ts";

const WORKER = fileURLToPath(new URL("append-worker.ts", import.meta.url));

/** Starts a worker; resolves with the entries it was told are safe. With `killAfter`, it is killed after so many. */
function work(dir: string, name: string, share: number, killAfter = Number.POSITIVE_INFINITY) {
  return new Promise<{ safe: string[]; signal: NodeJS.Signals | null; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [WORKER, dir, name, String(share), "4000"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk;
      if (out.split("\n").length > killAfter) child.kill("SIGKILL");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on("close", (_code, signal) => resolve({ safe: out.split("\n").slice(0, -1), signal, stderr }));
  });
}

test("eight processes append at once, some are killed in the middle, and the chain stays whole", {
  timeout: 60_000,
}, async () => {
  const dir = join(await scratch(), "audit");
  const results = await Promise.all([
    ...Array.from({ length: 5 }, (_, index) => work(dir, `steady-${index}`, 40)),
    ...Array.from({ length: 3 }, (_, index) => work(dir, `killed-${index}`, 100_000, 10 + index * 7)),
  ]);
  expect(results.map(({ signal }) => signal)).toEqual([null, null, null, null, null, "SIGKILL", "SIGKILL", "SIGKILL"]);
  expect(results.filter(({ signal }) => signal === null).map(({ stderr }) => stderr)).toEqual(["", "", "", "", ""]);

  const audit = await testAudit({ dir });
  // The lock of the killed ones is gone with them.
  must(await audit.append({ kind: "evidence", data: { by: "after" } }));
  must(await audit.verify());
  const entries = must(await audit.entries());
  const stored = new Set(entries.map(({ seq, hash }) => `${seq} ${hash}`));
  const safe = results.flatMap((result) => result.safe);
  expect(new Set(safe).size).toBe(safe.length);
  expect(safe.filter((line) => !stored.has(line))).toEqual([]);
  for (let index = 0; index < 5; index += 1) {
    const own = entries.filter(({ data }) => (data as { by?: string }).by === `steady-${index}`);
    expect(own.map(({ data }) => (data as { number: number }).number)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  }
});

test("a write that the system stops half way leaves a log that goes on", { timeout: 60_000 }, async () => {
  const dir = join(await scratch(), "audit");
  // The shell's limit on file sizes stands in for a full disk: the write that crosses it is cut short.
  const command = `ulimit -f 4; exec "${process.execPath}" "${WORKER}" "${dir}" small 1000 1000000`;
  const cut = await new Promise<string>((resolve) => {
    const child = spawn("/bin/sh", ["-c", command], { stdio: ["ignore", "pipe", "ignore"] });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk;
    });
    child.on("close", () => resolve(out));
  });
  const safe = cut.trimEnd().split("\n");
  expect(safe.length).toBeGreaterThan(3);
  expect(safe.length).toBeLessThan(1000);
  const audit = await testAudit({ dir });
  must(await audit.append({ kind: "evidence", data: { by: "after" } }));
  must(await audit.verify());
  const stored = must(await audit.entries()).map(({ seq, hash }) => `${seq} ${hash}`);
  expect(stored.slice(0, safe.length)).toEqual(safe);
});
