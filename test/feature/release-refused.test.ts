import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SpineWorld, spineWorld } from "./spine-world.ts";

/** The rows of "why a release is refused" in docs/releasing.md: each message as a person sees it. */

const FRONT = `packages: [{ ecosystem: npm, path: . }]
stages:
  test: { run: sh check.sh, reports: { coverage: coverage.info } }`;
const allowed = (when = "") => `
  - id: releases
    allow: [git.commit, git.push, release.tag, announce.post]
    when: run.pillar == "release"${when}`;

let world: SpineWorld;
beforeAll(async () => {
  world = await spineWorld({
    front: FRONT,
    files: {
      "package.json": '{\n  "name": "payments",\n  "version": "1.0.0"\n}\n',
      "check.sh": "printf 'SF:a.js\\nLF:10\\nLH:7\\nend_of_record\\n' >coverage.info\ntest ! -e broken\n",
      ".gitignore": "coverage.info\n",
    },
  });
});
afterAll(() => world.close());

/** What `codemonkeys release` tells, without times, and that nothing came of it. */
async function refused(...args: string[]): Promise<string> {
  const before = await world.gitIn(world.origin, "for-each-ref");
  const { code, stdout, stderr } = await world.run("release", ...args);
  const said = `${stdout}${stderr}`;
  expect(code, said).not.toBe(0);
  expect(await world.gitIn(world.origin, "for-each-ref"), said).toBe(before);
  return said;
}

describe("a release is refused before anything is done", () => {
  test("in a freeze window, with the rule, its place and when it is allowed again", async () => {
    await world.govern(`${allowed()}
  - id: freeze
    deny: [release.tag, package.publish]
    when: now.date < "2099-01-02"
    because: The year's books are being closed.`);
    const said = await refused();
    expect(said).toContain("release.tag is denied by freeze: The year's books are being closed.");
    expect(said).toMatch(/constitution\.yaml:\d+:\d+ at [0-9a-f]{7}/);
    expect(said).toContain('now.date < "2099-01-02"');
    await world.govern(`${allowed()}
  - id: quarter
    deny: [release.tag]
    when: now.hour >= 0 && now.date < "${new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)}"
    because: Three days of quiet.`);
    expect(await refused()).toMatch(/allowed again from \w{3} \d+ \w{3} \d{4} 00:00 \(by releases\)/);
  });

  test("while nobody knows whether CI is green, and when it is red", async () => {
    await world.govern(allowed(" && ci.green"));
    const unknown = await refused();
    expect(unknown).toContain("ci.green");
    expect(unknown).toContain("nobody established ci.green");
    await world.change("test: break it", { broken: "" });
    expect((await world.run("run")).code).not.toBe(0);
    expect(await refused()).toMatch(/ci\.green +false +\(ci\.green is false, seen by builds\)/);
    await world.git("rm", "-q", "broken");
    await world.change("test: mend it", {});
    expect((await world.run("run")).code).toBe(0);
  });

  test("with too little coverage", async () => {
    await world.govern(
      allowed(),
      "\nrelease: { requires: [{ that: coverage.percent >= 80.0, because: Untested code is not released. }] }",
    );
    const said = await refused();
    expect(said).toContain("Untested code is not released.");
    expect(said).toMatch(/coverage\.percent is 70, seen by builds/);
  });

  test("before the commit has its minimum age, with the time from which it is old enough", async () => {
    await world.govern(
      allowed(),
      "\nrelease: { requires: [{ that: source.age_hours >= 24, because: A day to notice. }] }",
    );
    const said = await refused();
    expect(said).toContain("A day to notice.");
    expect(said).toMatch(/allowed again from \w{3} \d+ \w{3} \d{4} \d\d:\d\d \(by releases\)/);
  });

  test("without required documents, by name", async () => {
    await world.govern(allowed(), "\nrelease: { docs: [SPEC.md, docs/runbook.md] }");
    const said = await refused();
    expect(said).toContain("release.tag is denied by release.docs");
    expect(said).toMatch(/source\.lacks_docs is docs\/runbook\.md/);
  });

  test("with a dirty tree, where the constitution asks for a clean one", async () => {
    await world.govern(allowed(" && source.clean"));
    writeFileSync(join(world.product, "left-over.txt"), "x");
    expect(await refused()).toMatch(/source\.clean +false/);
    await world.git("clean", "-qf");
    expect(existsSync(join(world.product, "left-over.txt"))).toBe(false);
  });

  test("on the wrong branch", async () => {
    await world.govern(allowed(' && source.branch == "main"'));
    await world.git("switch", "-q", "-c", "topic");
    await world.git("push", "-q", "origin", "topic");
    expect(await refused()).toMatch(/source\.branch == "main" +false +\(source\.branch is topic/);
    await world.git("switch", "-q", "main");
  });

  test("on a branch that lacks a release of its series", async () => {
    await world.govern(allowed());
    await world.git("switch", "-q", "topic");
    await world.git("commit", "-q", "--allow-empty", "-m", "fix: elsewhere");
    await world.git("tag", "v1.0.0");
    await world.git("switch", "-q", "main");
    expect(await refused()).toMatch(/1\.0\.0 is tagged already \(v1\.0\.0\), on a commit that main does not contain/);
    await world.git("tag", "-d", "v1.0.0");
  });

  test("until people agreed to all that is to come, asked in one go; and for good when one of them said no", async () => {
    const rules = `
  - id: releases
    allow: [git.commit, git.push]
    when: run.pillar == "release"
  - id: two-eyes
    ask: [release.tag, git.push]
    of: { group: managers, count: 1, within: 4h }
    because: Somebody else looks first.`;
    await world.govern(rules, "\ngroups: { managers: [ada] }");
    const before = await world.gitIn(world.origin, "for-each-ref");
    const local = await world.git("rev-parse", "HEAD");
    const asked = await world.run("release");
    const said = `${asked.stdout}${asked.stderr}`;
    expect(asked.code, said).toBe(7);
    expect(said).toContain("release.tag waits for one person of managers: Somebody else looks first.");
    const ids = [...new Set([...said.matchAll(/codemonkeys approve (a-\w+)/g)].map(([, id]) => id as string))];
    // The branch, the tag, and the tag's push.
    expect(ids, said).toHaveLength(3);
    expect(await world.gitIn(world.origin, "for-each-ref")).toBe(before);
    expect(await world.git("rev-parse", "HEAD")).toBe(local);
    const ada = { CODEMONKEYS_REQUESTER: "ada" };
    const no = await world.runWith(ada, "approve", ids[1] as string, "--refuse");
    expect(no.code, no.stderr).toBe(0);
    expect(await refused()).toMatch(/is denied by two-eyes: ada said no\./);

    // Another commit is another plan; with a yes to all of its run, nobody is asked again.
    await world.change("fix: what ada disliked", {});
    const again = await world.run("release");
    const status = await world.run("status");
    expect(status.stdout).not.toContain(ids[0]);
    const run = /codemonkeys approve (r-\w+)/.exec(`${again.stdout}${again.stderr}`)?.[1] as string;
    const yes = await world.runWith(ada, "approve", run);
    expect(yes.code, yes.stderr).toBe(0);
    const done = await world.run("release");
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
    expect(await world.gitIn(world.origin, "tag", "--list")).toBe("v1.0.0");
  });
});
