import { afterEach, describe, expect, test, vi } from "vitest";
import { answerApproval } from "../../../src/constitution/approvals.ts";
import { openCanaries } from "../../../src/pillars/canary/ladder.ts";
import { orderCanary } from "../../../src/pillars/canary/orders.ts";
import type { CanaryReport } from "../../../src/pillars/canary/report.ts";
import { walkLadder } from "../../../src/pillars/canary/start.ts";
import { advanceCanaries } from "../../../src/pillars/canary/watch.ts";
import { deploy } from "../../../src/pillars/deploy/deploy.ts";
import type { SessionOptions } from "../release/world.ts";
import { must } from "../release/world.ts";
import { type CanaryWorld, canaryWorld, RULES, WELL } from "./world.ts";

// Each turn starts two or three processes.
vi.setConfig({ testTimeout: 60_000 });

const LADDER = `
criteria:
  errors: { bad: errors, of: requests, worse_by: 0.02 }
rungs: [{ share: 10, minutes: 10 }, { share: 50, minutes: 10 }, { share: 100, minutes: 10 }]
`;

let canary: CanaryWorld;
afterEach(async () => await canary?.close());

async function next(options: SessionOptions = {}): Promise<CanaryReport> {
  const done = must(await walkLadder(await canary.open(options), {}));
  if (typeof done === "string") throw new Error(done);
  return done;
}

async function say(order: "promote" | "hold" | "resume" | "abort", because: string): Promise<CanaryReport> {
  return must(await orderCanary(await canary.open(), { environment: undefined, order, because }));
}

const failing = (side: string) => ({ requests: 500, errors: side === "canary" ? 100 : 2 });

describe("a canary", () => {
  test("goes from rung to rung when it was well for its time, and then has all traffic", async () => {
    canary = await canaryWorld(LADDER);
    expect(await next()).toMatchObject({ state: "climbing", rung: 1, share: 10, looks: 0 });
    canary.clock.add(5);
    expect(await next()).toMatchObject({ rung: 1, why: "well so far, for 5 of 10 minutes" });
    for (const share of [50, 100]) {
      canary.clock.add(10);
      expect(await next()).toMatchObject({ state: "climbing", share });
    }
    canary.clock.add(10);
    expect(await next()).toMatchObject({ state: "finished", share: 100 });
    expect(canary.ansible.changes()).toEqual(["10 1.1.0", "50 1.1.0", "100 1.1.0", "all 1.1.0"]);
    expect(canary.webhooks).toMatchObject([{ event: "canary.finished", version: "1.1.0", stable: "1.0.0" }]);
    expect(must(await walkLadder(await canary.open(), {}))).toBe("already there");
  });

  test("is taken back by the pass of watch that sees it fail, and what failed is in result, webhook and audit log", async () => {
    canary = await canaryWorld(LADDER);
    await next();
    canary.clock.add(10);
    expect(await next()).toMatchObject({ rung: 2 });
    canary.setHealth(failing);
    canary.clock.add(1);
    const [report] = must(await advanceCanaries(await canary.open()));
    expect(report).toMatchObject({ state: "taken_back", rung: 2, share: 0 });
    expect(report?.why).toMatch(/errors 20 % \(stable 0.4 %\), allowed at most 2 points more/);
    expect(canary.ansible.servers()).toEqual({ live: "1.0.0" });
    expect(canary.webhooks).toMatchObject([{ event: "canary.taken_back", why: report?.why }]);
    const { audit } = await canary.open();
    const [entry] = must(await audit.entries({ kinds: ["canary.abort"] }));
    expect(entry?.data).toMatchObject({ rung: 2, by: "criteria", why: report?.why });
    expect(must(await advanceCanaries(await canary.open()))).toEqual([]);
  });

  test("stays when nobody tells its health, whatever was seen before, and says so", async () => {
    canary = await canaryWorld(LADDER);
    await next();
    canary.clock.add(9);
    await next();
    canary.setHealth(() => undefined);
    canary.clock.add(5);
    const silent = await next();
    expect(silent).toMatchObject({ state: "climbing", rung: 1 });
    expect(silent.why).toMatch(/nobody told its health \(.*answered 503/);
    canary.setHealth((side) => (side === "stable" ? WELL(side) : undefined));
    canary.clock.add(60);
    expect((await next()).why).toMatch(/too little data: errors the newest look has nothing of the canary version/);
    canary.setHealth(WELL);
    canary.clock.add(1);
    expect(await next()).toMatchObject({ rung: 2 });
  });

  test("stays when both versions are bad, and is taken back when it is undecided for too long", async () => {
    canary = await canaryWorld(`
give_up_minutes: 60
criteria: { errors: { bad: errors, of: requests, at_most: 0.05 } }
rungs: [{ share: 10, minutes: 10 }, { share: 100, minutes: 10 }]
`);
    canary.setHealth(() => ({ requests: 500, errors: 150 }));
    await next();
    canary.clock.add(20);
    expect((await next()).why).toMatch(/the stable version is bad as well/);
    canary.clock.add(41);
    expect(await next()).toMatchObject({ state: "taken_back", why: expect.stringMatching(/undecided for 61 minutes/) });
  });

  test("is held, sent on and taken back by people, and a canary that fails is taken back while it is held", async () => {
    canary = await canaryWorld(LADDER);
    await next();
    await say("hold", "a campaign runs");
    canary.clock.add(30);
    const held = await next();
    expect(held).toMatchObject({ state: "held", rung: 1 });
    expect(held.why).toMatch(/held by someone \(a campaign runs\)/);
    expect(await say("promote", "it is over")).toMatchObject({ rung: 2, state: "held" });
    expect(await say("resume", "by the criteria again")).toMatchObject({ rung: 2, state: "climbing" });
    await say("hold", "again");
    canary.setHealth(failing);
    canary.clock.add(1);
    expect(await next()).toMatchObject({ state: "taken_back" });
    canary.setHealth(WELL);
    canary.clock.add(1);
    const again = await walkLadder(await canary.open(), {});
    expect(again.ok ? [] : again.diagnostics.map(({ code }) => code)).toEqual(["canary.was_taken_back"]);
    must(await walkLadder(await canary.open(), { version: "1.1.0" }));
    expect(await say("abort", "wrong day")).toMatchObject({ state: "taken_back", why: "wrong day" });
    const { audit } = await canary.open();
    const orders = must(await audit.entries({ kinds: ["canary.order"] }));
    expect(orders.map(({ data }) => (data as { order: string }).order)).toEqual([
      "hold",
      "promote",
      "resume",
      "hold",
      "abort",
    ]);
  });

  test("asks people where the constitution does, looks on meanwhile, and goes on when they agreed", async () => {
    canary = await canaryWorld(LADDER);
    const constitution = `version: 1
groups: { release-managers: [anna] }
rules:
  - id: small
    allow: [service.deploy, service.withdraw, webhook.send]
  - id: half-needs-a-person
    ask: [service.deploy]
    of: { group: release-managers, count: 1, within: 4h }
    when: canary.share >= 50
`;
    await next({ constitution });
    canary.clock.add(10);
    const asking = await next({ constitution });
    expect(asking).toMatchObject({ state: "asking", rung: 1 });
    canary.clock.add(1);
    expect(await next({ constitution })).toMatchObject({ state: "asking", looks: 2 });
    const session = await canary.open({ constitution });
    const id = /approve (a-\w+)/.exec(asking.why)?.[1] ?? "";
    must(
      await answerApproval(
        {
          swarm: session.swarm,
          audit: session.audit,
          constitution: session.organisation.constitution,
          now: canary.clock.now(),
          signers: undefined,
        },
        { id, person: "anna", answer: "yes", signature: undefined, source: { kind: "cli" } },
      ),
    );
    expect(await next({ constitution })).toMatchObject({ state: "climbing", rung: 2, share: 50 });
  });

  test("is not begun when it could not be taken back by itself", async () => {
    canary = await canaryWorld(LADDER);
    const constitution = RULES.replace("service.withdraw, ", "");
    const refused = await walkLadder(await canary.open({ constitution }), {});
    expect(refused.ok ? [] : refused.diagnostics.map(({ code }) => code)).toEqual(["canary.no_way_back"]);
    expect(canary.ansible.changes()).toEqual([]);
  });

  test("that cannot be given its next share is taken back", async () => {
    canary = await canaryWorld(LADDER);
    await next();
    canary.ansible.refuse(50);
    canary.clock.add(10);
    expect(await next()).toMatchObject({
      state: "taken_back",
      why: expect.stringMatching(/rung 2 failed: .*1\.1\.0 is not well/),
    });
    expect(canary.ansible.servers()).toEqual({ live: "1.0.0" });
  });

  test("keeps other deployments out until it is over, and a dry run shows its rungs with each answer", async () => {
    canary = await canaryWorld(LADDER);
    const planned = must(await walkLadder(await canary.open({ dryRun: true }), {})) as CanaryReport;
    expect(planned.effects.map(({ action, target }) => [action, target.share])).toEqual([
      ["service.deploy", 10],
      ["service.deploy", 50],
      ["service.deploy", 100],
      ["service.withdraw", undefined],
    ]);
    expect(canary.ansible.changes()).toEqual([]);
    await next();
    for (const params of [{ version: "1.0.0" }, { rollback: true }]) {
      const refused = await walkLadder(await canary.open(), params);
      expect(refused.ok ? [] : refused.diagnostics.map(({ code }) => code)).toEqual(["canary.under_way"]);
    }
    expect(must(await openCanaries(await canary.open(), "production"))).toHaveLength(1);
  });

  test("needs a version beside it: without an earlier deployment there is none, and a rollback needs none", async () => {
    canary = await canaryWorld(LADDER);
    expect(must(await walkLadder(await canary.open(), { version: "1.0.0" }))).toBe("already there");
    expect(must(await walkLadder(await canary.open(), { rollback: true }))).toBe("going back");
    const none = await deploy(await canary.open(), { rollback: true });
    expect(none.ok ? "" : none.diagnostics[0]?.code).toBe("deploy.no_previous");
  });
});
