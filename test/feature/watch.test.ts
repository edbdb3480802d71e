import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeBuild, type FakeJenkins, fakeJenkins } from "../unit/tools-jenkins/fake-jenkins.ts";
import { LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const FILES = { "package.json": '{ "name": "money", "version": "1.0.0", "scripts": { "test": "true" } }\n' };
const RULES = `${LOOP_RULES}  - { id: builds, allow: [ci.trigger], when: run.pillar == "watch" }\n`;
const ENVIRONMENT = {
  CODEMONKEYS_JENKINS_TOKEN: "api-token",
  CODEMONKEYS_JENKINS_TOKEN_USER: "monkey",
  CODEMONKEYS_WEBHOOK_SECRET: "between-us",
};
const PARAMETERS = ["PRODUCT", "REPOSITORY", "BRANCH", "COMMIT", "STAGE", "FAILED_BUILD", "DRY_RUN"];

let world: SpineWorld;
let jenkins: FakeJenkins;
let commit: string;
let product: string;

beforeEach(async () => {
  world = await spineWorld({ files: FILES });
  await world.govern(RULES);
  jenkins = await fakeJenkins();
  jenkins.queuePolls = 0;
  await world.governConfig(
    `ci: { backend: jenkins, job: "acme/{product}/{branch}" }\njenkins: { url: "${jenkins.url}" }\n`,
  );
  commit = await world.git("rev-parse", "HEAD");
  product = (await world.result<{ products: { name: string }[] }>("status")).data.products[0]?.name as string;
  jenkins.jobs.set("/job/acme/job/_system/job/heal", { parameters: PARAMETERS, builds: [] });
});
afterEach(async () => {
  await jenkins.close();
  await world.close();
});

function built(result: string): FakeBuild {
  const stages = [
    { name: "test", status: result === "SUCCESS" ? "SUCCESS" : "FAILED" },
    { name: "docs", status: "SUCCESS" },
  ];
  return { number: 7, building: false, result, commits: [commit], log: "", stages };
}

describe("a pass", () => {
  it("has a failed build healed once, however often it comes by, and says what it would do before", async () => {
    jenkins.jobs.set(`/job/acme/job/${product}/job/main`, { parameters: [], builds: [built("FAILURE")] });
    const heals = () => jenkins.jobs.get("/job/acme/job/_system/job/heal")?.builds ?? [];
    const planned = await world.runWith(ENVIRONMENT, "watch", "--dry-run");
    expect(planned.stdout).toContain(`◇ heal: build 7 of ${commit.slice(0, 7)} failed in test`);
    expect(heals()).toEqual([]);
    const first = await world.runWith(ENVIRONMENT, "watch");
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("✔ heal: build 7") });
    expect(heals().map(({ parameters }) => parameters)).toEqual([
      {
        PRODUCT: product,
        REPOSITORY: expect.any(String),
        BRANCH: "main",
        COMMIT: commit,
        STAGE: "test",
        FAILED_BUILD: `${jenkins.url}/job/acme/job/${product}/job/main/7/`,
      },
    ]);
    const second = await world.runWith(ENVIRONMENT, "watch");
    expect(second.stdout).not.toContain("heal:");
    expect(heals()).toHaveLength(1);
  });

  it("is the act half's with two zones: it starts jobs, and no trigger is lost by a pass in the other half", async () => {
    await world.govern(RULES, "zones: two\n");
    jenkins.jobs.set(`/job/acme/job/${product}/job/main`, { parameters: [], builds: [built("FAILURE")] });
    const work = await world.runWith(ENVIRONMENT, "watch");
    expect([work.code, work.stderr]).toEqual([5, expect.stringContaining("watch --half act")]);
    const agent = { ...ENVIRONMENT, JENKINS_URL: `${jenkins.url}/`, NODE_LABELS: "act-1 codemonkeys-act" };
    const acted = await world.runWith(agent, "watch", "--half", "act");
    expect(acted).toMatchObject({ code: 0, stdout: expect.stringContaining("✔ heal: build 7") });
    expect(jenkins.jobs.get("/job/acme/job/_system/job/heal")?.builds).toHaveLength(1);
  });

  it("leaves what the constitution refuses, and believes signed events only", async () => {
    jenkins.jobs.set(`/job/acme/job/${product}/job/main`, { parameters: [], builds: [built("FAILURE")] });
    const event = join(world.root, "event.json");
    const body = JSON.stringify({ product });
    await writeFile(event, body);
    const sign = (secret: string) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const forged = await world.runWith(ENVIRONMENT, "watch", "--event", event, "--signature", sign("theirs"));
    expect(forged).toMatchObject({ code: 5, stderr: expect.stringContaining("not signed") });
    await world.govern(LOOP_RULES);
    const refused = await world.runWith(ENVIRONMENT, "watch", "--event", event, "--signature", sign("between-us"));
    expect(refused.stdout).toContain("✗ heal: build 7");
    expect(jenkins.jobs.get("/job/acme/job/_system/job/heal")?.builds).toEqual([]);
  });

  it("has a green commit released once, and its docs built, where its own pipeline did neither", async () => {
    const front =
      "product: payments\ncompany: acme\nstages: { test: npm test }\npackages: [{ ecosystem: npm, path: ., publish: true }]";
    commit = await world.change("feat: packages", { "SPEC.md": `---\n${front}\n---\n# Payments\nTake payments.\n` });
    const green = built("SUCCESS");
    const job = { parameters: [], builds: [{ ...green, stages: [] } as FakeBuild] };
    jenkins.jobs.set(`/job/acme/job/${product}/job/main`, job);
    jenkins.jobs.set("/job/acme/job/_system/job/ship", { parameters: PARAMETERS, builds: [] });
    const short = commit.slice(0, 7);
    const planned = await world.runWith(ENVIRONMENT, "watch", "--dry-run");
    expect(planned.stdout).toContain(`◇ docs: ${short} is green and its docs were not built`);
    expect(planned.stdout).toContain(`◇ release: ${short} is green and was not released`);
    job.builds = [green];
    const pass = await world.runWith(ENVIRONMENT, "watch");
    expect(pass.stdout).toContain(`✔ release: ${short} is green`);
    expect(pass.stdout).not.toContain("docs:");
    await world.runWith(ENVIRONMENT, "watch");
    const ships = jenkins.jobs.get("/job/acme/job/_system/job/ship")?.builds.map(({ parameters }) => parameters);
    expect(ships).toEqual([{ PRODUCT: product, REPOSITORY: expect.any(String), BRANCH: "main", DRY_RUN: "false" }]);
  });
});
