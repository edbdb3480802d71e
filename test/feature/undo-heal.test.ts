import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UndoResult } from "../../src/pillars/undo/report.ts";
import { openSwarm } from "../../src/swarm/open.ts";
import { must } from "../unit/release/world.ts";
import { BREAKING, GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

// Each of these drives the program many times, each time a process of its own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let world: SpineWorld;
/** Id of the heal run that every test begins with, and the commit it made. */
let heal: string;
let healed: string;

beforeEach(async () => {
  world = await spineWorld({ files: GOOD_PRODUCT });
  await world.change("feat: refactor", BREAKING);
  expect((await world.run("run")).code).toBe(1);
  const report = await world.result<{ fix_commit: string; learned: string }>("heal");
  expect(report).toMatchObject({ code: 0, data: { verdict: "fixed", pushed: true } });
  heal = report.run ?? "";
  healed = report.data.fix_commit;
});
afterEach(() => world.close());

const undo = (...args: string[]) => world.result<UndoResult>("undo", heal, ...args);
/** How the uses of the learned template went, as the database has it. */
async function uses(): Promise<string[]> {
  const swarm = must(await openSwarm({ stateDir: world.state }));
  const rows = await swarm.db.selectFrom("template_outcomes").select("outcome").orderBy("seq").execute();
  await swarm.close();
  return rows.map(({ outcome }) => outcome);
}
const remoteTip = () => world.gitIn(world.origin, "rev-parse", "main");
const source = () => readFile(join(world.product, "src/vat.js"), "utf8");

describe("undoing a heal", () => {
  it("reverts its commit, pushes that, and counts its template as failed; once", async () => {
    expect(await uses()).toEqual(["worked"]);
    const planned = await undo("--dry-run");
    expect(planned).toMatchObject({ code: 0, data: { run: null } });
    expect(planned.data.effects.map(({ action, state, rule }) => [action, state, rule])).toEqual([
      ["git.commit", "planned", "undoing"],
      ["git.push", "planned", "undoing"],
      [null, "planned", null],
    ]);
    expect(await remoteTip()).toBe(healed);

    const done = await undo();
    expect(done).toMatchObject({ code: 0, verdict: "success" });
    expect(done.data.effects.map(({ state }) => state)).toEqual(["undone", "undone", "undone"]);
    expect(done.data.effects[2]?.effect).toMatch(/^trust in template t-/);
    const message = await world.git("log", "-1", "--format=%B", "origin/main");
    expect(message).toMatch(/^revert: fix: import with attributes instead of assertions$/m);
    expect(message).toContain(`This reverts commit ${healed}.`);
    expect(message).toContain(`Undo-Of: ${heal}`);
    expect(await source()).toBe(BREAKING["src/vat.js"]);
    expect(await world.git("status", "--porcelain")).toBe("");
    expect(await remoteTip()).toBe(await world.git("rev-parse", "HEAD"));
    const { data } = await world.result<{ entries: { data: { facts: Record<string, { value: unknown }> } }[] }>(
      "audit",
      "show",
      "--run",
      done.run ?? "",
      "--answer",
      "allow",
    );
    expect(data.entries.map((entry) => entry.data.facts["run.pillar"]?.value)).toEqual(["undo", "undo"]);

    expect(await uses()).toEqual(["worked", "failed"]);
    const tip = await remoteTip();
    const again = await undo();
    expect(again).toMatchObject({
      code: 0,
      data: { effects: [{ state: "already" }, { effect: expect.stringMatching(/^trust/) }] },
    });
    expect(await uses()).toEqual(["worked", "failed"]);
    expect(await remoteTip()).toBe(tip);
  });

  it("leaves the failure to people from then on, unless one of them asks for its repair again", async () => {
    await undo();
    const tip = await remoteTip();
    expect((await world.run("run")).code).toBe(1);
    const left = await world.result<{ reason: string }>("heal");
    expect(left).toMatchObject({ code: 5, data: { verdict: "refused" } });
    expect(left.data.reason).toContain(`has undone the repair of this failure by ${heal}`);
    expect(await remoteTip()).toBe(tip);
    expect(await world.result("heal", "--fresh")).toMatchObject({ code: 0, data: { verdict: "fixed" } });
  });

  it("leaves a revert that somebody made alone", async () => {
    await world.git("revert", "--no-edit", healed);
    await world.git("push", "-q", "origin", "main");
    const tip = await remoteTip();
    const done = await undo();
    expect(done.data.effects[0]).toMatchObject({ state: "already", reason: `${tip.slice(0, 7)} on main reverts it` });
    expect(await remoteTip()).toBe(tip);
  });

  it("keeps what others built on top, and refuses where they changed the same lines", async () => {
    await world.change("docs: more", { "README.md": "Payments.\n" });
    const other = await world.change("feat: gross", {
      "src/vat.js": GOOD_PRODUCT["src/vat.js"].replace("import rates", "import  rates"),
    });
    const refused = await undo();
    expect(refused).toMatchObject({ code: 1, verdict: "failure", kind: "product" });
    expect(refused.data.effects).toMatchObject([
      {
        state: "refused",
        reason: expect.stringMatching(/later commits changed the same lines in src\/vat\.js; git revert/),
      },
    ]);
    expect(await remoteTip()).toBe(other);
    expect(await world.git("worktree", "list")).not.toContain("\n");

    await world.git("revert", "--no-edit", other);
    await world.git("push", "-q", "origin", "main");
    expect(await undo()).toMatchObject({ code: 0, data: { effects: [{ state: "undone" }, { state: "undone" }, {}] } });
    expect(await readFile(join(world.product, "README.md"), "utf8")).toBe("Payments.\n");
  });

  it("is refused by a constitution that does not allow it, and finished when it does", async () => {
    const rules = LOOP_RULES.replace("[git.commit, git.push, package.retract", "[git.commit, package.retract");
    expect(rules).not.toBe(LOOP_RULES);
    await world.govern(rules);
    const refused = await undo();
    expect(refused).toMatchObject({ code: 5, kind: "policy" });
    expect(refused.data.effects.map(({ state }) => state)).toEqual(["undone", "refused"]);
    expect(await remoteTip()).toBe(healed);
    const local = await world.git("rev-parse", "HEAD");

    await world.govern(LOOP_RULES);
    const done = await undo();
    expect(done.data.effects.map(({ state }) => state)).toEqual(["already", "undone", "undone"]);
    expect(await remoteTip()).toBe(local);
  });

  it("does not push what was not pushed before", async () => {
    await world.git("commit", "-q", "--allow-empty", "-m", "feat: mine alone");
    const refused = await world.run("undo", heal);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("main stands at");
    expect(await remoteTip()).toBe(healed);
  });

  it("waits for people where the constitution asks them, and goes on with their answer", async () => {
    const asking = LOOP_RULES.replace(
      "- id: undoing\n    allow: [git.commit, git.push, package.retract, secret.read, pr.close]",
      '- { id: committing, allow: [git.commit], when: run.pillar == "undo" }\n  - id: undoing\n    ask: [git.push]\n    of: { group: owners, count: 1, within: 4h }',
    );
    expect(asking).not.toBe(LOOP_RULES);
    await world.govern(asking, "groups: { owners: [ann] }\n");
    const waiting = await undo();
    expect(waiting).toMatchObject({
      code: 7,
      verdict: "waiting",
      data: { effects: [{ state: "undone" }, { state: "waiting" }] },
    });
    const reverted = await world.git("rev-parse", "HEAD");
    const { data } = await world.result<{ approvals: { id: string; action: string }[] }>("status");
    expect(data.approvals).toMatchObject([{ action: "git.push" }]);
    expect(waiting).toMatchObject({ approval: { id: data.approvals[0]?.id, group: "owners" } });
    expect(waiting.summary).toContain(`codemonkeys approve ${data.approvals[0]?.id}`);
    const approved = await world.runWith({ CODEMONKEYS_REQUESTER: "ann" }, "approve", data.approvals[0]?.id ?? "");
    expect(approved.code).toBe(0);
    const done = await undo();
    expect(done).toMatchObject({ code: 0, run: waiting.run });
    expect(done.data.effects.map(({ state }) => state)).toEqual(["already", "undone", "undone"]);
    expect(await remoteTip()).toBe(reverted);
  });
});

describe("what cannot be undone", () => {
  it("is refused with the reason", async () => {
    const unknown = await world.run("undo", "r-000000000000");
    expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringContaining("there is no run")]);
    const { run } = await undo();
    const twice = await world.run("undo", run ?? "");
    expect([twice.code, twice.stderr]).toEqual([3, expect.stringContaining("a run of the kind undo cannot be undone")]);
  });
});
