import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectJenkins } from "../../../src/tools/jenkins/connection.ts";
import { approversInLog, readInputRecord } from "../../../src/tools/jenkins/input-record.ts";
import { buildAt } from "../../../src/tools/jenkins/names.ts";
import { codes, ok } from "../tools/permit.ts";
import { type FakeBuild, type FakeJenkins, fakeJenkins } from "./fake-jenkins.ts";

let fake: FakeJenkins;
beforeEach(async () => {
  fake = await fakeJenkins();
});
afterEach(() => fake.close());

const PATH = "/job/acme/job/payments/job/feature%252Frefunds";

async function record(build: Partial<FakeBuild>, url = `${fake.url}${PATH}/7/`) {
  const full = { number: 7, building: true, result: null, commits: ["a".repeat(40)], log: "", ...build };
  fake.jobs.set(PATH, { parameters: [], builds: [full] });
  const jenkins = ok(connectJenkins({ url: `${fake.url}/`, user: "monkey", token: "api-token", retryMs: 1 }));
  return readInputRecord(jenkins, url);
}

describe("who approved", () => {
  it("is what the controller noted, once for each input, with who started the build", async () => {
    expect(ok(await record({ approvers: ["ada", "bob", "ada"], startedBy: "zoe" }))).toEqual({
      building: true,
      approvers: ["ada", "bob", "ada"],
      startedBy: ["zoe"],
    });
    expect(fake.requests.some(({ url }) => url.includes("progressiveHtml"))).toBe(false);
  });

  it("is read from the controller's own lines of the log where it noted nothing", async () => {
    const html = [
      "<a href='/job/acme/job/payments/7/input/'>Input requested</a>",
      "Approved by <a href='/jenkins/user/ada%20l' class='jenkins-table__link model-link model-link--float'>Ada L.</a>",
      "<span class=\"pipeline-node-9\">Approved by <a href='/user/bob' class='model-link'>Bob</a>",
    ].join("\n");
    expect(ok(await record({ html })).approvers).toEqual(["ada l", "bob"]);
  });

  it("is nobody whose name a build only printed", async () => {
    const log = "Approved by ada\nApproved by <a href='/user/ada' class='model-link'>Ada</a>\n";
    expect(ok(await record({ log })).approvers).toEqual([]);
    // An address that a build prints becomes a link, of another kind.
    expect(approversInLog("Approved by <a href='http://ci/user/ada'>http://ci/user/ada</a>")).toEqual([]);
    expect(approversInLog("Rejected by <a href='/user/ada' class='model-link'>Ada</a>")).toEqual([]);
  });

  it("is not asked of another controller, nor of a build that is gone", async () => {
    expect(codes(await record({}, "http://elsewhere.invalid/job/x/7/"))).toEqual(["jenkins.other_controller"]);
    expect(codes(await record({}, `${fake.url}${PATH}/8/`))).toEqual(["jenkins.unknown_build"]);
  });
});

describe("a build's address", () => {
  it("names its job and number below the controller's root", () => {
    expect(buildAt("https://ci.example.com/jenkins", `https://ci.example.com/jenkins${PATH}/12/`)).toEqual({
      path: `${PATH}/12`,
      job: "acme/payments/feature%2Frefunds",
      number: "12",
    });
    expect(buildAt("https://ci.example.com", "https://ci.example.com/job/a/12/../../../x")).toBeUndefined();
    expect(buildAt("https://ci.example.com", "https://ci.example.com.evil/job/a/12/")).toBeUndefined();
    expect(buildAt("https://ci.example.com", "https://ci.example.com/job/a/12/?x")).toBeUndefined();
  });
});
