import { rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { perform } from "../../../src/constitution/effect.ts";
import { permitOf } from "../../../src/constitution/gate.ts";
import { pauseWork, resumeWork } from "../../../src/constitution/pausing.ts";
import { establish } from "../../../src/constitution/probe.ts";
import { sha256 } from "../../../src/core/canonical.ts";
import { succeed } from "../../../src/core/diagnostic.ts";
import { beginModelCall, countModelCall } from "../../../src/swarm/model-calls.ts";
import { ensureCompany } from "../../../src/swarm/transact.ts";
import { COMMIT, COMMIT_TARGET, constitution, DIGEST, facts, must, testGate } from "./support.ts";

const POLICY = constitution(
  `
- { id: heal, allow: [git.commit, git.push, pr.open], when: run.pillar == "heal" && !target.branch.protected }
- { id: monday, allow: [release.tag], when: now.weekday == "Monday" && now.hour < 11 }
- { id: local-models, allow: [model.ask], when: target.loopback }
- { id: hooks, allow: [webhook.send], when: 'target.host == "hooks.acme.example:8443"' }
- { id: npm, allow: [package.publish], when: target.ecosystem == "npm" && target.version == "1.5.0" }
`,
  "time_zone: Europe/Berlin\nlimits: { heal: { model_calls: 2 } }\nmodels: { calls_per_day: 3 }",
);
const TAG = { repository: "r", tag: "v1", commit: COMMIT };
const MODEL = { endpoint: "http://127.0.0.1:11434", model: "m", prompt_digest: DIGEST };

describe("a gate", () => {
  test("answers allow with a permit, tells, and logs the decision with its facts and place", async () => {
    const { gate, audit, events } = await testGate(POLICY);
    const decision = await gate.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, {});
    expect(decision).toMatchObject({ answer: "allow", planned: false, rule: "heal", permit: { action: "git.commit" } });
    expect(events).toEqual([{ type: "gate", gate: expect.objectContaining({ action: "git.commit", rule: "heal" }) }]);
    const [entry] = must(await audit.entries());
    expect(entry).toMatchObject({
      kind: "decision",
      product: "payments",
      requester: "zoe",
      data: {
        answer: "allow",
        rule: "heal",
        rule_place: `constitution.yaml:4@${"9f3c1d2".padEnd(40, "0")}`,
        target: COMMIT_TARGET,
        facts: {
          "target.branch.name": { value: "heal/x", probe: "gate.target" },
          "now.weekday": { value: "Monday", probe: "gate.clock" },
        },
      },
    });
  });

  test("answers deny with where the rule stands and what to do", async () => {
    const { gate } = await testGate(POLICY);
    const decision = await gate("git.commit", COMMIT_TARGET, {});
    expect(decision).toMatchObject({
      answer: "deny",
      reason: "No rule allows it.",
      diagnostic: { code: "gate.no_match", kind: "policy" },
    });
    expect("permit" in decision).toBe(false);
    expect(permitOf(decision)).toMatchObject({ ok: false });
  });

  test("knows the time itself, in the constitution's time zone", async () => {
    const { gate, clock } = await testGate(POLICY);
    const lie = establish("test", "", { "now.weekday": "Monday", "now.hour": 3 });
    expect((await gate("release.tag", TAG, {})).answer).toBe("allow"); // 09:00 UTC is 10:00 in Berlin
    clock.set("2026-11-16T10:00:00Z");
    expect((await gate("release.tag", TAG, lie)).answer).toBe("deny");
    clock.set("2026-11-15T23:30:00Z"); // Sunday in UTC, Monday 00:30 in Berlin
    expect((await gate("release.tag", TAG, {})).answer).toBe("allow");
  });

  test("takes from the target what the target says, whatever the facts say", async () => {
    const { gate } = await testGate(POLICY);
    const heal = gate.bound({ pillar: "heal" });
    const lie = establish("test", "", { "target.branch.protected": false, "target.branch.name": "heal/x" });
    expect((await heal("git.commit", { ...COMMIT_TARGET, branch: "main" }, lie)).answer).toBe("deny");
    const push = { repository: "r", remote: "origin", commit: COMMIT };
    expect((await heal("git.push", { ...push, ref: "refs/heads/release/1" }, lie)).answer).toBe("deny");
    expect((await heal("git.push", { ...push, ref: "refs/heads/heal/x" }, {})).answer).toBe("allow");
    expect(
      (await heal("pr.open", { repository: "r", branch: "heal/x", into: "main", commit: COMMIT }, {})).answer,
    ).toBe("allow");
    const publish = { ecosystem: "npm", registry: "http://localhost:4873", name: "p", digest: DIGEST };
    expect((await gate("package.publish", { ...publish, version: "1.5.0" }, {})).answer).toBe("allow");
    expect((await gate("package.publish", { ...publish, version: "1.5.1" }, {})).answer).toBe("deny");
  });

  test("believes the host that a branch is protected, and never that it is not", async () => {
    const { gate } = await testGate(POLICY);
    const host = establish("host", "", { "target.branch.protected": true });
    expect((await gate.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, host)).answer).toBe("deny");
  });

  test.each([
    ["http://127.0.0.1:11434", "allow"],
    ["http://localhost:1", "allow"],
    ["http://[::1]:11434", "allow"],
    ["http://127.0.0.1.evil.example", "deny"],
    ["http://localhost.evil.example", "deny"],
    ["http://user@10.0.0.1", "deny"],
    ["not an address", "deny"],
  ])("%s as a model's address: %s", async (endpoint, answer) => {
    const { gate } = await testGate(POLICY);
    const bound = gate.bound({ pillar: "docs", run: { id: "r-1", startedAt: 0 } });
    expect((await bound("model.ask", { ...MODEL, endpoint }, {})).answer).toBe(answer);
  });

  test("hosts are named with their port", async () => {
    const { gate } = await testGate(POLICY);
    const to = (url: string) => gate("webhook.send", { to: url, digest: DIGEST, key: "k" }, {});
    expect((await to("https://hooks.acme.example:8443/x")).answer).toBe("allow");
    expect((await to("https://hooks.acme.example/x")).answer).toBe("deny");
  });

  test("counts model calls in the log: by run and by day, over processes", async () => {
    const { gate, clock } = await testGate(POLICY);
    const run = (id: string) => gate.bound({ pillar: "heal", run: { id, startedAt: clock.now() } });
    const first = run("r-1");
    expect((await first("model.ask", MODEL, {})).answer).toBe("allow");
    expect((await first.preview("model.ask", MODEL, {})).answer).toBe("allow");
    expect((await first("model.ask", MODEL, {})).answer).toBe("allow");
    expect(await first("model.ask", MODEL, {})).toMatchObject({ answer: "deny", rule: "limits.heal.model_calls" });
    expect((await run("r-2")("model.ask", MODEL, {})).answer).toBe("allow");
    expect(await run("r-3")("model.ask", MODEL, {})).toMatchObject({ answer: "deny", rule: "models.calls_per_day" });
    clock.advance(24 * 3_600_000 + 1);
    expect((await run("r-3")("model.ask", MODEL, {})).answer).toBe("allow");
  });
});

describe("a preview", () => {
  const ask = async (mode: "act" | "plan" | "observe") => {
    const { gate, audit, events } = await testGate(POLICY, { mode });
    const answer = await gate.bound({ pillar: "heal" }).preview("git.commit", COMMIT_TARGET, {});
    return { answer, told: events.length, logged: must(await audit.entries()).map(({ data }) => data) };
  };
  test("of an acting session is neither told nor logged: the act itself will be", async () => {
    expect(await ask("act")).toMatchObject({ answer: { answer: "allow", planned: true }, told: 0, logged: [] });
  });
  test("of a dry run is told and not logged", async () => {
    expect(await ask("plan")).toMatchObject({ answer: { answer: "allow", planned: true }, told: 1, logged: [] });
  });
  test("of an observing session is told and logged as observed, without a permit", async () => {
    const { answer, told, logged } = await ask("observe");
    expect(answer).toMatchObject({ answer: "allow", planned: true });
    expect("permit" in answer).toBe(false);
    expect(told).toBe(1);
    expect(logged).toMatchObject([{ action: "git.commit", answer: "allow", mode: "observe" }]);
  });
});

describe("what is no question is refused", () => {
  test("facts that no probe established", async () => {
    const { gate, audit } = await testGate(POLICY);
    const decision = await gate("git.commit", COMMIT_TARGET, facts({ "run.pillar": "heal" }));
    expect(must(await audit.entries())).toMatchObject([
      { kind: "gate.refused", requester: "zoe", data: { action: "git.commit", code: "gate.forged_fact" } },
    ]);
    expect(decision).toMatchObject({ answer: "deny", diagnostic: { code: "gate.forged_fact", kind: "internal" } });
  });
  test("a genuine fact under another name", async () => {
    const { gate } = await testGate(POLICY);
    const real = establish("test", "", { "source.branch": "heal" });
    const renamed = { "run.pillar": real["source.branch"] } as never;
    expect(await gate("git.commit", COMMIT_TARGET, renamed)).toMatchObject({
      diagnostic: { code: "gate.forged_fact" },
    });
  });
  test("a target that does not name what it must", async () => {
    const { gate } = await testGate(POLICY);
    const decision = await gate("git.commit", { ...COMMIT_TARGET, base: "HEAD" }, {});
    expect(decision).toMatchObject({ answer: "deny", diagnostic: { code: "gate.bad_target" } });
  });
  test("an action the step did not declare", async () => {
    const { gate } = await testGate(POLICY);
    const decision = await gate.bound({ actions: ["git.push"], pillar: "heal" })("git.commit", COMMIT_TARGET, {});
    expect(decision).toMatchObject({ answer: "deny", diagnostic: { code: "gate.undeclared_action" } });
  });
});

describe("plan and observe", () => {
  test("a preview gives the same answer, no permit, and leaves nothing in the log", async () => {
    const { gate, audit } = await testGate(POLICY);
    const decision = await gate.bound({ pillar: "heal" }).preview("git.commit", COMMIT_TARGET, {});
    expect(decision).toMatchObject({ answer: "allow", planned: true, rule: "heal" });
    expect(decision.answer === "allow" && decision.permit).toBeUndefined();
    expect(permitOf(decision)).toMatchObject({ ok: false, diagnostics: [{ code: "gate.planned" }] });
    expect(must(await audit.entries())).toEqual([]);
  });
  test("plan mode is a preview of everything", async () => {
    const { gate, audit } = await testGate(POLICY, { mode: "plan" });
    expect(await gate.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, {})).toMatchObject({ planned: true });
    expect(must(await audit.entries())).toEqual([]);
  });
  test("observe mode logs what would have been done, and issues no permit", async () => {
    const { gate, audit } = await testGate(POLICY, { mode: "observe" });
    const decision = await gate.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, {});
    expect(decision).toMatchObject({ answer: "allow", planned: true });
    expect(must(await audit.entries())).toMatchObject([
      { kind: "decision", data: { mode: "observe", answer: "allow" } },
    ]);
  });
});

test("counts the tokens that models took, by run and by day; a call that nobody counted took all it might", async () => {
  const policy = constitution(
    "- { id: all, allow: ['*'] }",
    "limits: { heal: { model_tokens: 1000 } }\nmodels: { tokens_per_day: 2000 }",
  );
  const { gate, swarm, clock } = await testGate(policy);
  for (const id of ["r-1", "r-2", "r-3"]) {
    const run = {
      id,
      company: "acme",
      kind: "heal",
      key: id,
      title: "",
      requester: "",
      trigger: "ci",
      status: "running",
    } as const;
    await ensureCompany(swarm.db, "acme", 0);
    await swarm.db
      .insertInto("runs")
      .values({ ...run, attempts: 1, duration_ms: 0, cost: 0, created_at: 0, updated_at: 0 })
      .execute();
  }
  const ask = (id: string) =>
    gate.bound({ pillar: "heal", run: { id, startedAt: clock.now() } })("model.ask", MODEL, {});
  const call = async (run: string, most: number) =>
    must(await beginModelCall(swarm, { company: "acme", product: "payments", run, model: "tiny", most }));
  must(await countModelCall(swarm, await call("r-1", 5000), 999));
  expect((await ask("r-1")).answer).toBe("allow");
  must(await countModelCall(swarm, await call("r-1", 5000), 1));
  expect(await ask("r-1")).toMatchObject({ answer: "deny", rule: "limits.heal.model_tokens" });
  expect((await ask("r-2")).answer).toBe("allow");
  await call("r-2", 1000);
  expect(await ask("r-2")).toMatchObject({ answer: "deny", rule: "limits.heal.model_tokens" });
  expect(await ask("r-3")).toMatchObject({ answer: "deny", rule: "models.tokens_per_day" });
  clock.advance(24 * 3_600_000 + 1);
  expect((await ask("r-3")).answer).toBe("allow");
});

test("what is only observed uses up no budget", async () => {
  const { gate, with: other } = await testGate(POLICY, { pillar: "heal", run: { id: "r-1", startedAt: 0 } });
  for (let time = 0; time < 5; time += 1) await other({ mode: "observe" })("model.ask", MODEL, {});
  expect((await gate("model.ask", MODEL, {})).answer).toBe("allow");
});

test("what is only planned has not begun: it is at its first minute and has asked no model", async () => {
  const policy = constitution(
    "- { id: all, allow: ['*'] }",
    "limits: { heal: { minutes: 20, attempts: 3, model_calls: 2 } }",
  );
  const { gate } = await testGate(policy);
  const heal = gate.bound({ pillar: "heal", attempt: 1 });
  expect((await heal.preview("git.commit", COMMIT_TARGET, {})).answer).toBe("allow");
  expect((await heal.preview("model.ask", MODEL, {})).answer).toBe("allow");
  // Acting without a run leaves both unknown, which counts against it.
  expect(await heal("git.commit", COMMIT_TARGET, {})).toMatchObject({ answer: "deny", rule: "limits.heal.minutes" });
  expect(await heal("model.ask", MODEL, {})).toMatchObject({ answer: "deny", rule: "limits.heal.model_calls" });
});

test("a run that takes too long, or too often, is stopped at its next commit", async () => {
  const policy = constitution("- { id: all, allow: ['*'] }", "limits: { heal: { minutes: 20, attempts: 3 } }");
  const { gate, clock } = await testGate(policy);
  const run = { id: "r-1", startedAt: clock.now() };
  const commit = (attempt: number) => gate.bound({ pillar: "heal", run, attempt })("git.commit", COMMIT_TARGET, {});
  expect(await commit(4)).toMatchObject({ answer: "deny", rule: "limits.heal.attempts" });
  clock.advance(20 * 60_000 + 59_000);
  expect((await commit(3)).answer).toBe("allow");
  clock.advance(1_000);
  expect(await commit(3)).toMatchObject({ answer: "deny", rule: "limits.heal.minutes" });
});

describe("pauses", () => {
  test.each([
    ["the fleet", { scope: "fleet" }],
    ["the company acme", { scope: "company", company: "acme" }],
    ["payments", { scope: "product", company: "acme", product: "payments" }],
  ] as const)("of %s hold everything up until resumed", async (what, of) => {
    const { gate, swarm, audit } = await testGate(POLICY);
    const heal = gate.bound({ pillar: "heal" });
    must(await pauseWork({ swarm, audit }, { of, reason: "incident 7", by: "ann" }));
    expect(await heal("git.commit", COMMIT_TARGET, {})).toMatchObject({
      answer: "deny",
      reason: `ann paused ${what}: incident 7`,
      diagnostic: { code: "gate.paused" },
    });
    expect((await heal.preview("git.commit", COMMIT_TARGET, {})).answer).toBe("deny");
    must(await resumeWork({ swarm, audit }, { of, by: "ann" }));
    expect((await heal("git.commit", COMMIT_TARGET, {})).answer).toBe("allow");
    expect(must(await audit.entries({ answer: "deny" }))).toHaveLength(1);
    expect(must(await audit.entries({ kinds: ["pause"] }))).toMatchObject([
      { kind: "pause.begun", requester: "ann", data: { of, reason: "incident 7" } },
      { kind: "pause.ended", requester: "ann", data: { of } },
    ]);
  });
  test("of another product or company hold nothing up", async () => {
    const { gate, swarm, audit } = await testGate(POLICY);
    must(
      await pauseWork(
        { swarm, audit },
        { of: { scope: "product", company: "acme", product: "shop" }, reason: "x", by: "ann" },
      ),
    );
    must(await pauseWork({ swarm, audit }, { of: { scope: "company", company: "globex" }, reason: "x", by: "ann" }));
    expect((await gate.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, {})).answer).toBe("allow");
  });
  test("of a product do not hold up work on the organisation; of the fleet do", async () => {
    const { swarm, audit, without } = await testGate(POLICY, { pillar: "heal" });
    const organisation = without("product");
    must(
      await pauseWork(
        { swarm, audit },
        { of: { scope: "product", company: "acme", product: "shop" }, reason: "x", by: "ann" },
      ),
    );
    expect((await organisation("git.commit", COMMIT_TARGET, {})).answer).toBe("allow");
    must(await pauseWork({ swarm, audit }, { of: { scope: "fleet" }, reason: "x", by: "ann" }));
    expect((await organisation("git.commit", COMMIT_TARGET, {})).answer).toBe("deny");
  });
});

describe("without a log or a database nothing is allowed", () => {
  test("a log that cannot be written", async () => {
    const { gate, audit } = await testGate(POLICY);
    await rm(audit.place, { recursive: true });
    const decision = await gate.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, {});
    expect(decision).toMatchObject({
      answer: "deny",
      diagnostic: { kind: "infrastructure", code: "audit.cannot_write" },
    });
  });
  test("a database that cannot be asked for pauses", async () => {
    const { swarm, with: other } = await testGate(POLICY);
    const broken = Object.assign(new Error("disk I/O error"), { code: "ERR_SQLITE_ERROR", errcode: 10 });
    const db = new Proxy(swarm.db, {
      get() {
        throw broken;
      },
    });
    const decision = await other({ swarm: { ...swarm, db }, pillar: "heal" })("git.commit", COMMIT_TARGET, {});
    expect(decision).toMatchObject({ answer: "deny", diagnostic: { kind: "infrastructure" } });
  });
});

test("each half gets permits for its own actions only", async () => {
  const made = await testGate(POLICY);
  // Models are limited by run: without one nobody knows how often they were asked, which counts against it.
  const work = made.with({ half: "work", pillar: "heal", run: { id: "r-1", startedAt: made.clock.now() } });
  const act = made.with({ half: "act" });
  const refused = { answer: "deny", diagnostic: expect.objectContaining({ code: "gate.wrong_half" }) };
  expect(await work("git.commit", COMMIT_TARGET, {})).toMatchObject(refused);
  expect(await act("model.ask", MODEL, {})).toMatchObject(refused);
  expect((await work("model.ask", MODEL, {})).answer).toBe("allow");
  expect((await act.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, {})).answer).toBe("allow");
  // What would be done can be looked at from either side.
  expect(await work.bound({ pillar: "heal" }).preview("git.commit", COMMIT_TARGET, {})).toMatchObject({
    answer: "allow",
  });
});

test("secrets in targets and reasons reach neither the log nor the events", async () => {
  const { gate, audit, redactor, swarm, events } = await testGate(POLICY);
  redactor.add("hunter2-hunter2");
  await gate("webhook.send", { to: "https://x.example/?token=hunter2-hunter2", digest: DIGEST, key: "k" }, {});
  must(await pauseWork({ swarm, audit }, { of: { scope: "fleet" }, reason: "hunter2-hunter2 leaked", by: "ann" }));
  const decision = await gate("webhook.send", { to: "https://x.example/", digest: DIGEST, key: "k" }, {});
  const text = JSON.stringify([must(await audit.entries()), events, decision]);
  expect(text).toContain("[redacted]");
  expect(text).not.toContain("hunter2");
});

test("an effect is logged from start to end under its permit", async () => {
  const { gate, audit } = await testGate(POLICY);
  const permit = must(permitOf(await gate.bound({ pillar: "heal" })("git.commit", COMMIT_TARGET, {})));
  expect(await perform(permit, "git.commit", COMMIT_TARGET, async () => succeed(7))).toMatchObject({
    ok: true,
    value: 7,
  });
  const kinds = must(await audit.entries()).map(({ kind, data }) => [kind, (data as { permit: string }).permit]);
  expect(kinds).toEqual([
    ["decision", permit.id],
    ["effect.started", permit.id],
    ["effect.done", permit.id],
  ]);
  expect(must(await audit.entries()).at(-1)?.data).toMatchObject({ result: sha256("7") });
});

test("of a secret that was read no digest is logged", async () => {
  const { gate, audit } = await testGate(constitution("- { id: all, allow: ['*'] }"));
  const target = { names: ["TOKEN"] };
  const permit = must(permitOf(await gate("secret.read", target, {})));
  must(await perform(permit, "secret.read", target, async () => succeed("1234")));
  expect(JSON.stringify(must(await audit.entries()))).not.toContain(sha256('"1234"'));
  expect(must(await audit.entries()).at(-1)?.data).not.toHaveProperty("result");
});
