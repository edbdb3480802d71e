import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eightProcesses, WORKER } from "./suite/workers.ts";
import { must, scratch, testAudit } from "./support.ts";

test("eight processes append at once, some are killed in the middle, and the chain stays whole", {
  timeout: 60_000,
}, async () => {
  const dir = join(await scratch(), "audit");
  await eightProcesses(dir, () => testAudit({ dir }));
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
