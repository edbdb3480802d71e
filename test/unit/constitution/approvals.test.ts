import { describe, expect, test } from "vitest";
import { type ApprovalSource, answerApproval } from "../../../src/constitution/approvals.ts";
import { fail, problem, succeed } from "../../../src/core/diagnostic.ts";
import { getApproval } from "../../../src/swarm/approvals.ts";
import { COMMIT, codeOf, constitution, DEPLOY_TARGET, must, type TestGate, testGate } from "./support.ts";

const RULES = `
- { id: prod, ask: [service.deploy], of: { group: release, count: 2, within: 4h }, when: target.environment == "production" }
- { id: tags, ask: [release.tag], of: { group: release } }
- { id: tags-of-tier-0, ask: [release.tag], of: { group: security } }
`;
const POLICY = constitution(RULES, "groups: { release: [ann, bob, zoe], security: [sue] }");
const HOUR = 3_600_000;

async function asked(made: TestGate) {
  const decision = await made.gate("service.deploy", DEPLOY_TARGET, {});
  if (decision.answer !== "ask") throw new Error(`expected ask, got ${decision.answer}`);
  return decision.approval;
}

const say = (
  made: TestGate,
  id: string,
  person: string,
  answer: "yes" | "no" = "yes",
  source: ApprovalSource = { kind: "cli" },
) =>
  answerApproval(
    { swarm: made.swarm, audit: made.audit, constitution: POLICY, now: made.clock.now() },
    { id, person, answer, source },
  );

const deploy = (made: TestGate) => made.gate("service.deploy", DEPLOY_TARGET, {});

describe("a question", () => {
  test("says who, how many, until when, and stays the same question", async () => {
    const made = await testGate(POLICY);
    const first = await asked(made);
    expect(first).toMatchObject({ group: "release", count: 2, until: made.clock.now() + 4 * HOUR });
    expect((await asked(made)).id).toBe(first.id);
    expect(must(await made.audit.entries({ kinds: ["approval"] }))).toHaveLength(1);
  });
  test("is not asked by a preview", async () => {
    const made = await testGate(POLICY);
    expect(await made.gate.preview("service.deploy", DEPLOY_TARGET, {})).toMatchObject({
      answer: "ask",
      planned: true,
      approval: { id: "planned", group: "release" },
    });
    expect(must(await made.audit.entries())).toEqual([]);
  });
  test("is granted by enough distinct people, and then there is a permit", async () => {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    expect(must(await say(made, id, "ann"))).toMatchObject({ state: "open", people: ["ann"] });
    expect(must(await say(made, id, "ann"))).toMatchObject({ state: "open" });
    expect((await deploy(made)).answer).toBe("ask");
    expect(must(await say(made, id, "bob"))).toMatchObject({ state: "granted", people: ["ann", "bob"] });
    expect(await deploy(made)).toMatchObject({ answer: "allow", rule: "prod", permit: expect.anything() });
    expect(must(await made.audit.entries()).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["approval.requested", "approval.answered", "approval.granted", "decision"]),
    );
  });
  test("is denied by one no", async () => {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    must(await say(made, id, "ann"));
    expect(must(await say(made, id, "bob", "no"))).toMatchObject({ state: "denied", people: ["bob"] });
    expect(await deploy(made)).toMatchObject({ answer: "deny", rule: "prod", reason: "bob said no." });
  });
  test("each asking rule must be satisfied", async () => {
    const made = await testGate(POLICY);
    const tag = () => made.gate("release.tag", { repository: "r", tag: "v1", commit: COMMIT }, {});
    const first = await tag();
    if (first.answer !== "ask") throw new Error("expected ask");
    must(await say(made, first.approval.id, "ann"));
    const second = await tag();
    if (second.answer !== "ask") throw new Error("expected ask");
    expect([first.rule, second.rule]).toEqual(["tags", "tags-of-tier-0"]);
    must(await say(made, second.approval.id, "sue"));
    expect((await tag()).answer).toBe("allow");
  });
});

describe("who may not agree", () => {
  test("the requester, strangers, and nobody to a question that is not there", async () => {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    expect(codeOf(await say(made, id, "zoe"))).toBe("approval.own_request");
    expect(codeOf(await say(made, id, "mallory"))).toBe("approval.not_a_member");
    expect(codeOf(await say(made, "a-none", "ann"))).toBe("approval.unknown");
    expect(must(await made.audit.entries({ kinds: ["approval.refused"] }))).toHaveLength(2);
    expect((await deploy(made)).answer).toBe("ask");
  });
  test("whoever takes the run over: their own earlier yes no longer counts", async () => {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    must(await say(made, id, "ann"));
    must(await say(made, id, "bob"));
    expect((await made.with({ requester: "bob" })("service.deploy", DEPLOY_TARGET, {})).answer).toBe("ask");
    expect((await deploy(made)).answer).toBe("allow");
  });
  test("someone who has left the group since", async () => {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    must(await say(made, id, "ann"));
    must(await say(made, id, "bob"));
    const smaller = constitution(RULES, "groups: { release: [ann, carl], security: [sue] }");
    expect((await made.with({ constitution: smaller })("service.deploy", DEPLOY_TARGET, {})).answer).toBe("ask");
  });
});

describe("an agreement is bound", () => {
  async function granted() {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    must(await say(made, id, "ann"));
    must(await say(made, id, "bob"));
    return { ...made, id };
  }
  test("to the exact plan", async () => {
    const made = await granted();
    const other = await made.gate("service.deploy", { ...DEPLOY_TARGET, digest: "d".repeat(64) }, {});
    expect(other).toMatchObject({ answer: "ask" });
    expect(other.answer === "ask" && other.approval.id).not.toBe(made.id);
  });
  test("in time", async () => {
    const made = await granted();
    made.clock.advance(4 * HOUR - 1);
    expect((await deploy(made)).answer).toBe("allow");
    made.clock.advance(1);
    expect((await deploy(made)).answer).toBe("ask");
  });
  test("to the rule that asked", async () => {
    const made = await granted();
    const renamed = constitution(
      RULES.replace("id: prod", "id: production"),
      "groups: { release: [ann, bob, zoe], security: [sue] }",
    );
    expect((await made.with({ constitution: renamed })("service.deploy", DEPLOY_TARGET, {})).answer).toBe("ask");
  });
});

test("a question expires, and a late answer is refused", async () => {
  const made = await testGate(POLICY);
  const { id } = await asked(made);
  made.clock.advance(4 * HOUR);
  expect(codeOf(await say(made, id, "ann"))).toBe("approval.expired");
  expect((await asked(made)).id).not.toBe(id);
  expect(must(await getApproval(made.swarm, id))?.state).toBe("expired");
});

test("when a run's plan changes, its open question becomes void", async () => {
  const made = await testGate(POLICY);
  const gate = made.gate.bound({ run: { id: "r-1", startedAt: made.clock.now() } });
  const first = await gate("service.deploy", DEPLOY_TARGET, {});
  if (first.answer !== "ask") throw new Error("expected ask");
  await gate("service.deploy", { ...DEPLOY_TARGET, digest: "d".repeat(64) }, {});
  expect(must(await getApproval(made.swarm, first.approval.id))?.state).toBe("void");
  expect(codeOf(await say(made, first.approval.id, "ann"))).toBe("approval.not_open");
  expect(must(await made.audit.entries({ kinds: ["approval.void"] }))).toHaveLength(1);
});

describe("an answer from Jenkins", () => {
  const confirm: ApprovalSource = {
    kind: "jenkins",
    build: "ship #12",
    half: "act",
    verify: async ({ person }) => succeed({ person }),
  };
  test("counts when the controller confirms it, in the act half", async () => {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    must(await say(made, id, "ann", "yes", confirm));
    expect(must(await getApproval(made.swarm, id))?.votes).toMatchObject([
      { person: "ann", source: "jenkins ship #12" },
    ]);
  });
  test.each([
    ["brought by the work half", { ...confirm, half: "work" }, "approval.wrong_half"],
    ["that was someone else's", { ...confirm, verify: async () => succeed({ person: "eve" }) }, "approval.not_theirs"],
    [
      "the controller does not know",
      { ...confirm, verify: async () => fail(problem("policy", "jenkins.no_such_input", "no")) },
      "jenkins.no_such_input",
    ],
  ] as const)("is refused when %s", async (_name, source, code) => {
    const made = await testGate(POLICY);
    const { id } = await asked(made);
    expect(codeOf(await say(made, id, "ann", "yes", source))).toBe(code);
    expect(must(await getApproval(made.swarm, id))?.votes).toEqual([]);
  });
});
