import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

// Each of these drives the program many times, each time a process of its own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let world: SpineWorld;
beforeEach(async () => {
  world = await spineWorld();
});
afterEach(() => world.close());

const anchors = async () => (await world.gitIn(world.organisation, "show", "main:audit/anchors.jsonl")).split("\n");
/** Leaves two entries in the log. */
async function happen(): Promise<void> {
  expect((await world.run("pause", "--of", "payments", "--reason", "incident 7")).code).toBe(0);
  expect((await world.run("resume", "--of", "payments")).code).toBe(0);
}
const verify = async () => {
  const { code, stdout, stderr } = await world.run("audit", "verify");
  return { code, said: `${stdout}\n${stderr}` };
};

/** The log's one file and its lines. */
function log() {
  const folder = join(world.state, "audit");
  const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".jsonl"));
  const file = join(folder, name);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return { lines, rewrite: (changed: readonly string[]) => writeFileSync(file, `${changed.join("\n")}\n`) };
}

describe("audit anchor", () => {
  it("commits the log's head to the organisation, once for the same log", async () => {
    expect((await world.run("audit", "anchor")).stdout).toContain("the audit log is empty");
    await happen();
    expect((await verify()).said).toContain("no anchor vouches for any of them");

    const planned = await world.result("audit", "anchor", "--dry-run");
    expect(planned).toMatchObject({ code: 0, data: { state: "planned", anchor: { seq: 2 } } });
    expect((await world.run("audit", "anchor", "--dry-run")).stderr).toMatch(/would anchor the audit log up to #2: /);
    await expect(anchors()).rejects.toThrow(/exists on disk|does not exist|not in/);

    const done = await world.result("audit", "anchor");
    expect(done).toMatchObject({ code: 0, data: { state: "anchored", anchor: { seq: 2 } } });
    expect((await anchors()).map((line) => JSON.parse(line))).toEqual([(done.data as { anchor: unknown }).anchor]);
    expect(await world.gitIn(world.organisation, "log", "-1", "--format=%s", "main")).toBe(
      "chore(audit): anchor entry 2",
    );
    expect((await verify()).said).toMatch(/anchored up to #2 .*6 entries lie beyond the anchor/);

    const tip = await world.gitIn(world.organisation, "rev-parse", "main");
    expect(await world.result("audit", "anchor")).toMatchObject({
      code: 0,
      data: { state: "nothing", anchor: { seq: 2 } },
    });
    expect(await world.gitIn(world.organisation, "rev-parse", "main")).toBe(tip);

    await happen();
    expect(await world.result("audit", "anchor")).toMatchObject({ data: { state: "anchored", anchor: { seq: 10 } } });
    expect(await anchors()).toHaveLength(2);
  });

  it("is asked of the constitution", async () => {
    await happen();
    await world.govern(LOOP_RULES.replace('"org"', '"nobody"'));
    const refused = await world.run("audit", "anchor");
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining("git.commit is denied")]);
  });

  it("is done by a release where a rule allows it, and left where none does", async () => {
    await world.govern(LOOP_RULES.replace('"org"', '"nobody"'));
    expect((await world.run("release")).code).toBe(0);
    await expect(anchors()).rejects.toThrow();
    await world.govern(LOOP_RULES);
    await world.change("fix: rounding", { "a.txt": "a\n" });
    const released = await world.run("release");
    expect([released.code, released.stderr]).toEqual([0, expect.stringMatching(/audit log anchored up to #\d+ in/)]);
    expect(await anchors()).toHaveLength(1);
    expect((await verify()).code).toBe(0);
  });

  it("of a release that fails is a warning: what was released is released", async () => {
    await happen();
    await world.run("audit", "anchor");
    log().rewrite(log().lines.slice(0, 1));
    const released = await world.run("release");
    expect(released.code).toBe(0);
    expect(released.stderr).toContain("the audit log was not anchored");
    expect(await world.gitIn(world.origin, "tag")).toBe("v1.0.0");
    expect(await anchors()).toHaveLength(1);
  });
});

describe("audit verify, after an anchor, names", () => {
  beforeEach(async () => {
    await happen();
    await happen();
    await world.run("audit", "anchor");
    expect((await verify()).code).toBe(0);
  });

  it("a tail that was cut off", async () => {
    log().rewrite(log().lines.slice(0, 2));
    const { code, said } = await verify();
    expect(code).toBe(5);
    expect(said).toContain("entry 3 is missing: the log was cut off; entry 4 was anchored on");
  });

  it("a log that was written anew", async () => {
    rmSync(join(world.state, "audit"), { recursive: true });
    for (let time = 0; time < 3; time += 1) await happen();
    const { code, said } = await verify();
    expect(code).toBe(5);
    expect(said).toContain("entry 4 is not the one that was anchored: the log was rewritten from its beginning");
    const anchored = await world.run("audit", "anchor");
    expect([anchored.code, anchored.stderr]).toEqual([5, expect.stringContaining("the log was rewritten")]);
  });

  it("entries in another order", async () => {
    const { lines, rewrite } = log();
    const [first, second, third, ...rest] = lines as [string, string, string, ...string[]];
    rewrite([first, third, second, ...rest]);
    const { code, said } = await verify();
    expect(code).toBe(5);
    expect(said).toContain("entry 2 is out of order: entry 3 stands in its place");
  });

  it("an entry that was edited", async () => {
    const { lines, rewrite } = log();
    rewrite(lines.map((line, index) => (index === 2 ? line.replace("incident 7", "incident 8") : line)));
    expect(log().lines).not.toEqual(lines);
    const { code, said } = await verify();
    expect(code).toBe(5);
    expect(said).toContain("entry 3 is damaged");
  });
});

describe("constitution diff over the audit log", () => {
  it("names the decisions that a changed constitution would make otherwise", async () => {
    expect((await world.run("release")).code).toBe(0);
    const constitution = await world.gitIn(world.organisation, "show", "main:constitution.yaml");
    const file = join(world.root, "new.yaml");
    writeFileSync(file, `${constitution}\n  - { id: no-tags, deny: [release.tag], because: Frozen. }\n`);
    const same = await world.run("constitution", "diff", "current", "current", "--over", "audit");
    expect([same.code, same.stdout]).toEqual([0, expect.stringContaining("the same answers by the same rules")]);
    const diff = await world.run("constitution", "diff", "current", file);
    expect(diff.stdout).toMatch(/\d+ past decisions: 1 would be answered otherwise, 0 the same by another rule/);
    expect(diff.stdout).toContain("release.tag of payments: allow by releases → deny by no-tags");
    const missing = await world.run("constitution", "diff", "current", "nowhere.yaml");
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining("nowhere.yaml")]);
  });
});

describe("audit prune", () => {
  it("keeps what the constitution keeps", async () => {
    await happen();
    expect(await world.result("audit", "prune")).toMatchObject({ code: 0, data: { entries: 0, keep: "2y" } });
    expect((await verify()).said).toContain("2 entries, the chain is whole");
  });
});
