import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { StepResult } from "../../src/core/result.ts";
import { type FakeBuild, type FakeJenkins, fakeJenkins } from "../unit/tools-jenkins/fake-jenkins.ts";
import { BREAKING, GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

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

it("a release goes on with the answer that the controller confirms, and with no other", async () => {
  const approval = await asked();
  expect(approval).toMatchObject({ group: "maintainers", people: ["ada", "bob"], count: 1 });
  const blind = await step("release", answer(approval.id, "ada"), { CODEMONKEYS_JENKINS_TOKEN: "" });
  expect([blind.kind, codes(blind)[0]]).toEqual(["secret", "jenkins.no_token"]);
  expect(blind.diagnostics[0]?.next).toContain("codemonkeys-jenkins");
  const forged = await step("release", answer(approval.id, "ada"));
  expect([forged.verdict, forged.kind, codes(forged)[0]]).toEqual(["failure", "policy", "approval.not_recorded"]);
  build.approvers = ["eve"];
  const stranger = await step("release", answer(approval.id, "eve"));
  expect([stranger.verdict, stranger.approval?.id]).toEqual(["waiting", approval.id]);
  expect(codes(stranger)).toContain("approval.not_a_member");
  expect(await tags()).toBe("");
  build.approvers = ["eve", "ada"];
  const done = await step("release", answer(approval.id, "ada", { reason: "looks good" }));
  expect([done.verdict, await tags()]).toEqual(["success", "v1.0.0"]);
  expect((await world.run("audit", "show", "--json")).stdout).toContain("looks good");
});

it("a no closes the question, and the gate refuses from then on", async () => {
  const approval = await asked();
  build.approvers = ["ada"];
  const refused = await step("release", answer(approval.id, "ada", { answer: "refuse", reason: "not on a Friday" }));
  expect([refused.verdict, refused.kind]).toEqual(["failure", "policy"]);
  expect(refused.diagnostics.map(({ message }) => message).join("\n")).toContain("ada said no");
  expect(await tags()).toBe("");
});

it("heal in a pipeline that runs its own commands reads its own build's log, or says what to bind", async () => {
  const commit = await world.change("feat: refactor", BREAKING);
  const ran = await execa("npm", ["test"], { cwd: world.product, reject: false, all: true });
  build.log = `Started by user Zoe\n[Pipeline] stage\n[Pipeline] { (test)\n[Pipeline] sh\n+ npm test\n${ran.all}\n`;
  const jenkins = { BRANCH_NAME: "main", GIT_COMMIT: commit, BUILD_TAG: "jenkins-ship-7" };
  const blind = await step("heal", {}, { ...jenkins, CODEMONKEYS_JENKINS_TOKEN: "" });
  expect([blind.kind, codes(blind)[0]]).toEqual(["secret", "jenkins.no_token"]);
  expect(blind.diagnostics[0]?.message).toBe(
    `heal cannot read the log of ${url()}: no token for ${fake.url}/ is bound`,
  );
  const healed = await step("heal", {}, jenkins);
  expect([healed.summary, healed.verdict]).toEqual([expect.stringContaining("healed"), "success"]);
  expect((healed.data as { stage: string }).stage).toBe("test");
});
