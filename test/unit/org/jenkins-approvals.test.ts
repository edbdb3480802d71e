import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Diagnostic, Outcome } from "../../../src/core/diagnostic.ts";
import { takeApprovals } from "../../../src/org/jenkins-approvals.ts";
import type { Session } from "../../../src/pipeline/session.ts";
import { COMMIT, constitution, must, type TestGate, testGate } from "../constitution/support.ts";
import { type FakeBuild, type FakeJenkins, fakeJenkins } from "../tools-jenkins/fake-jenkins.ts";

/** The organisation's repository; it has nobody sign. */
let organisation: { path: string; commit: string };
beforeAll(async () => {
  const path = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], {
      cwd: path,
      encoding: "utf8",
    });
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "begin");
  organisation = { path, commit: git("rev-parse", "HEAD").trim() };
});
afterAll(() => rm(organisation.path, { recursive: true, force: true }));

const POLICY = constitution(
  "- { id: tags, ask: [release.tag], of: { group: maintainers, count: 2 } }",
  "groups: { maintainers: [ada, bob, zoe] }",
);

let fake: FakeJenkins;
let build: FakeBuild;
let made: TestGate;

beforeEach(async () => {
  fake = await fakeJenkins();
  build = { number: 7, building: true, result: null, commits: [], log: "" };
  fake.jobs.set("/job/ship", { parameters: [], builds: [build] });
  made = await testGate(POLICY);
});
afterEach(() => fake.close());

const url = () => `${fake.url}/job/ship/7/`;

async function ask(tag = "v1") {
  const decision = await made.gate("release.tag", { repository: "r", tag, commit: COMMIT }, {});
  return decision.answer === "ask" ? decision.approval.id : decision.answer;
}

function take(id: string, by: string, more: { answer?: "approve" | "refuse"; build?: string; half?: "work" } = {}) {
  const session = {
    ...made,
    organisation: { ...organisation, constitution: POLICY },
    ...(more.half ? { half: { does: more.half } } : {}),
    environment: {
      JENKINS_URL: fake.url,
      CODEMONKEYS_JENKINS_TOKEN_USER: "monkey",
      CODEMONKEYS_JENKINS_TOKEN: "api-token",
    },
    product: undefined,
    signal: new AbortController().signal,
  } as unknown as Session;
  const { answer = "approve", build: from = url() } = more;
  return takeApprovals(session, [{ id, by, answer, reason: "", build: from }]);
}

/** Codes of what was said, as failure or as warning. */
const said = (outcome: Outcome<unknown>) => {
  const of = (all: readonly Diagnostic[]) => all.map(({ code }) => code);
  return outcome.ok ? { warned: of(outcome.warnings) } : { failed: of(outcome.diagnostics) };
};

describe("answers from Jenkins", () => {
  it("count once each, and enough of them grant", async () => {
    const id = await ask();
    build.approvers = ["ada", "bob"];
    must(await take(id, "ada"));
    must(await take(id, "ada"));
    expect(await ask()).toBe(id);
    must(await take(id, "bob"));
    expect(await ask()).toBe("allow");
  });

  it("are for one question: a click is not counted twice", async () => {
    const first = await ask("v1");
    const second = await ask("v2");
    build.approvers = ["ada"];
    must(await take(first, "ada"));
    expect(said(await take(second, "ada"))).toEqual({ failed: ["approval.not_recorded"] });
    build.approvers = ["ada", "ada"];
    must(await take(second, "ada"));
  });

  it("of strangers, of the requester and of whoever started the build leave the question open", async () => {
    const id = await ask();
    build.approvers = ["eve", "zoe", "bob"];
    build.startedBy = "bob";
    expect(said(await take(id, "eve"))).toEqual({ warned: ["approval.not_a_member"] });
    expect(said(await take(id, "zoe"))).toEqual({ warned: ["approval.own_request"] });
    expect(said(await take(id, "bob"))).toEqual({ warned: ["approval.own_request"] });
    expect(await ask()).toBe(id);
  });

  it("that come too late are told, and the gate asks anew", async () => {
    const id = await ask();
    build.approvers = ["ada"];
    made.clock.advance(8 * 24 * 3_600_000);
    expect(said(await take(id, "ada"))).toEqual({ warned: ["approval.expired"] });
    expect(await ask()).not.toBe(id);
  });

  it("of a build that has ended, of another controller, and to no question are refused", async () => {
    const id = await ask();
    build.approvers = ["ada"];
    expect(said(await take(id, "ada", { build: "http://evil.invalid/job/ship/7/" }))).toEqual({
      failed: ["jenkins.other_controller"],
    });
    expect(said(await take("a-none", "ada"))).toEqual({ failed: ["approval.unknown"] });
    build.building = false;
    expect(said(await take(id, "ada"))).toEqual({ failed: ["approval.build_over"] });
  });

  it("are not taken in the work half", async () => {
    const id = await ask();
    build.approvers = ["ada"];
    expect(said(await take(id, "ada", { half: "work" }))).toEqual({ failed: ["approval.wrong_half"] });
    expect(await ask()).toBe(id);
  });

  it("that say no close the question", async () => {
    const id = await ask();
    build.approvers = ["ada"];
    must(await take(id, "ada", { answer: "refuse" }));
    expect(await ask()).toBe("deny");
  });
});
