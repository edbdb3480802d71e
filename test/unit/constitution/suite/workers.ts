import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Audit } from "../../../../src/constitution/audit.ts";
import { must } from "../support.ts";

export const WORKER = fileURLToPath(new URL("../append-worker.ts", import.meta.url));

/** Starts a worker; resolves with the entries it was told are safe. With `killAfter`, it is killed after so many. */
function work(place: string, name: string, share: number, killAfter = Number.POSITIVE_INFINITY) {
  return new Promise<{ safe: string[]; signal: NodeJS.Signals | null; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [WORKER, place, name, String(share), "4000"], {
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

/**
 * Eight processes append at once to the log at `place`, three of them killed in the middle. Nothing that was reported as
 * safe may be missing, and the chain must be whole.
 */
export async function eightProcesses(place: string, reopen: () => Promise<Audit>): Promise<void> {
  const results = await Promise.all([
    ...Array.from({ length: 5 }, (_, index) => work(place, `steady-${index}`, 40)),
    ...Array.from({ length: 3 }, (_, index) => work(place, `killed-${index}`, 100_000, 10 + index * 7)),
  ]);
  expect(results.map(({ signal }) => signal)).toEqual([null, null, null, null, null, "SIGKILL", "SIGKILL", "SIGKILL"]);
  expect(results.filter(({ signal }) => signal === null).map(({ stderr }) => stderr)).toEqual(["", "", "", "", ""]);

  const audit = await reopen();
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
}
