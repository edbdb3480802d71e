import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { release } from "../../../src/pillars/release/release.ts";
import { readSpec } from "../../../src/pipeline/spec.ts";
import { must, releaseWorld, type World } from "./world.ts";

vi.setConfig({ testTimeout: 60_000 });

let world: World;
afterEach(() => world.close());

// The built file is ignored, as such files are, and says which version it was built as.
const open = async (command = "mkdir -p dist && node -p 'require(\\\"./package.json\\\").version' > dist/it.js") => {
  world = await releaseWorld({
    front: `packages: [{ ecosystem: npm, path: ., publish: false }]
release:
  tag: v{version}
  built_tag: { name: "dist-{version}", command: "${command}", files: [dist/it.js] }`,
    files: { "package.json": '{\n  "name": "payments",\n  "version": "0.0.0"\n}\n', ".gitignore": "dist\n" },
  });
};

test("a release makes a second tag, of a commit with the built files that no branch has", async () => {
  await open();
  const planned = must(await release(await world.session({ dryRun: true })));
  expect(planned.effects.filter(({ action }) => action === "release.tag").map(({ target }) => target.tag)).toEqual([
    "v1.0.0",
    "dist-1.0.0",
  ]);
  const done = must(await release(await world.session()));
  expect(done.tags).toEqual(["v1.0.0", "dist-1.0.0"]);
  world.git("fetch", "-q", "--tags");
  expect(world.git("show", "dist-1.0.0:dist/it.js")).toBe("1.0.0");
  expect(world.git("rev-parse", "dist-1.0.0^{commit}^")).toBe(world.git("rev-parse", "v1.0.0^{commit}"));
  expect(world.git("branch", "--all", "--contains", "dist-1.0.0")).toBe("");
  expect(world.git("ls-tree", "--name-only", "v1.0.0")).not.toContain("dist");
  // The next release counts from the version's tag, not from that one.
  world.write("more.js", "1\n");
  world.commit("feat: more");
  expect(must(await release(await world.session())).tags).toEqual(["v1.1.0", "dist-1.1.0"]);
});

test("a release that stopped before it is gone on with, and builds nothing again", async () => {
  await open();
  const hook = join(world.place.origin, "hooks/update");
  writeFileSync(hook, '#!/bin/sh\ncase "$1" in refs/tags/dist*) exit 1 ;; esac\n', { mode: 0o755 });
  const stopped = await release(await world.session());
  expect(stopped.ok ? [] : stopped.diagnostics.map(({ code }) => code)).toContain("git.push_refused");
  rmSync(hook);
  expect(world.git("ls-remote", "--tags", "origin")).not.toContain("dist");
  const built = () => world.told().filter((line) => line.includes("dist-1.0.0: built")).length;
  const done = must(await release(await world.session()));
  expect([done.tags, built()]).toEqual([["v1.0.0", "dist-1.0.0"], 1]);
  expect(must(await release(await world.session())).released).toBe(false);
});

test.each([
  ["exit 3", "release.tag_build_failed"],
  ["true", "release.tag_file_missing"],
  ["mkdir dist && ln -s /etc/hostname dist/it.js", "release.tag_file_missing"],
])("nothing is released when %j builds the file", async (command, code) => {
  await open(command);
  const done = await release(await world.session());
  expect(done.ok ? [] : done.diagnostics.map((one) => one.code)).toContain(code);
  expect(world.git("ls-remote", "--tags", "origin")).toBe("");
});

test("a spec says what is wrong with such a tag", async () => {
  await open();
  const spec = (release: string) =>
    readSpec(`---\nproduct: p\ncompany: c\nrelease: ${release}\n---\n# P\n`, { file: "SPEC.md" });
  const built = (more: string) =>
    `{ tag: "v{version}", built_tag: { name: "d-{version}", command: make, files: [a], ${more} } }`;
  expect(spec(built("")).ok).toBe(true);
  for (const bad of [
    '{ built_tag: { name: "d-{version}", command: make, files: [a] } }',
    '{ tag: "d-{version}", built_tag: { name: "d-{version}", command: make, files: [a] } }',
    built("").replace("d-{version}", "d"),
    built("").replace("[a]", "[../a]"),
    built("").replace("[a]", "[/a]"),
    built("").replace("[a]", "[a/../../b]"),
    built("").replace("[a]", "[]"),
  ]) {
    expect([bad, spec(bad).ok]).toEqual([bad, false]);
  }
});
