import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { StepResult } from "../../src/core/result.ts";
import { type FakeBuild, type FakeJenkins, fakeJenkins } from "../unit/tools-jenkins/fake-jenkins.ts";
import { GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ASKING = `${LOOP_RULES.replace("release.tag, ", "")}
  - id: tags-need-a-person
    ask: [release.tag]
    of: { group: maintainers }
`;
const GROUPS = "groups: { maintainers: [ada, bob, zoe] }\n";

let world: SpineWorld;
let fake: FakeJenkins;
let build: FakeBuild;

beforeEach(async () => {
  fake = await fakeJenkins();
  build = { number: 7, building: true, result: null, commits: [], log: "", startedBy: "zoe" };
  fake.jobs.set("/job/ship", { parameters: [], builds: [build] });
  world = await spineWorld({ files: GOOD_PRODUCT });
  await world.govern(ASKING, GROUPS);
});
afterEach(async () => {
  await fake.close();
  await world.close();
});

const url = () => `${fake.url}/job/ship/7/`;

/** Runs a step as the shared library does: parameters in a file, the controller's token in the environment. */
async function step(name: string, params: object, environment: Record<string, string> = {}) {
  const file = join(world.root, "params.json");
  writeFileSync(file, JSON.stringify(params));
  const jenkins = {
    JENKINS_URL: `${fake.url}/`,
    BUILD_URL: url(),
    CODEMONKEYS_JENKINS_TOKEN_USER: "monkey",
    CODEMONKEYS_JENKINS_TOKEN: "api-token",
    ...environment,
  };
  const ran = await world.runWith(jenkins, name, "--params-file", file, "--json");
  return JSON.parse(ran.stdout) as StepResult;
}

const asked = async () => {
  const result = await step("release", {});
  expect(result.verdict).toBe("waiting");
  if (!result.approval) throw new Error("the result names no question");
  return result.approval;
};
const answer = (id: string, by: string, more: object = {}) => ({ approvals: [{ id, by, build: url(), ...more }] });
const codes = (result: StepResult) => result.diagnostics.map(({ code }) => code);
const tags = () => world.gitIn(world.origin, "tag");

it("an answer that the controller confirms lets the release go on", async () => {
  const approval = await asked();
  expect(approval).toMatchObject({ group: "maintainers", people: ["ada", "bob"], count: 1 });
  build.approvers = ["ada"];
  const done = await step("release", answer(approval.id, "ada", { reason: "looks good" }));
  expect([done.verdict, await tags()]).toEqual(["success", "v1.0.0"]);
  const log = await world.run("audit", "show", "--json");
  expect(log.stdout).toContain("looks good");
});

it("an answer that nobody gave is refused, and so is one click for two questions", async () => {
  const approval = await asked();
  const forged = await step("release", answer(approval.id, "ada"));
  expect([forged.verdict, forged.kind, codes(forged)[0]]).toEqual(["failure", "policy", "approval.not_recorded"]);
  expect(await tags()).toBe("");
  build.approvers = ["ada"];
  build.building = false;
  expect(codes(await step("release", answer(approval.id, "ada")))[0]).toBe("approval.build_over");
});

it("a stranger's and the requester's answers do not count, and the question stays open", async () => {
  const approval = await asked();
  build.approvers = ["eve", "zoe"];
  const stranger = await step("release", answer(approval.id, "eve"));
  expect([stranger.verdict, stranger.approval?.id]).toEqual(["waiting", approval.id]);
  expect(codes(stranger)).toContain("approval.not_a_member");
  const own = await step("release", answer(approval.id, "zoe"));
  expect([own.verdict, codes(own).includes("approval.own_request")]).toEqual(["waiting", true]);
  // Whoever started the build asked for it, also when the pipeline names somebody else.
  build.startedBy = "bob";
  build.approvers = ["bob"];
  const starter = await step("release", answer(approval.id, "bob"));
  expect([starter.verdict, codes(starter).includes("approval.own_request")]).toEqual(["waiting", true]);
  expect(await tags()).toBe("");
});

it("a no closes the question, and the gate refuses from then on", async () => {
  const approval = await asked();
  build.approvers = ["ada"];
  const refused = await step("release", answer(approval.id, "ada", { answer: "refuse", reason: "not on a Friday" }));
  expect([refused.verdict, refused.kind]).toEqual(["failure", "policy"]);
  expect(refused.diagnostics.map(({ message }) => message).join("\n")).toContain("ada said no");
  expect(await tags()).toBe("");
});

it("without a token it says in one line what to bind", async () => {
  const approval = await asked();
  build.approvers = ["ada"];
  const blind = await step("release", answer(approval.id, "ada"), { CODEMONKEYS_JENKINS_TOKEN: "" });
  expect([blind.kind, codes(blind)[0]]).toEqual(["secret", "jenkins.no_token"]);
  expect(blind.diagnostics[0]?.next).toContain("codemonkeys-jenkins");
});
