import { afterEach, describe, expect, it } from "vitest";
import { answerApproval } from "../../src/constitution/approvals.ts";
import { createWorld, type World } from "./heal-world.ts";

let world: World;
afterEach(() => world.close());

const TEST =
  'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { one } from "../src/one.js";\n\ntest("one", () => assert.equal(one, 1));\n';
const FILES = {
  "package.json": '{ "name": "north", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/one.js": "export const one = 1;\n",
  "test/one.test.js": TEST,
};
const ALLOWED = `version: 1
groups: { keepers: [alice] }
rules:
  - id: heal
    allow: [git.commit, git.push, pr.open]
    when: run.pillar == "heal" && %s
`;
const ASKED = `  - id: tests-need-a-person
    ask: [git.commit]
    of: { group: keepers }
    when: run.pillar == "heal" && size(change.protected) > 0 && !change.weakens_tests
`;

/** A product whose test imports a file by a misspelt name. */
async function broken(constitution: string): Promise<void> {
  world = await createWorld({ constitution });
  await world.product("north", FILES, "npm test");
  await world.change("north", { "test/one.test.js": TEST.replace("one.js", "oen.js") });
}

describe("a repair of a test", () => {
  it("is not tried where rules allow heals and say nothing of protected paths", async () => {
    // The second rule asks about something else, and only leaves protected paths out.
    const rules = `${ALLOWED.replace("%s", "true")}${ASKED.replace("size(change.protected) > 0", 'fix.source == "model" && size(change.protected) == 0')}`;
    await broken(rules);
    const { report, told } = await world.heal("north");
    expect(report).toMatchObject({ verdict: "refused", pushed: false });
    expect(told).toContain("fixer misspelt-module-path refused: test/one.test.js is protected");
  });

  it("is not landed where a rule asks about some protected paths, but not about these", async () => {
    await broken(
      ALLOWED.replace("%s", "true") + ASKED.replace("size(change.protected) > 0", 'change.protected == ["x"]'),
    );
    const { report } = await world.heal("north");
    expect(report).toMatchObject({ verdict: "refused", pushed: false });
    expect(report.reason).toContain("no rule asks people about it");
    expect(await world.git("north", "branch", "--list", "heal/*")).toBe("");
  });

  it("is proven, then proposed to people, and lands on a branch of its own when they agree", async () => {
    await broken(ALLOWED.replace("%s", "true") + ASKED);
    const log = (await world.build("north")).log;
    const { report, told } = await world.heal("north", { log });
    expect(told).toContain("within limits: 1 file, 2 lines, protected: test/one.test.js");
    expect(report).toMatchObject({ verdict: "proposed", pushed: false, approval: { group: "keepers" } });
    const { session, close } = await world.open("north");
    const answered = await answerApproval(
      {
        swarm: session.swarm,
        audit: session.audit,
        constitution: session.organisation.constitution,
        now: session.clock.now(),
      },
      { id: report.approval?.id ?? "", person: "alice", answer: "yes", source: { kind: "cli" } },
    );
    await close();
    expect(answered.ok).toBe(true);
    const done = await world.heal("north", { log });
    expect(done.report).toMatchObject({ verdict: "proposed", pushed: true, not_learned: "it touches protected paths" });
    expect(done.report.branch).toMatch(/^heal\//);
    expect(await world.git("north", "show", `${done.report.branch}:test/one.test.js`)).toBe(TEST.trim());
    expect(await world.git("north", "log", "--format=%s", "origin/main")).toBe("feat: change\nfeat: begin");
  });
});
