import { describe, expect, test } from "vitest";
import { CATEGORIES } from "../../../src/pillars/heal/read/index.ts";
import { read } from "./logs.ts";

const TSC = "src/a.ts(3,5): error TS2304: Cannot find name 'zz'.";

describe("the report", () => {
  test("is empty for a green log, also one that speaks of errors", async () => {
    const log =
      "0 errors, 0 warnings\n  ✓ handles a failed payment without error (3 ms)\nok  \tpkg\t0.1s\nTests run: 3, Failures: 0, Errors: 0\nnpm warn deprecated x: no longer supported\n";
    expect(await read(log)).toMatchObject({ failures: [], root: undefined, lines: 5 });
  });

  test("marks exactly one root, and callers as consequences", async () => {
    const log = `${TSC}\nsrc/b.ts(1,1): error TS2304: Cannot find name 'yy'.\nmake: *** [Makefile:3: build] Error 2\n##[error]Process completed with exit code 2.\n`;
    const { failures, root } = await read(log);
    expect(failures.map(({ tool, rank }) => [tool, rank])).toEqual([
      ["tsc", "cause"],
      ["tsc", "cause"],
      ["make", "consequence"],
      ["github-actions", "consequence"],
    ]);
    expect(failures.filter((failure) => failure.root)).toEqual([root]);
    expect(root?.logLines).toEqual([1, 1]);
  });

  test("has a root also when only a caller speaks", async () => {
    const { root } = await read("hello\nmake: *** [Makefile:3: build] Error 2\n");
    expect(root).toMatchObject({ tool: "make", rank: "consequence", captures: { target: "build" } });
  });

  test("tells a repeated failure once, with all its lines", async () => {
    const { failures } = await read(`${TSC}\nhello\n${TSC}\n`);
    expect(failures).toMatchObject([{ count: 2, logLines: [1, 1], alsoAt: [[3, 3]] }]);
  });

  test("prefers what a tool reports over an error that somebody may have handled", async () => {
    const log = `Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nValueError: handled\n\n${TSC}\n`;
    expect((await read(log)).root?.tool).toBe("tsc");
  });

  test("leaves out what the last green log shows too, whatever its numbers", async () => {
    const noise = (n: number) => `bash: line ${n}: bc: command not found`;
    const fail = `${noise(7)}\n${TSC}\n`;
    expect((await read(fail)).failures).toHaveLength(2);
    const { failures } = await read(fail, {
      pass: (async function* () {
        yield Buffer.from(`hello\n${noise(9)}\n`);
      })(),
    });
    expect(failures).toMatchObject([{ tool: "tsc" }]);
  });

  test("keeps everything when the green log shows it all", async () => {
    const pass = (async function* () {
      yield Buffer.from(`${TSC}\n`);
    })();
    expect((await read(`${TSC}\n`, { pass })).root?.tool).toBe("tsc");
  });

  test("falls back to the general reader for a tool nobody knows", async () => {
    const log =
      "starting frobnicator 3.1\nERROR: schema is not up-to-date. Run 'frob sync' and commit the result.\n##[error]Process completed with exit code 1.\n";
    expect(await read(log)).toMatchObject({
      root: {
        tool: "general",
        category: "unknown",
        message: expect.stringContaining("schema is not up-to-date"),
        logLines: [2, 2],
      },
      failures: { length: 1 },
    });
  });

  test.each([
    ["cp: error writing 'x': No space left on device", "infrastructure"],
    ["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "infrastructure"],
    ["fatal: unable to access 'https://x.example/': Could not resolve host: x.example", "infrastructure"],
    ["Cannot contact agent-7: java.lang.InterruptedException", "infrastructure"],
    ["##[error]The runner has received a shutdown signal.", "infrastructure"],
    ["Error: Input required and not supplied: token", "secret_missing"],
    ["ERROR: Could not find credentials entry with ID 'npm-token'", "secret_missing"],
    ["fatal: could not read Username for 'https://x.example': terminal prompts disabled", "secret_missing"],
    ["E: Unable to locate package libfoo-dev", "dependency_resolution"],
    ["[ERROR] warnings found and -Werror specified", "warnings_as_errors"],
  ])("%s is %s", async (line, category) => {
    const { root } = await read(`hello\n${line}\n`);
    expect(root?.category).toBe(category);
    expect(CATEGORIES).toContain(root?.category);
  });
});
