import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLog } from "../../../src/pillars/heal/read/index.ts";
import { fixture, pieces, read } from "./logs.ts";

describe("streaming", () => {
  test("the report does not depend on how the log is cut into pieces", async () => {
    for (const name of ["vitest-3.log", "go-test.log", "cargo-test.log"]) {
      const bytes = readFileSync(fixture(name).path);
      const whole = await readLog(fixture(name));
      expect(whole.failures.length).toBeGreaterThan(1);
      for (const size of [1, 7, 64, 1000]) expect(await readLog(pieces(bytes, size))).toEqual(whole);
    }
  });

  test("any bytes are read without an error, and lines are counted by newline", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const report = await read(bytes);
        const newlines = bytes.filter((byte) => byte === 10).length;
        // A byte order mark of UTF-16 changes what a newline is.
        const utf16 = bytes.length > 1 && bytes[0]! + bytes[1]! === 0xfe + 0xff && bytes[0]! >= 0xfe;
        if (!utf16) expect(report.lines).toBe(newlines + (bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0));
        expect(report.bytes).toBe(bytes.length);
      }),
    );
  });

  test("a line of many megabytes costs neither its length in memory nor the lines after it", async () => {
    const long = "x".repeat(5_000_000);
    const { failures, lines } = await read(
      `${long}\nsrc/a.ts(3,5): error TS2304: Cannot find name 'zz'.\n${long} error: ${long}\n`,
    );
    expect(lines).toBe(3);
    expect(failures[0]).toMatchObject({ tool: "tsc", logLines: [2, 2] });
  });

  test("UTF-16 of a Windows redirect is read", async () => {
    const text = "\ufeffhello\r\nsrc/a.ts(3,5): error TS2304: Cannot find name 'zz'.\r\n";
    const { root } = await read(Buffer.from(text, "utf16le"));
    expect(root).toMatchObject({ tool: "tsc", message: "Cannot find name 'zz'.", logLines: [2, 2] });
  });

  test("a missing file rejects", async () => {
    await expect(readLog({ path: "/nonexistent/build.log" })).rejects.toThrow(/ENOENT/);
  });

  test("the number of held failures is bounded and the rest is counted", async () => {
    const text = Array.from(
      { length: 6000 },
      (_, n) => `src/f${n}.ts(1,1): error TS2304: Cannot find name 'a${n}'.`,
    ).join("\n");
    const report = await read(text);
    expect(report.failures.length + report.omitted).toBe(6000);
    expect(report.omitted).toBe(1000);
  });
});
