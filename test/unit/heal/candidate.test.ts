import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changedLines, writeChanges } from "../../../src/pillars/heal/candidate.ts";
import { unifiedDiff } from "../../../src/pillars/heal/edit/difference.ts";
import { combine } from "../../../src/pillars/heal/repair.ts";
import { isSafePath, openTree } from "../../../src/pillars/heal/tree.ts";

let root: string;
beforeEach(async () => {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-tree-"));
  root = join(scratch, "product");
  await mkdir(join(root, "src"), { recursive: true });
  await writeFile(join(root, "src/a.js"), "one\ntwo\n");
  await writeFile(join(scratch, "secret.txt"), "secret\n");
});
afterEach(() => rm(join(root, ".."), { recursive: true, force: true }));

const write = (path: string, before: string | undefined, after: string | undefined) =>
  writeChanges(root, [{ path, before, after }], (file) => openTree(root).read(file));

describe("an edit is written", () => {
  it("whole, into new folders, and keeps a script executable", async () => {
    await writeFile(join(root, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    expect(await write("src/deep/new.js", undefined, "new\n")).toMatchObject({ ok: true });
    expect(await readFile(join(root, "src/deep/new.js"), "utf8")).toBe("new\n");
    expect(await write("run.sh", "#!/bin/sh\n", "#!/bin/sh\nexit\n")).toMatchObject({ ok: true });
    expect((await stat(join(root, "run.sh"))).mode & 0o111).not.toBe(0);
    expect(await write("src/a.js", "one\ntwo\n", undefined)).toMatchObject({ ok: true });
    expect(await openTree(root).read("src/a.js")).toBe(undefined);
  });

  it("never over a file that is not as the edit expects it", async () => {
    expect(await write("src/a.js", "one\n", "1\n")).toMatchObject({
      ok: false,
      diagnostics: [{ code: "heal.file_changed" }],
    });
    expect(await readFile(join(root, "src/a.js"), "utf8")).toBe("one\ntwo\n");
  });

  it.each([
    "../secret.txt",
    "/etc/passwd",
    "src/../../secret.txt",
    ".git/config",
    "src/.GIT/hooks/x",
    "a\\..\\b",
    "",
    "C:/x",
    "./src/a.js",
  ])("never outside the repository or into git's own data: %j", async (path) => {
    expect(isSafePath(path)).toBe(false);
    expect(await write(path, undefined, "x")).toMatchObject({
      ok: false,
      diagnostics: [{ code: "heal.path_outside" }],
    });
  });

  it("never through a symbolic link", async () => {
    await symlink("..", join(root, "up"));
    await symlink("../secret.txt", join(root, "link.txt"));
    expect(await write("up/secret.txt", undefined, "x")).toMatchObject({ ok: false });
    expect(await openTree(root).read("link.txt")).toBe(undefined);
    expect(await openTree(root).read("up/secret.txt")).toBe(undefined);
    // What is not seen does not exist: a new file there would replace the link, not what it points to.
    await write("link.txt", undefined, "mine\n");
    expect(await readFile(join(root, "../secret.txt"), "utf8")).toBe("secret\n");
  });
});

describe("a tree", () => {
  it("finds the file that a log means, and none where several fit", async () => {
    await mkdir(join(root, "packages/b"), { recursive: true });
    await writeFile(join(root, "packages/b/index.js"), "");
    await mkdir(join(root, "packages/c"), { recursive: true });
    await writeFile(join(root, "packages/c/index.js"), "");
    const tree = openTree(root);
    expect(await tree.locate("file:///home/ci/workspace/x/src/a.js")).toBe("src/a.js");
    expect(await tree.locate(join(root, "src/a.js"))).toBe("src/a.js");
    expect(await tree.locate("./src/a.js")).toBe("src/a.js");
    expect(await tree.locate("a.js")).toBe("src/a.js");
    expect(await tree.locate("index.js")).toBe(undefined);
    expect(await tree.locate("c/index.js")).toBe("packages/c/index.js");
    expect(await tree.locate("nowhere.js")).toBe(undefined);
  });
});

describe("edits", () => {
  it("one after another are one", () => {
    const first = [{ path: "a", before: "1\n", after: "2\n" }];
    const second = [
      { path: "a", before: "2\n", after: "3\n" },
      { path: "b", before: undefined, after: "new\n" },
    ];
    expect(combine(first, second)).toEqual([
      { path: "a", before: "1\n", after: "3\n" },
      { path: "b", before: undefined, after: "new\n" },
    ]);
  });

  it("are counted and shown as git does", () => {
    const changes = [{ path: "a", before: "1\n2\n3\n", after: "1\nx\n3\n4\n" }];
    expect(changedLines(changes)).toBe(3);
    expect(unifiedDiff(changes)).toBe("--- a/a\n+++ b/a\n@@ -1,3 +1,4 @@\n 1\n-2\n+x\n 3\n+4\n");
    expect(unifiedDiff([{ path: "n", before: undefined, after: "x\n" }])).toMatch(/^--- \/dev\/null\n\+\+\+ b\/n\n/);
  });
});
