import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openSwarm, type Swarm } from "../../../src/swarm/open.ts";
import { connectGitHub, type GitHubOptions } from "../../../src/tools/github/client.ts";
import { githubRepository } from "../../../src/tools/github/repository.ts";
import { codes, ok } from "../tools/permit.ts";

const API = "https://api.github.com";
const PATH = "/repos/acme/payments";
let state: string;
let swarm: Swarm;
let tokens = 0;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "codemonkeys-github-"));
  swarm = ok(await openSwarm({ stateDir: state }));
  nock.disableNetConnect();
});
afterEach(() => nock.cleanAll());
afterAll(async () => {
  nock.enableNetConnect();
  await swarm.close();
  await rm(state, { recursive: true, force: true });
});

/** An account of its own, so that one test's limits are not another's. */
function account(more: Partial<GitHubOptions> = {}) {
  tokens += 1;
  const token = `ghp_client-${tokens}`;
  const github = () => connectGitHub({ api: API, token, swarm, secondMs: 1, ...more });
  const read = (client = github()) =>
    client.call("acme/payments", async (octokit) => {
      const { data } = await octokit.rest.repos.get({ owner: "acme", repo: "payments" });
      return data.full_name;
    });
  return { github, read, token };
}

const REPO = { full_name: "acme/payments" };

describe("asking GitHub", () => {
  it("asks by ETag what it knows, in another process too, and takes a 304 as what is kept", async () => {
    const { read, token } = account();
    nock(API, { reqheaders: { authorization: `token ${token}` } })
      .get(PATH)
      .reply(200, REPO, { etag: 'W/"1"' });
    expect(ok(await read())).toBe("acme/payments");
    nock(API, { reqheaders: { "if-none-match": 'W/"1"' } })
      .get(PATH)
      .reply(304);
    expect(ok(await read())).toBe("acme/payments");
    nock(API, { badheaders: ["if-none-match"] })
      .get(PATH)
      .reply(200, { full_name: "acme/other" }, { etag: 'W/"2"' });
    expect(ok(await account().read())).toBe("acme/other");
  });

  it("waits as long as it is told to and asks once more, for the hour's limit and for the secondary one", async () => {
    const secondary = { message: "You have exceeded a secondary rate limit. Please wait a few minutes." };
    nock(API).get(PATH).reply(403, secondary, { "retry-after": "3" }).get(PATH).reply(200, REPO);
    expect(ok(await account().read())).toBe("acme/payments");
    const reset = String(Math.floor(Date.now() / 1000) + 2);
    const limited = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
    nock(API).get(PATH).reply(429, { message: "API rate limit exceeded" }, limited).get(PATH).reply(200, REPO);
    expect(ok(await account().read())).toBe("acme/payments");
  });

  it("does not wait for an hour, and neither do the others who share the account", async () => {
    const { read, github } = account({ patienceMs: 100 });
    nock(API).get(PATH).reply(403, { message: "secondary rate limit" }, { "retry-after": "3600" });
    const first = await read();
    expect(first.ok ? [] : first.diagnostics).toMatchObject([
      { code: "github.rate_limited", kind: "infrastructure", message: expect.stringContaining("60 min") },
    ]);
    // No interceptor is left: a request would be another failure.
    expect(codes(await read(github()))).toEqual(["github.rate_limited"]);
  });

  it("asks again after a 5xx, and gives up in the end", async () => {
    nock(API).get(PATH).times(2).reply(502, "<html>bad gateway</html>").get(PATH).reply(200, REPO);
    expect(ok(await account().read())).toBe("acme/payments");
    nock(API).get(PATH).times(4).reply(503, { message: "unavailable" });
    expect(codes(await account().read())).toEqual(["github.failing"]);
    expect(nock.isDone()).toBe(true);
  });

  it.each([
    [401, {}, "github.unauthenticated", "bind it to the variable"],
    [403, { "x-accepted-github-permissions": "actions=write" }, "github.forbidden", "give the token: actions=write"],
    [404, {}, "github.not_found", "check the name"],
    [410, {}, "github.gone", undefined],
    [422, {}, "github.refused", undefined],
  ])("says what %d means and what to do", async (status, headers, code, next) => {
    const errors = [{ resource: "PullRequest", field: "head", code: "invalid" }];
    nock(API).get(PATH).reply(status, { message: "Validation Failed", errors }, headers);
    const read = await account().read();
    expect(read.ok ? [] : read.diagnostics).toMatchObject([
      { code, ...(next ? { next: expect.stringContaining(next) } : {}) },
    ]);
    if (status === 422 && !read.ok) expect(read.diagnostics[0]?.message).toContain("PullRequest head invalid");
  });

  it("says when it is not reached", async () => {
    nock(API)
      .get(PATH)
      .times(4)
      .replyWithError(Object.assign(new Error("no"), { code: "ECONNREFUSED" }));
    expect(codes(await account().read())).toEqual(["github.unreachable"]);
  });
});

describe("a remote's address", () => {
  const known = { owner: "acme", name: "payments", api: "https://api.github.com", web: "https://github.com" };
  it.each([
    "https://github.com/acme/payments.git",
    "https://x-access-token:secret@github.com/acme/payments",
    "git@github.com:acme/payments.git",
    "ssh://git@ssh.github.com:443/acme/payments.git",
  ])("%s is on GitHub", (remote) => expect(githubRepository(remote)).toEqual(known));

  it("may be on a server of the company's own", () => {
    const own = { api: "https://code.acme.example:8443/api/v3", web: "https://code.acme.example:8443" };
    const web = "https://code.acme.example:8443/";
    expect(githubRepository("https://code.acme.example:8443/acme/payments", web)).toMatchObject(own);
    expect(githubRepository("git@code.acme.example:acme/payments.git", web)).toMatchObject(own);
    expect(githubRepository("https://github.com/acme/payments", web)).toBeUndefined();
    expect(githubRepository("https://acme.ghe.com/acme/payments")).toMatchObject({ api: "https://api.acme.ghe.com" });
  });

  it.each([
    "/srv/git/payments.git",
    "https://gitlab.com/acme/payments",
    "https://github.com/acme",
    "https://github.com/a/b/c",
  ])("%s is not", (remote) => expect(githubRepository(remote)).toBeUndefined());
});
