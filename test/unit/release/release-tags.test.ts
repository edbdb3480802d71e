import { afterEach, describe, expect, test } from "vitest";
import { planNow } from "../../../src/pillars/release/release.ts";
import { withoutAliases } from "../../../src/pillars/release/release-tags.ts";
import { parseTag } from "../../../src/pillars/release/tags.ts";
import { must, releaseWorld, type World } from "./world.ts";

describe("tags that move along with releases", () => {
  const kept = (...tags: [name: string, commit: string][]) =>
    withoutAliases(tags.map(([name, commit]) => parseTag(name, commit)).filter((tag) => tag !== undefined)).map(
      ({ tag }) => tag,
    );
  test("are no releases", () => {
    expect(kept(["v2.3.4", "b"], ["v2.3", "b"])).toEqual(["v2.3.4"]);
    expect(kept(["v2.3.0", "a"], ["v2.3.1", "b"], ["v2.3", "c"])).toEqual(["v2.3.0", "v2.3.1"]);
    expect(kept(["tool@1.2.0", "a"], ["tool@1.2", "b"], ["other@1.2", "c"])).toEqual(["tool@1.2.0", "other@1.2"]);
  });
  test("and those of projects that write two numbers are", () => {
    expect(kept(["v1.2", "a"], ["v1.2.1", "b"], ["v1.3", "c"])).toEqual(["v1.2", "v1.2.1", "v1.3"]);
  });
});

describe("a release commit that the branch does not have", () => {
  let world: World;
  afterEach(() => world.close());
  const plan = async (subject: string) => {
    world = await releaseWorld({
      front: "packages: [{ ecosystem: npm, path: . }]",
      files: { "package.json": '{\n  "name": "payments",\n  "version": "0.0.0"\n}\n' },
    });
    world.git("tag", "v1.0.0");
    world.commit("fix: one");
    world.git("switch", "-q", "--detach");
    world.git("commit", "-q", "--allow-empty", "-m", subject);
    world.git("tag", "v1.0.1");
    world.git("switch", "-q", "main");
    world.commit("feat: two");
    return await planNow(await world.session());
  };
  test("released what the commit before it has", async () => {
    expect(must(await plan("chore(release): 1.0.1")).units).toMatchObject([
      { version: "1.1.0", commits: 1, previous: { version: "1.0.1", tag: "v1.0.1" } },
    ]);
  });
  test("is told from a commit with a change of its own, which the branch lacks", async () => {
    expect(must(await plan("fix: only there")).units).toMatchObject([{ previous: { tag: "v1.0.0" }, commits: 2 }]);
  });
});
