import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeJenkins, fakeJenkins } from "../unit/tools-jenkins/fake-jenkins.ts";
import { LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FILES = { "package.json": '{ "name": "money", "version": "1.0.0", "scripts": { "test": "echo tested ✓" } }\n' };
const MAY_BUILD = `${LOOP_RULES}  - { id: builds, allow: [ci.trigger, ci.cancel], when: run.pillar == "watch" }\n`;
const TOKEN = { CODEMONKEYS_JENKINS_TOKEN: "api-token", CODEMONKEYS_JENKINS_TOKEN_USER: "monkey" };

let world: SpineWorld;
let jenkins: FakeJenkins;

beforeEach(async () => {
  world = await spineWorld({ files: FILES });
  await world.govern(MAY_BUILD);
  jenkins = await fakeJenkins();
});
afterEach(async () => {
  await jenkins.close();
  await world.close();
});

const config = () => `ci: { backend: jenkins, job: "acme/{product}/{branch}" }\njenkins: { url: "${jenkins.url}" }\n`;

describe("build and logs", () => {
  it("build here when nothing else is configured, and show what was logged", async () => {
    const built = await world.run("build", "--follow");
    expect(built.stdout + built.stderr).toContain("tested ✓");
    expect(built.code).toBe(0);
    expect(built.stdout).toMatch(/build b-\w+ of \w+ passed at [0-9a-f]{7}/);
    const logs = await world.run("logs");
    expect(logs.stdout + logs.stderr).toContain("tested ✓");
    expect((await world.run("build", "--cancel", "b-none")).code).toBe(3);
    expect((await world.run("build", "nobody")).stderr).toContain("the fleet has no product nobody");
  });

  it("start one build in Jenkins, however often the call is stopped, and show its log once", async () => {
    await world.governConfig(config());
    const name = (await world.result<{ products: { name: string }[] }>("status")).data.products[0]?.name;
    const path = `/job/acme/job/${name}/job/main`;
    jenkins.jobs.set(path, { parameters: ["REASON"], builds: [] });
    jenkins.queuePolls = 0;
    // The first call is refused the log's second part, as if it had been cut off there.
    const cut: FakeJenkins["faults"][number] = (request, response) => {
      if (!/progressiveText\?start=[1-9]/.test(request.url ?? "")) {
        jenkins.faults.push(cut);
        return false;
      }
      response.statusCode = 401;
      response.end();
      return true;
    };
    jenkins.faults.push(cut);
    const call = ["build", name as string, "--follow", "--parameter", "REASON=a 'test'"] as const;
    const first = await world.runWith(TOKEN, ...call);
    expect(first.code).toBe(6);
    expect(first.stdout + first.stderr).toContain("Started");
    const build = jenkins.jobs.get(path)?.builds[0];
    expect(build?.parameters).toEqual({ REASON: "a 'test'" });
    Object.assign(build as object, { log: "Started\ntested ✓\n", building: false, result: "FAILURE" });
    const second = await world.runWith(TOKEN, ...call);
    expect(second.code).toBe(1);
    expect(second.stdout + second.stderr).toContain("tested ✓");
    expect(second.stdout + second.stderr).not.toContain("Started");
    expect(jenkins.jobs.get(path)?.builds).toHaveLength(1);
    Object.assign(build as object, {
      artifacts: { "out/report #1.txt": "three lines\n", "../out": "" },
      testReport: {
        failCount: 1,
        passCount: 2,
        skipCount: 0,
        suites: [{ cases: [{ name: "pays", status: "FAILED" }] }],
      },
    });
    const logs = await world.runWith(TOKEN, "logs", name as string, "--artifacts");
    expect(logs.code).toBe(0);
    expect(logs.stdout + logs.stderr).toContain("Started\ntested ✓");
    expect(logs.stdout).toContain("3 tests, 1 failed, 0 skipped\n  ✗ pays\n");
    const copy = /^\S.*report #1\.txt$/m.exec(logs.stdout)?.[0] ?? "";
    expect(readFileSync(copy, "utf8")).toBe("three lines\n");
    expect(logs.stdout + logs.stderr).toContain(
      'the artefact "../out" is not written: its name leads out of the folder',
    );
  });

  it("say who may not, and what is missing", async () => {
    await world.governConfig(config());
    expect((await world.run("build")).code).toBe(6);
    await world.governConfig("");
    await world.govern(LOOP_RULES);
    const planned = await world.run("build", "--dry-run");
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining("deny: ") });
    expect((await world.run("build")).code).toBe(5);
  });
});
