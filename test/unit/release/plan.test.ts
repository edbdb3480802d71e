import { afterEach, beforeEach, expect, test } from "vitest";
import { planNow } from "../../../src/pillars/release/release.ts";
import { must, releaseWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: . }]",
    files: { "package.json": '{\n  "name": "payments",\n  "version": "0.0.0"\n}\n' },
  });
  world.git("tag", "v1.4.0");
});
afterEach(() => world.close());

/** The next version; undefined when there is nothing to release, a code when it is refused. */
async function next(channel?: string, releaseAs?: string): Promise<string | undefined> {
  const plan = await planNow(await world.session(), { channel, releaseAs });
  return plan.ok ? plan.value.units[0]?.version : plan.diagnostics[0]?.code;
}

test("a channel goes on for changes since its own last pre-release; another channel takes the same commits up", async () => {
  world.commit("feat: a");
  expect(await next("beta")).toBe("1.5.0-beta.1");
  world.git("tag", "v1.5.0-beta.1");
  expect(await next("beta")).toBeUndefined();
  expect(await next("rc")).toBe("1.5.0-rc.1");
  expect(await next()).toBe("1.5.0");
  world.commit("docs: b");
  expect(await next("beta")).toBeUndefined();
  world.commit("fix: c");
  expect(await next("beta")).toBe("1.5.0-beta.2");
});

test("a feature of the last pre-release that is taken back makes another one", async () => {
  world.commit("feat: a");
  world.git("tag", "v1.5.0-beta.1");
  world.commit('Revert "feat: a"');
  expect(await next("beta")).toBe("1.5.0-beta.2");
});

test("a Release-As footer that asked for a pre-release goes on to what that leads to", async () => {
  world.git("commit", "-q", "--allow-empty", "-m", "chore: next\n\nRelease-As: 2.0.0-rc.1");
  world.commit("fix: a");
  expect(await next()).toBe("2.0.0-rc.1");
  world.git("tag", "v2.0.0-rc.1");
  world.commit("fix: b");
  expect(await next("rc")).toBe("2.0.0-rc.2");
  expect(await next()).toBe("2.0.0");
});

test("a maintenance branch keeps to its range, whatever is released or on its way elsewhere", async () => {
  world.git("switch", "-q", "-c", "1.x");
  world.git("switch", "-q", "main");
  world.commit("feat!: a");
  world.git("tag", "v2.0.0");
  world.commit("feat: b");
  world.git("tag", "v2.1.0-beta.1");
  world.git("switch", "-q", "1.x");
  world.git("commit", "-q", "--allow-empty", "-m", "fix: old");
  world.git("push", "-q", "-u", "origin", "1.x");
  expect(await next()).toBe("1.4.1");
  expect(await next("beta")).toBe("1.4.1-beta.1");
  world.git("commit", "-q", "--allow-empty", "-m", "feat!: no");
  world.git("push", "-q");
  expect(await next()).toBe("release.outside_maintenance");
});

test("the revert of a merge takes its commits back from a package with versions of its own too", async () => {
  await world.close();
  world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: a }, { ecosystem: npm, path: b }]",
    files: {
      "a/package.json": '{\n  "name": "a",\n  "version": "1.0.0"\n}\n',
      "b/package.json": '{\n  "name": "b",\n  "version": "1.0.0"\n}\n',
    },
  });
  world.git("tag", "a@1.0.0");
  world.git("tag", "b@1.0.0");
  world.git("switch", "-q", "-c", "topic");
  world.write("a/new.js", "1;\n");
  world.git("add", "-A");
  world.git("commit", "-q", "-m", "feat: new");
  world.git("switch", "-q", "main");
  world.git("merge", "-q", "--no-ff", "topic", "-m", "Merge branch 'topic'");
  world.git("push", "-q", "origin", "main");
  expect(must(await planNow(await world.session())).units).toMatchObject([{ name: "a", version: "1.1.0" }]);
  world.git("revert", "--no-edit", "-m", "1", "HEAD");
  world.git("push", "-q", "origin", "main");
  expect(must(await planNow(await world.session())).units).toEqual([]);
});
