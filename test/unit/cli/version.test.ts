import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { runProgram } from "../../../src/cli/program.ts";
import { EXIT } from "../../../src/core/exit-codes.ts";

const cwd = mkdtempSync(join(tmpdir(), "codemonkeys-"));
afterAll(() => rmSync(cwd, { recursive: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const stream = (name: "out" | "err") =>
    new Writable({
      write(chunk, _encoding, done) {
        said[name] += chunk;
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await runProgram(argv, {
    version: "97.98.99",
    cwd,
    environment: { HOME: cwd, PATH: process.env.PATH },
    streams: { out: stream("out"), err: stream("err") },
    signal: new AbortController().signal,
  });
  return { code, ...said };
}

describe("--version", () => {
  test.each([["--version"], ["-V"]])("%s alone is the program's", async (flag) => {
    expect(await run(flag)).toMatchObject({ code: EXIT.success, out: "97.98.99\n" });
  });

  test.each([["publish"], ["announce"], ["deploy"], ["release", "rollback"]])(
    "%s --version 1.5.0 is the release's",
    async (...command) => {
      const { code, out } = await run(...command, "--version", "1.5.0");
      expect(out).not.toContain("97.98.99");
      // The folder is no product: the command came as far as looking.
      expect(code).toBe(EXIT.config);
    },
  );
});
