import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, expect, it, vi } from "vitest";
import { type FakeGitHub, fakeGitHub } from "./fake-github.ts";
import { BREAKING, GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

// How heals that wait for CI go on in Jenkins is in watch-heal.test.ts; here it is the same loop where no system job does
// the work, but the pass itself.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const RULES = `${LOOP_RULES}  - { id: builds, allow: [ci.trigger], when: run.pillar == "watch" }\n`;
const TOKEN = { ACME_GITHUB: "ghp_of-acme-and-nobody-else" };
const TEST = ["--test", "test/vat.test.js"];
const front = `stages: { test: "node ${TEST.join(" ")}" }`;

let world: SpineWorld;
let github: FakeGitHub | undefined;
afterEach(async () => {
  await github?.close();
  github = undefined;
  await world.close();
});

const watch = (...more: string[]) => world.runWith(TOKEN, "watch", ...more);
const tip = () => world.gitIn(world.origin, "rev-parse", "main");
const runOf = async (commit: string) =>
  (await world.gitIn(world.origin, "log", "-1", "--format=%(trailers:key=Heal-Run,valueonly)", commit)).trim();

it("GitHub Actions: a red run is healed and pushed by the pass, and the pass that sees its green run finishes the heal", async () => {
  world = await spineWorld({ files: GOOD_PRODUCT, front });
  await world.govern(RULES);
  mkdirSync(join(world.root, "acme"));
  symlinkSync(world.origin, join(world.root, "acme/payments.git"));
  github = await fakeGitHub(world.root, TOKEN.ACME_GITHUB);
  const repo = `${github.url}/acme/payments.git`;
  await world.governFiles({
    "fleet.yaml": `companies: { acme: { accounts: { github: { token_env: ACME_GITHUB, url: "${github.url}" } } } }\nproducts: { payments: { company: acme, repo: "${repo}" } }\n`,
    ".codemonkeys/config.yaml": "ci: { backend: github-actions }\nmodel: { token_budget: 0 }\n",
  });
  await world.git("remote", "set-url", "origin", repo);
  const runs: { readonly id: number; readonly commit: string; readonly log: string | undefined }[] = [];
  const runJson = ({ id, commit, log }: (typeof runs)[number]) => ({
    id,
    status: "completed",
    conclusion: log === undefined ? "success" : "failure",
    head_sha: commit,
    html_url: `${repo}/actions/runs/${id}`,
    created_at: new Date().toISOString(),
  });
  github.actions = (path, search) => {
    const [, id, tail] = /^\/runs\/(\d+)(\/jobs)?$/.exec(path) ?? [];
    const run = runs.find((one) => String(one.id) === id);
    if (run && tail) {
      const { id: of, conclusion } = runJson(run);
      const at = new Date().toISOString();
      const job = { id: of * 10, name: "test", status: "completed", conclusion, started_at: at, completed_at: at };
      return { total_count: 1, jobs: [job] };
    }
    if (run) return runJson(run);
    const job = /^\/jobs\/(\d+)0\/logs$/.exec(path)?.[1];
    if (job) return runs.find((one) => String(one.id) === job)?.log;
    if (path !== "/workflows/ci.yml/runs") return undefined;
    const found = runs.filter(({ commit }) => commit === search.get("head_sha")).map(runJson);
    return { total_count: found.length, workflow_runs: found };
  };

  const broken = await world.change("feat: refactor", BREAKING);
  const said = await execa("node", TEST, { cwd: world.product, reject: false });
  const stamped = said.stdout.split("\n").map((line) => `2026-11-21T14:00:00.0000000Z ${line}`);
  runs.unshift({ id: 71, commit: broken, log: `${stamped.join("\n")}\n` });
  const healing = await watch();
  expect(healing.stdout + healing.stderr).toContain("✔ heal: build 71");
  const fixed = await tip();
  expect(fixed).not.toBe(broken);
  expect((await watch()).stdout).toContain(`payments at ${fixed.slice(0, 7)}: no finished build`);
  expect((await world.runWith(TOKEN, "heal", "--resume")).stdout).toContain("has not built");
  runs.unshift({ id: 72, commit: fixed, log: undefined });
  const done = `${await runOf(fixed)}: ${fixed.slice(0, 7)} is green, the heal is finished`;
  expect((await watch("--dry-run")).stdout).toContain(`◇ ${done}`);
  expect((await watch()).stdout).toContain(`✔ ${done}`);
  expect((await watch()).stdout).not.toContain("heal");
});

it("here: passes build what is new, heal what is red, build that, and finish the heal", async () => {
  world = await spineWorld({ files: GOOD_PRODUCT, front });
  await world.govern(RULES);
  await world.governConfig("model: { token_budget: 0 }\n");
  const broken = await world.change("feat: refactor", BREAKING);
  expect((await watch()).stdout).toContain("✔ build:");
  expect((await watch()).stdout).toMatch(/✔ heal: build b-\w+ of \w+ failed in test/);
  const fixed = await tip();
  expect(fixed).not.toBe(broken);
  const third = await watch();
  expect(third.stdout).toContain("✔ build:");
  expect((await watch()).stdout).toContain(
    `${await runOf(fixed)}: ${fixed.slice(0, 7)} is green, the heal is finished`,
  );
  expect((await watch()).stdout).not.toMatch(/heal|build:/);
});
