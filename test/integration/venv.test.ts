import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runProcess } from "../../src/core/process.ts";
import { ensureVenv } from "../../src/tools/python/index.ts";
import { scratch } from "../unit/tools/git/scratch.ts";
import { codes, ok } from "../unit/tools/permit.ts";

/** A package in a folder: pip installs it without asking an index. */
async function localPackage(): Promise<string> {
  const python = ["-c", WRITE_WHEEL];
  const directory = scratch();
  const made = await runProcess("python3", [...python, join(directory, "tiny-1.0-py3-none-any.whl")], {
    cwd: directory,
  });
  expect(made.stderr).toBe("");
  return join(directory, "tiny-1.0-py3-none-any.whl");
}

const WRITE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tiny.py", "VALUE = 42\\n")
    wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("tiny-1.0.dist-info/RECORD", "")
`;

describe("ensureVenv", { timeout: 120_000 }, () => {
  test("makes an environment once, reuses it, and makes it anew when its interpreter is gone", async () => {
    const tools = scratch();
    const wheel = await localPackage();
    const first = ok(await ensureVenv("tiny", [wheel], { tools }));
    expect(first.reused).toBe(false);
    const value = await runProcess(first.python, ["-c", "import tiny; print(tiny.VALUE)"], { cwd: tools });
    expect(value.stdout).toBe("42\n");
    const second = ok(await ensureVenv("tiny", [wheel], { tools }));
    expect(second).toMatchObject({ reused: true, directory: first.directory });
    for (const name of readdirSync(join(first.directory, "bin"))) {
      const path = join(first.directory, "bin", name);
      if (!name.startsWith("python") || !lstatSync(path).isSymbolicLink()) continue;
      rmSync(path);
      symlinkSync("/nonexistent/python3", path);
    }
    const third = ok(await ensureVenv("tiny", [wheel], { tools }));
    expect(third.reused).toBe(false);
    expect(third.directory).not.toBe(first.directory);
  });

  test("a failed installation leaves nothing that looks finished, and says what could not be had", async () => {
    const tools = scratch();
    process.env.PIP_NO_INDEX = "1";
    try {
      const failed = await ensureVenv("none", ["no-such-package-of-ours==1.0"], { tools });
      expect(codes(failed)).toEqual(["python.no_such_package"]);
    } finally {
      delete process.env.PIP_NO_INDEX;
    }
    expect(readdirSync(tools).every((name) => name.endsWith(".d") && readdirSync(join(tools, name)).length === 0)).toBe(
      true,
    );
  });

  test("two that want the same at once build it once; a half-made one of a killed run is not used", async () => {
    const tools = scratch();
    const wheel = await localPackage();
    const [one, two] = await Promise.all([
      ensureVenv("tiny", [wheel], { tools }),
      ensureVenv("tiny", [wheel], { tools }),
    ]);
    expect(ok(one).directory).toBe(ok(two).directory);
    const link = join(tools, readdirSync(tools).find((name) => !name.endsWith(".d")) as string);
    rmSync(link);
    const half = join(`${link}.d`, "half");
    mkdirSync(join(half, "bin"), { recursive: true });
    symlinkSync(half, link);
    const mended = ok(await ensureVenv("tiny", [wheel], { tools }));
    expect(mended.reused).toBe(false);
    expect(readlinkSync(link)).toBe(mended.directory);
    expect(existsSync(mended.bin("python"))).toBe(true);
  });
});
