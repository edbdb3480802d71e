import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../../src/core/canonical.ts";
import { succeed } from "../../../src/core/diagnostic.ts";
import { openSwarm, type Swarm } from "../../../src/swarm/open.ts";
import { connectGitHub } from "../../../src/tools/github/client.ts";
import { createRelease, findRelease, pageDigest, type ReleasePage } from "../../../src/tools/github/releases.ts";
import { githubRepository } from "../../../src/tools/github/repository.ts";
import { allow, codes, ok } from "../tools/permit.ts";

const API = "https://api.github.com";
const UPLOADS = "https://uploads.github.com";
const ROOT = "/repos/acme/payments/releases";
const BYTES = new Map(["tarball", "statement"].map((text) => [sha256(text), Buffer.from(text)]));
let state: string;
let swarm: Swarm;
let tokens = 0;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "codemonkeys-github-"));
  swarm = ok(await openSwarm({ stateDir: state }));
  nock.disableNetConnect();
});
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});
afterAll(async () => {
  nock.enableNetConnect();
  await swarm.close();
  await rm(state, { recursive: true, force: true });
});

const page: ReleasePage = {
  tag: "v1.1.0",
  title: "payments 1.1.0",
  notes: "# payments 1.1.0\n",
  prerelease: false,
  assets: [
    { name: "payments-1.1.0.tgz", sha256: sha256("tarball"), size: 7 },
    { name: "v1.1.0 intoto.json", sha256: sha256("statement"), size: 9 },
  ],
};

/** An asset as the REST API tells it (fields that are read, and some that are not). */
const asset = (id: number, name: string, text: string, more: object = {}) => ({
  url: `${API}${ROOT}/assets/${id}`,
  browser_download_url: `https://github.com/acme/payments/releases/download/v1.1.0/${name}`,
  id,
  node_id: "RA_kwDOA",
  name,
  label: "",
  state: "uploaded",
  content_type: "application/octet-stream",
  size: text.length,
  digest: `sha256:${sha256(text)}`,
  download_count: 0,
  ...more,
});
const TARBALL = asset(11, "payments-1.1.0.tgz", "tarball");
const STATEMENT = asset(12, "v1.1.0.intoto.json", "statement");

const release = (more: object = {}) => ({
  url: `${API}${ROOT}/7`,
  html_url: "https://github.com/acme/payments/releases/tag/v1.1.0",
  upload_url: `${UPLOADS}${ROOT}/7/assets{?name,label}`,
  id: 7,
  node_id: "RE_kwDOA",
  tag_name: "v1.1.0",
  target_commitish: "main",
  name: "payments 1.1.0",
  body: page.notes,
  draft: false,
  prerelease: false,
  assets: [TARBALL, STATEMENT],
  ...more,
});
const NOT_FOUND = { message: "Not Found", documentation_url: "https://docs.github.com/rest", status: "404" };

const absent = (drafts: object[] = []) =>
  nock(API).get(`${ROOT}/tags/v1.1.0`).reply(404, NOT_FOUND).get(ROOT).query({ per_page: 100 }).reply(200, drafts);
const sends = (name: string, text: string, answer: object) =>
  nock(UPLOADS, { reqheaders: { "content-type": "application/octet-stream", "content-length": String(text.length) } })
    .post(`${ROOT}/7/assets`, (body) => Buffer.from(String(body)).includes(text))
    .query({ name })
    .reply(201, answer);
const shows = () =>
  nock(API)
    .patch(`${ROOT}/7`, (body) => body.draft === false && body.make_latest === "legacy")
    .reply(200, release());

/** The account's own token, so that no answer is kept from another test. */
function world() {
  tokens += 1;
  const github = connectGitHub({ api: API, token: `ghp_releases-${tokens}`, swarm, secondMs: 1 });
  const repository = githubRepository("https://github.com/acme/payments");
  if (!repository) throw new Error("no repository");
  const make = (of: ReleasePage = page, digest = pageDigest(of)) => {
    const target = { repository: "https://github.com/acme/payments", tag: of.tag, commit: "a".repeat(40), digest };
    return createRelease(allow("forge.release", target), target, {
      github,
      repository,
      page: of,
      read: async (wanted) => succeed(BYTES.get(wanted) as Buffer),
    });
  };
  return { make, find: () => findRelease(github, repository, page) };
}

describe("a GitHub release", () => {
  it("is made as a draft, gets its files, and is public then", async () => {
    absent();
    nock(API)
      .post(ROOT, {
        tag_name: "v1.1.0",
        name: "payments 1.1.0",
        body: "# payments 1.1.0\n",
        prerelease: false,
        draft: true,
      })
      .reply(
        201,
        release({ draft: true, assets: [], html_url: "https://github.com/acme/payments/releases/tag/untagged-1" }),
      );
    sends("payments-1.1.0.tgz", "tarball", TARBALL);
    // GitHub has no spaces in names; a second look must find the file all the same.
    sends("v1.1.0.intoto.json", "statement", STATEMENT);
    shows();
    expect(ok(await world().make())).toBe("https://github.com/acme/payments/releases/tag/v1.1.0");
  });

  it("that is there whole is found and nothing is sent", async () => {
    nock(API).get(`${ROOT}/tags/v1.1.0`).times(2).reply(200, release());
    const { find, make } = world();
    expect(ok(await find())).toBe("https://github.com/acme/payments/releases/tag/v1.1.0");
    expect(ok(await make())).toBe("https://github.com/acme/payments/releases/tag/v1.1.0");
  });

  it("that a killed process left half done is gone on with: its draft, and the file that broke off", async () => {
    const half = release({
      draft: true,
      assets: [TARBALL, asset(12, "v1.1.0.intoto.json", "", { state: "starter", digest: null })],
    });
    absent([release({ id: 8, tag_name: "v1.0.9", draft: true }), half]);
    expect(ok(await world().find())).toBeUndefined();
    absent([half]);
    nock(API).delete(`${ROOT}/assets/12`).reply(204);
    sends("v1.1.0.intoto.json", "statement", STATEMENT);
    shows();
    ok(await world().make());
  });

  it("that a person made already gets the files that it lacks, and stays as it is otherwise", async () => {
    nock(API)
      .get(`${ROOT}/tags/v1.1.0`)
      .reply(200, release({ body: "My own words", assets: [TARBALL] }));
    sends("v1.1.0.intoto.json", "statement", STATEMENT);
    ok(await world().make());
  });

  it("never replaces a file that has other bytes, by digest or, on an older server, by size", async () => {
    for (const other of [
      asset(11, "payments-1.1.0.tgz", "TARBALL"),
      { ...asset(11, "payments-1.1.0.tgz", "longer bytes"), digest: undefined },
    ]) {
      nock(API)
        .get(`${ROOT}/tags/v1.1.0`)
        .times(2)
        .reply(200, release({ assets: [other] }));
      const { find, make } = world();
      expect(codes(await find())).toEqual(["github.asset_differs"]);
      expect(codes(await make())).toEqual(["github.asset_differs"]);
    }
  });

  it("is not created twice when the answer is lost: what came through is found by the next look", async () => {
    absent();
    nock(API).post(ROOT).reply(502, "<html>bad gateway</html>");
    const { make, find } = world();
    expect(codes(await make())).toEqual(["github.failing"]);
    nock(API).get(`${ROOT}/tags/v1.1.0`).reply(200, release());
    expect(ok(await find())).toContain("/v1.1.0");
  });

  it("says when GitHub kept other bytes than were sent, and what the token lacks", async () => {
    nock(API)
      .get(`${ROOT}/tags/v1.1.0`)
      .reply(200, release({ assets: [TARBALL] }));
    sends("v1.1.0.intoto.json", "statement", asset(12, "v1.1.0.intoto.json", "statemenT"));
    expect(codes(await world().make())).toEqual(["github.asset_damaged"]);
    absent();
    nock(API)
      .post(ROOT)
      .reply(
        403,
        { message: "Resource not accessible by personal access token" },
        { "x-accepted-github-permissions": "contents=write" },
      );
    const refused = await world().make();
    expect(refused.ok ? [] : refused.diagnostics).toMatchObject([
      { code: "github.forbidden", next: "give the token: contents=write" },
    ]);
  });

  it("other than the one that was allowed is refused before anything is asked", async () => {
    const { make } = world();
    expect(codes(await make({ ...page, notes: "others" }, pageDigest(page)))).toEqual(["github.release_differs"]);
  });
});
