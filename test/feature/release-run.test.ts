import { afterEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../src/core/diagnostic.ts";
import { findRelease } from "../../src/pillars/release/kept.ts";
import { release } from "../../src/pillars/release/release.ts";
import { must, releaseWorld, type World, type WorldOptions } from "../unit/release/world.ts";

let world: World;
const open = async (options: Partial<WorldOptions> = {}) => {
  world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: . }]",
    files: { "package.json": '{\n  "name": "payments",\n  "version": "0.0.0"\n}\n' },
    ...options,
  });
  return world;
};
afterEach(() => world.close());

const codes = (outcome: Outcome<unknown>) => (outcome.ok ? [] : outcome.diagnostics.map(({ code }) => code));

describe("a release", () => {
  test("goes from the commits to a tag at the remote", async () => {
    await open();
    world.write("a.js", "1");
    world.commit("feat: refunds\n\nBREAKING CHANGE: call refund()");
    const done = must(await release(await world.session()));
    expect(done).toMatchObject({ released: true, tags: ["v1.0.0"], published: [], announced: [] });
    expect(world.git("ls-remote", "origin", "refs/tags/v1.0.0^{}")).toContain(done.commit);
    expect(world.git("for-each-ref", "--format=%(objecttype) %(contents:subject)", "refs/tags")).toBe(
      "tag payments 1.0.0",
    );
    expect(world.git("show", "HEAD:CHANGELOG.md")).toContain("**Breaking:** refunds");
    world.commit("feat!: everything new");
    const next = must(await release(await world.session()));
    expect(next.plan.units[0]).toMatchObject({ version: "2.0.0", bump: "major", commits: 1 });
  });

  test("that has nothing to do says so and changes nothing", async () => {
    await open();
    must(await release(await world.session()));
    world.commit("docs: more words");
    const before = world.git("ls-remote", "origin");
    expect(must(await release(await world.session()))).toMatchObject({ released: false, plan: { units: [] } });
    expect(world.git("ls-remote", "origin")).toBe(before);
    expect(world.told().at(-1)).toContain("nothing to release");
  });

  test("makes pre-releases on a channel, and the stable version after them", async () => {
    await open();
    must(await release(await world.session()));
    world.commit("feat: one");
    expect(must(await release(await world.session(), { channel: "rc" })).tags).toEqual(["v1.1.0-rc.1"]);
    world.commit("fix: two");
    expect(must(await release(await world.session(), { channel: "rc" })).tags).toEqual(["v1.1.0-rc.2"]);
    expect(must(await release(await world.session())).tags).toEqual(["v1.1.0"]);
  });

  test("takes a version that a footer or a person names", async () => {
    await open();
    must(await release(await world.session()));
    world.commit("chore: next\n\nRelease-As: 3.0.0");
    expect(must(await release(await world.session())).tags).toEqual(["v3.0.0"]);
    world.commit("fix: it");
    expect(codes(await release(await world.session(), { releaseAs: "1.0.0" }))).toContain(
      "release.release_as_not_newer",
    );
  });

  test("shows all effects in a dry run, with denials, and leaves no trace", async () => {
    await open({ front: "packages: [{ ecosystem: npm, path: . }]\nannounce: [x]" });
    const before = world.git("for-each-ref");
    const constitution = `version: 1\nrules:\n  - { id: commits, allow: ["git.*"], when: 'source.branch == "main"' }\n  - { id: never, deny: [release.tag], because: Frozen. }\n`;
    const session = await world.session({ dryRun: true, constitution });
    const shown = await release(session);
    expect(must(shown).effects.map(({ action, answer, rule }) => [action, answer, rule])).toEqual([
      ["git.commit", "allow", "commits"],
      ["git.push", "allow", "commits"],
      ["release.tag", "deny", "never"],
      ["git.push", "allow", "commits"],
    ]);
    expect(shown.ok && shown.warnings.map(({ code }) => code)).toContain("announce.unsupported_channel");
    expect(world.git("for-each-ref")).toBe(before);
    expect(world.git("worktree", "list").split("\n")).toHaveLength(1);
  });
});

describe("a release that is refused or stops", () => {
  const frozen = `version: 1\nrules:\n  - { id: all, allow: ["*"], when: 'source.branch == "main"' }\n  - { id: freeze, deny: [release.tag], because: Nobody is here. }\n`;

  test("says which rule, holds the rest, and is finished when the rule is gone", async () => {
    await open();
    const refused = await release(await world.session({ constitution: frozen }));
    expect(refused.ok ? "" : refused.diagnostics[0]?.message).toContain("denied by freeze: Nobody is here.");
    expect(codes(refused)).toContain("release.resumable");
    expect(world.told()).toContain("held announcement waits");
    expect(world.git("ls-remote", "--tags", "origin")).toBe("");
    const done = must(await release(await world.session()));
    expect(done.tags).toEqual(["v1.0.0"]);
    expect(
      world
        .git("log", "--format=%s", "origin/main")
        .split("\n")
        .filter((line) => line.startsWith("chore(release)")),
    ).toHaveLength(1);
  });

  test("plans anew when nothing was done and newer commits came", async () => {
    await open();
    const nothing = `version: 1\nrules:\n  - { id: none, deny: ["*"], because: No. }\n`;
    expect((await release(await world.session({ constitution: nothing }))).ok).toBe(false);
    world.commit("fix: one more");
    const done = must(await release(await world.session()));
    expect(done.plan.units[0]?.commits).toBe(2);
  });

  test("waits for people, and goes on when asked again", async () => {
    await open();
    const asking = `version: 1\ngroups: { managers: [ann] }\nrules:\n  - { id: all, allow: ["*"] }\n  - { id: ask, ask: [release.tag], of: { group: managers, count: 1, within: 4h } }\n`;
    const waiting = await release(await world.session({ constitution: asking }));
    expect(codes(waiting)).toEqual(expect.arrayContaining(["gate.asks", "journal.waiting"]));
    const still = await release(await world.session({ constitution: asking }));
    expect(codes(still)).toContain("journal.waiting");
    expect(must(await release(await world.session())).tags).toEqual(["v1.0.0"]);
  });

  test("without ci.green is denied by a rule that asks for it", async () => {
    await open();
    const needs = `version: 1\nrules:\n  - { id: green, allow: ["*"], when: ci.green }\n`;
    expect(codes(await release(await world.session({ constitution: needs })))[0]).toBe("gate.no_match");
  });

  test.each([
    [
      "a branch that is behind",
      async () => {
        const base = world.git("rev-parse", "HEAD");
        world.commit("feat: elsewhere");
        world.git("reset", "-q", "--hard", base);
      },
      "release.behind_remote",
    ],
    [
      "commits that nobody has",
      async () => {
        world.git("commit", "-q", "--allow-empty", "-m", "feat: mine");
      },
      "release.ahead_of_remote",
    ],
    [
      "a branch that was never pushed",
      async () => {
        world.git("switch", "-q", "-c", "other");
      },
      "release.branch_not_pushed",
    ],
    [
      "a tag that somebody else took",
      async () => {
        world.git("switch", "-q", "-c", "side");
        world.git("commit", "-q", "--allow-empty", "-m", "feat: side");
        world.git("tag", "v1.0.0");
        world.git("switch", "-q", "main");
      },
      "release.version_taken",
    ],
  ] as const)("%s", async (_, prepare, code) => {
    await open();
    await prepare();
    expect(codes(await release(await world.session()))).toEqual([code]);
  });

  test("a tag that stands at the remote alone is found before anything is done", async () => {
    await open();
    world.git("push", "-q", "origin", "HEAD:refs/tags/v1.0.0");
    const before = world.git("ls-remote", "origin");
    const head = world.git("rev-parse", "HEAD");
    expect(codes(await release(await world.session()))).toEqual(["release.tag_elsewhere", "release.resumable"]);
    expect([world.git("ls-remote", "origin"), world.git("rev-parse", "HEAD")]).toEqual([before, head]);
    expect(must(await release(await world.session(), { releaseAs: "1.0.1" })).tags).toEqual(["v1.0.1"]);
  });

  test("an unknown or foreign run cannot be resumed", async () => {
    await open();
    const done = must(await release(await world.session()));
    expect(codes(await release(await world.session(), { resume: "r-ffffffffffff" }))).toEqual(["journal.unknown_run"]);
    expect(codes(await release(await world.session(), { resume: done.run as string }))).toEqual(["release.run_ended"]);
    const mistyped = await release(await world.session(), { resume: "r-nowhere" });
    expect(mistyped).toMatchObject({ diagnostics: [{ code: "journal.unknown_run" }] });
    expect(mistyped.ok ? "" : mistyped.diagnostics[0]?.next).toContain("no release of payments is unfinished");
    expect(await findRelease(await world.session(), "v1.0.0")).toMatchObject({ ok: true, value: { run: done.run } });
    const other = await findRelease(await world.session(), "9.9.9");
    expect(other.ok ? "" : other.diagnostics[0]?.next).toBe("it has 1.0.0");
  });
});

describe("packages with versions of their own", () => {
  test("are released each under its tag, and what asks for a released one follows with a patch", async () => {
    await open({
      front: "packages: [{ ecosystem: npm, path: a }, { ecosystem: npm, path: b }]",
      files: {
        "a/package.json": '{ "name": "@acme/a", "version": "1.0.0" }\n',
        "b/package.json": '{ "name": "@acme/b", "version": "1.0.0", "dependencies": { "@acme/a": "^1.0.0" } }\n',
      },
    });
    for (const name of ["a", "b"]) world.git("tag", `@acme/${name}@1.0.0`);
    world.git("push", "-q", "origin", "--tags");
    world.write("a/index.js", "1");
    world.commit("feat: a thing");
    const done = must(await release(await world.session()));
    expect(done.tags).toEqual(["@acme/a@1.1.0", "@acme/b@1.0.1"]);
    expect(world.git("log", "-1", "--format=%s")).toBe("chore(release): @acme/a 1.1.0, @acme/b 1.0.1");
    expect(JSON.parse(world.git("show", "HEAD:b/package.json"))).toMatchObject({
      version: "1.0.1",
      dependencies: { "@acme/a": "^1.1.0" },
    });
    expect(world.git("show", "HEAD:a/CHANGELOG.md")).toContain("## [1.1.0]");
  });
});
