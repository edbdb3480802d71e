import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { succeed } from "../../src/core/diagnostic.ts";
import type { UndoResult } from "../../src/pillars/undo/report.ts";
import { openRun } from "../../src/swarm/journal.ts";
import { openSwarm } from "../../src/swarm/open.ts";
import { type NpmRegistryServer, startVerdaccio } from "../../src/tools/servers/verdaccio.ts";
import { must } from "../unit/release/world.ts";
import { type SpineWorld, spineWorld } from "./spine-world.ts";

// Each of these drives the program many times, each time a process of its own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let world: SpineWorld;
let npm: NpmRegistryServer;
let run: string;

/** A release as an earlier process left it in the journal: two registries, a tag, an announcement; npm's part is real. */
async function released(): Promise<string> {
  const commit = await world.git("rev-parse", "HEAD");
  const pkg = (ecosystem: string) => ({ ecosystem, path: ".", name: "payments", version: "1.0.0", publish: true });
  const swarm = must(await openSwarm({ stateDir: world.state }));
  const opened = must(
    await openRun(swarm, {
      kind: "release",
      key: "payments@1.0.0",
      company: "acme",
      product: "payments",
      title: "release payments 1.0.0",
      requester: "zoe",
      trigger: "person",
    }),
  );
  const unit = {
    name: "payments",
    version: "1.0.0",
    tag: "v1.0.0",
    previous: null,
    bump: "minor",
    commits: 1,
    reasons: [],
    packages: [pkg("npm"), pkg("pypi")],
    changelog: { file: "CHANGELOG.md", groups: [] },
    notes: "",
  };
  const plan = { product: "payments", branch: "main", commit, time: 0, date: "2026-11-21", units: [unit] };
  must(await opened.step("plan", async () => succeed(plan)));
  for (const effect of ["commit", "push", "publish.npm.payments", "publish.pypi.payments", "tag v1.0.0"]) {
    must(await opened.effect(effect, { probe: async () => succeed(commit), act: async () => succeed(undefined) }));
  }
  must(await opened.deliver("announce payments webhook", async (key) => succeed(key)));
  await swarm.close();
  return opened.id;
}

let yanked = false;
/** A Python index that has the release, and shows when a person has yanked it. */
const index: Server = createServer((_, response) => {
  response.setHeader("content-type", "application/vnd.pypi.simple.v1+json");
  const file = {
    filename: "payments-1.0.0.tar.gz",
    url: "payments-1.0.0.tar.gz",
    hashes: { sha256: "0".repeat(64) },
    yanked,
  };
  response.end(JSON.stringify({ meta: { "api-version": "1.0" }, name: "payments", files: [file] }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => index.listen(0, "127.0.0.1", resolve));
  world = await spineWorld({ fleet: "{ acme: { accounts: { npm: { token_env: ACME_NPM } } } }" });
  mkdirSync(join(world.root, "npm"));
  npm = must(await startVerdaccio(join(world.root, "npm")));
  const folder = join(world.root, "package");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "name": "payments", "version": "1.0.0" }\n');
  writeFileSync(join(folder, ".npmrc"), `${npm.url.replace("http:", "")}/:_authToken=${npm.token}\n`);
  await execa("npm", ["publish", `--registry=${npm.url}`], { cwd: folder });
  await world.governConfig(
    `ship:\n  registries:\n    npm: { url: "${npm.url}/" }\n    pypi: { url: "http://127.0.0.1:${(index.address() as AddressInfo).port}" }\n`,
  );
  run = await released();
});
afterAll(async () => {
  index.close();
  await npm?.stop();
  await world?.close();
});

const deprecated = async () =>
  (await execa("npm", ["view", "payments@1.0.0", "deprecated", `--registry=${npm.url}`, "--prefer-online"])).stdout;

describe("undoing a release", () => {
  it("shows in a dry run what would be done, and what stays", async () => {
    const { code, stdout } = await world.run("undo", run, "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^◇ give up the unfinished run/m);
    expect(stdout).toMatch(/^◇ npm payments 1\.0\.0 {2}would be undone by undoing/m);
    expect(stdout).toMatch(
      /^☐ PyPI payments 1\.0\.0 {2}is yours to do: .*open http:\/\/127\.0\.0\.1:\d+\/manage\/project\/payments\/release\/1\.0\.0\/ and choose Options, Yank/m,
    );
    expect(stdout).toMatch(/^– announce payments webhook {2}stays: what was told cannot be taken back/m);
    expect(stdout).toMatch(/^– tag v1\.0\.0 {2}stays: a published tag is never moved or deleted/m);
    expect(await deprecated()).toBe("");
  });

  it("needs the token, and keeps the run for the next try", async () => {
    const missing = await world.run("undo", run);
    expect([missing.code, missing.stderr]).toEqual([6, expect.stringContaining("ACME_NPM is not set")]);
    expect(await deprecated()).toBe("");
  });

  it("deprecates what can be deprecated, once, and gives the unfinished release up", async () => {
    const ask = async () => {
      const { code, stdout } = await world.runWith({ ACME_NPM: npm.token }, "undo", run, "--json");
      expect(stdout).not.toContain(npm.token);
      return { code, ...(JSON.parse(stdout) as { data: UndoResult }) };
    };
    const states = (result: UndoResult) => result.effects.map(({ action, state }) => `${action ?? "-"} ${state}`);
    const done = await ask();
    expect(done).toMatchObject({ code: 2, verdict: "unstable" });
    expect(states(done.data)).toEqual(["package.retract undone", "- by_hand", "- cannot", "- cannot", "- cannot"]);
    expect(await deprecated()).toContain("Taken back by its publisher");
    const again = await ask();
    expect(states(again.data)[0]).toBe("package.retract already");
    yanked = true;
    const seen = await ask();
    expect([seen.code, states(seen.data)[1]]).toEqual([0, "- already"]);

    const shown = await world.result<{ unfinished: unknown[] }>("status");
    expect(shown.data.unfinished).toEqual([]);
    const log = await world.run("audit", "show", "--action", "package.retract");
    expect(log.stdout).toMatch(
      /package\.retract allowed by undoing.*\n.*package\.retract started.*\n.*package\.retract done/,
    );
  });
});
