import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { succeed } from "../../../src/core/diagnostic.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { inScratch, parseAnswer, runScanner } from "../../../src/tools/scanner/run.ts";

const call = { redactor: createRedactor(), signal: new AbortController().signal };

test("a scanner that hangs is ended with all that it started", async () => {
  await inScratch(async (cwd) => {
    const mark = join(cwd, "still-here");
    const script = `(sleep 1; touch ${mark}) & sleep 60`;
    const ran = await runScanner("trivy", "sh", ["-c", script], { ...call, cwd, timeoutMs: 200 });
    expect(ran).toMatchObject({ ok: false, diagnostics: [{ code: "scan.timeout", kind: "infrastructure" }] });
    await sleep(1_200);
    expect(existsSync(mark)).toBe(false);
    return succeed(undefined);
  });
});

test("one that is not there has scanned nothing, and says how to get it", async () => {
  const ran = await runScanner("trivy", "no-such-trivy", [], { ...call, cwd: "/", timeoutMs: 5_000 });
  expect(ran).toMatchObject({
    ok: false,
    diagnostics: [{ code: "scan.scanner_missing", message: "trivy is not installed, so it has scanned nothing" }],
  });
});

test("an answer of another shape is garbage", () => {
  const shape = z.object({ list: z.array(z.string()) });
  for (const text of ["", "{", "null", "[]", '{"list":{}}', "<html>"]) {
    expect(parseAnswer("npm-audit", text, shape)).toMatchObject({ ok: false, diagnostics: [{ code: "scan.garbage" }] });
  }
  expect(parseAnswer("npm-audit", '{"list":["x"]}', shape)).toMatchObject({ ok: true });
});
