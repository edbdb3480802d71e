import nock from "nock";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { succeed } from "../../../src/core/diagnostic.ts";
import { release } from "../../../src/pillars/release/release.ts";
import { must, RELEASE_RULES, releaseWorld, type World } from "./world.ts";

// git itself would move the remote before anybody sees it at GitHub: only the name that the release reads is another.
vi.mock("../../../src/tools/git/git.ts", async (actual) => {
  const git = await actual<typeof import("../../../src/tools/git/git.ts")>();
  return {
    ...git,
    async openRepository(...args: Parameters<typeof git.openRepository>) {
      const opened = await git.openRepository(...args);
      const remoteUrl = async () => succeed("git@github.com:acme/payments.git");
      return opened.ok ? succeed({ ...opened.value, remoteUrl }) : opened;
    },
  };
});

const API = "https://api.github.com";
const ROOT = "/repos/acme/payments/releases";
const URL_SHOWN = "https://github.com/acme/payments/releases/tag/v1.0.0";
const RULES = RELEASE_RULES.replace("release.tag,", "release.tag, forge.release,");
const shown = (more: object = {}) => ({
  id: 7,
  html_url: URL_SHOWN,
  upload_url: `https://uploads.github.com${ROOT}/7/assets{?name,label}`,
  tag_name: "v1.0.0",
  draft: false,
  assets: [],
  ...more,
});

let world: World;
beforeEach(async () => {
  nock.disableNetConnect();
  world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: . }]",
    files: { "package.json": '{ "name": "payments", "version": "1.0.0" }' },
  });
});
afterEach(async () => {
  nock.cleanAll();
  nock.enableNetConnect();
  await world.close();
});

const environment = { GITHUB_TOKEN: "ghp_release" };

test("a GitHub release whose answer was lost is found by the same command, and made once", async () => {
  nock(API).get(`${ROOT}/tags/v1.0.0`).times(3).reply(404, { message: "Not Found" });
  nock(API).get(ROOT).query({ per_page: 100 }).times(3).reply(200, []);
  const made = nock(API)
    .post(ROOT, (body) => body.draft === true && body.name === "payments 1.0.0" && body.body.includes("begin"))
    .reply(502, "<html>bad gateway</html>");
  const failed = await release(await world.session({ environment, constitution: RULES }));
  expect(failed.ok ? [] : failed.diagnostics.map(({ code }) => code)).toEqual(["github.failing", "release.resumable"]);
  expect(made.isDone()).toBe(true);
  expect(world.git("ls-remote", "origin", "refs/tags/v1.0.0")).toContain("refs/tags/v1.0.0");
  nock.cleanAll();

  // No interceptor takes a second one.
  nock(API).get(`${ROOT}/tags/v1.0.0`).reply(200, shown());
  const done = must(await release(await world.session({ environment, constitution: RULES })));
  expect(done).toMatchObject({ tags: ["v1.0.0"], pages: [{ tag: "v1.0.0", url: URL_SHOWN }] });
  expect(world.told()).toContain("done GitHub release v1.0.0 is public");
}, 30_000);

test("without a token the release is complete, and says what it lacks", async () => {
  const done = await release(await world.session({ constitution: RULES }));
  expect(must(done)).toMatchObject({ released: true, tags: ["v1.0.0"], pages: [] });
  expect(done.ok && done.warnings.map(({ code, message }) => `${code} ${message}`)).toContain(
    "release.no_github_release no GitHub release of v1.0.0: the variable GITHUB_TOKEN with the GitHub token is not bound",
  );
});

test("a constitution that does not allow it is obeyed, and a dry run says so before", async () => {
  const planned = must(await release(await world.session({ environment, dryRun: true })));
  expect(planned.effects.find(({ action }) => action === "forge.release")).toMatchObject({
    answer: "deny",
    target: { tag: "v1.0.0" },
  });
  nock(API).get(`${ROOT}/tags/v1.0.0`).reply(404, { message: "Not Found" });
  nock(API).get(ROOT).query({ per_page: 100 }).reply(200, []);
  const refused = await release(await world.session({ environment }));
  expect(refused.ok ? [] : refused.diagnostics.map(({ code }) => code)).toEqual(["gate.no_match", "release.resumable"]);
});
