import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFolder } from "../../../src/core/files.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "codemonkeys-"));
});
afterAll(() => rm(root, { recursive: true }));

test("many make the same folders at once, and all succeed", async () => {
  for (let round = 0; round < 20; round += 1) {
    const makers = Array.from({ length: 16 }, (_, index) => makeFolder(join(root, `${round}/a/b/c/${index % 3}`)));
    await Promise.all(makers);
    for (const index of [0, 1, 2]) expect((await stat(join(root, `${round}/a/b/c/${index}`))).isDirectory()).toBe(true);
  }
});

test("what cannot be made fails once, and does not try for ever", async () => {
  await expect(makeFolder("/proc/codemonkeys/a")).rejects.toThrow(/ENOENT|EACCES|EPERM/);
  await writeFile(join(root, "file"), "");
  await expect(makeFolder(join(root, "file"))).rejects.toThrow(/EEXIST/);
  await expect(makeFolder(join(root, "file/below"))).rejects.toThrow(/ENOTDIR/);
});
