import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProcess } from "../../src/core/process.ts";
import { undoRun } from "../../src/pillars/undo/undo.ts";
import { type FakeGitHub, fakeGitHub } from "./fake-github.ts";
import { createWorld, type World } from "./heal-world.ts";

const FILES = {
  "package.json": '{ "name": "north", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "rates.json": '{ "vat": 19 }\n',
  "src/vat.js": 'import rates from "../rates.json" with { type: "json" };\n\nexport const vat = rates.vat;\n',
  "test/vat.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { vat } from "../src/vat.js";\n\ntest("vat", () => assert.equal(vat, 19));\n',
};
const BROKEN = { "src/vat.js": FILES["src/vat.js"].replace("with", "assert") };
const BRANCHES = `version: 1
groups: { leads: [kim] }
rules:
  - id: heal-on-branches
    allow: [git.commit, git.push]
    when: run.pillar == "heal" && !target.branch.protected
`;
const MAY_OPEN = `${BRANCHES}  - id: pulls
    allow: [pr.open]
  - id: tidying
    allow: [pr.close, pr.comment]
    when: run.pillar == "undo"
`;
const environment = { ACME_GITHUB_TOKEN: "ghp_of-acme-and-nobody-else" };

let root: string;
let github: FakeGitHub;
let world: World;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-github-")));
  github = await fakeGitHub(root, environment.ACME_GITHUB_TOKEN);
});
afterEach(async () => {
  await world.close();
  await github.close();
  await rm(root, { recursive: true, force: true, maxRetries: 3 });
});

/** A broken product whose remote is on the GitHub server of its company. */
async function broken(constitution: string): Promise<void> {
  const company = `{ accounts: { github: { token_env: ACME_GITHUB_TOKEN, url: "${github.url}" } } }`;
  world = await createWorld({ constitution, company });
  await mkdir(join(root, "acme"));
  await runProcess("git", ["init", "-q", "--bare", "-b", "main", join(root, "acme", "north.git")], { cwd: root });
  await world.product("north", FILES, "npm test");
  await world.git("north", "remote", "set-url", "origin", `${github.url}/acme/north.git`);
  await world.git("north", "push", "-q", "origin", "main");
  await world.change("north", BROKEN);
}

/** How the effects of a heal were taken back: its commit, its pull request, the word on it. */
async function undone(run: string, options: { dryRun?: boolean } = {}): Promise<string[]> {
  const { session, close } = await world.open("north", { ...options, environment });
  const done = await undoRun(session, run);
  await close();
  if (!done.ok) throw new Error(JSON.stringify(done.diagnostics));
  return done.value.effects.map(({ state }) => state);
}

describe("a repair that the constitution wants as a pull request", () => {
  it("is proposed with the company's token, once, and waits with it until GitHub takes requests again", async () => {
    await broken(MAY_OPEN);
    const { log } = await world.build("north");
    const commit = await world.git("north", "rev-parse", "HEAD");
    const heal = () => world.heal("north", { log, commit, environment });
    github.faults.push((response) => {
      response.writeHead(403, { "content-type": "application/json", "retry-after": "3600" });
      response.end('{"message":"You have exceeded a secondary rate limit."}');
    });
    const limited = await heal();
    expect(limited.outcome).toMatchObject({ ok: false, diagnostics: [{ code: "github.rate_limited" }] });
    expect(await world.git("north", "ls-remote", "origin", "refs/heads/heal/*")).not.toBe("");
    // Another process learns it from the database and does not even ask.
    expect((await heal()).outcome).toMatchObject({ ok: false, diagnostics: [{ code: "github.rate_limited" }] });
    expect(github.requests).toEqual(["GET /api/v3/repos/acme/north/pulls"]);

    const { session, close } = await world.open("north");
    await session.swarm.db.deleteFrom("rate_limits").execute();
    await close();
    const healed = await heal();
    expect(healed.report).toMatchObject({
      verdict: "proposed",
      pushed: true,
      pull_request: `${github.url}/acme/north/pull/118`,
      reason: expect.stringMatching(/^pushed heal\/\S+, opened pull request 118$/),
    });
    expect(healed.report.gates).toEqual([
      { action: "pr.open", answer: "allow", rule: "pulls", reason: expect.any(String), preview: false },
    ]);
    expect(github.pulls).toMatchObject([
      {
        title: "fix: import with attributes instead of assertions",
        head: { ref: healed.report.branch },
        base: { ref: "main" },
        body: expect.stringMatching(/^The stage test failed at [\s\S]*\n---\nHeal-Run: r-[\s\S]*Heal-Trust: 0\.90$/),
      },
    ]);
    const again = await heal();
    expect(again.report).toMatchObject({ verdict: "proposed", pull_request: healed.report.pull_request });
    expect(github.pulls).toHaveLength(1);

    expect(await undone(healed.report.run as string, { dryRun: true })).toEqual(["already", "planned", "planned"]);
    expect(github.pulls[0]?.state).toBe("open");
    expect(await undone(healed.report.run as string)).toEqual(["already", "undone", "undone"]);
    expect(github.pulls[0]?.state).toBe("closed");
    expect(github.comments).toMatchObject([{ issue: 118, body: expect.stringContaining("tester took the heal run") }]);
    expect(await undone(healed.report.run as string)).toEqual(["already", "already", "already"]);
    expect(github.comments).toHaveLength(1);
  });

  it("is not opened where no rule allows it; the branch stands", async () => {
    await broken(BRANCHES);
    const denied = await world.heal("north", { environment });
    expect(denied.report).toMatchObject({ verdict: "proposed", pushed: true });
    expect(denied.report.reason).toMatch(/; the pull request is not opened: /);
    expect(await world.git("north", "ls-remote", "origin", `refs/heads/${denied.report.branch}`)).not.toBe("");
    expect(github.pulls).toEqual([]);
  });

  it("waits for the people whom the constitution asks", async () => {
    await broken(`${BRANCHES}  - id: pulls\n    ask: [pr.open]\n    of: { group: leads, count: 1, within: 4h }\n`);
    const asked = await world.heal("north", { environment });
    expect(asked.report).toMatchObject({ verdict: "proposed", approval: { group: "leads" } });
    expect(github.pulls).toEqual([]);
  });
});
