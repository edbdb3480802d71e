import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type FakeBuild, type FakeJenkins, fakeJenkins } from "../unit/tools-jenkins/fake-jenkins.ts";
import { BREAKING, GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const RULES = `${LOOP_RULES}  - { id: builds, allow: [ci.trigger], when: run.pillar == "watch" }\n`;
const TOKEN = { CODEMONKEYS_JENKINS_TOKEN: "api-token", CODEMONKEYS_JENKINS_TOKEN_USER: "monkey" };
const HEAL_JOB = "/job/acme/job/_system/job/heal";
const MAIN_JOB = "/job/acme/job/payments/job/main";
const VAT = ["--test", "test/vat.test.js"];
const HALF = ["--test", "test/half.test.js"];
const FILES = {
  ...GOOD_PRODUCT,
  "src/two.js": "export const two = 2;\n",
  "src/half.js": 'import { two } from "./two.js";\nexport const half = (x) => x / two;\n',
  "test/half.test.js": GOOD_PRODUCT["test/vat.test.js"].replaceAll("vat", "half").replace("half, 19", "half(4), 2"),
};
const BOTH_BROKEN = { ...BREAKING, "src/half.js": FILES["src/half.js"].replace("./two.js", "./two") };

let world: SpineWorld;
let jenkins: FakeJenkins;

beforeEach(async () => {
  const stages = `stages: { test: "node ${VAT.join(" ")}", more: "node ${HALF.join(" ")}" }`;
  world = await spineWorld({ files: FILES, front: stages });
  await world.govern(RULES);
  jenkins = await fakeJenkins();
  jenkins.queuePolls = 0;
  const parameters = ["PRODUCT", "REPOSITORY", "BRANCH", "COMMIT", "STAGE", "FAILED_BUILD", "CODEMONKEYS_CAUSE"];
  jenkins.jobs.set(HEAL_JOB, { parameters, builds: [] });
  jenkins.jobs.set(MAIN_JOB, { parameters: [], builds: [] });
  const backend = 'ci: { backend: jenkins, job: "acme/{product}/{branch}" }';
  await world.governConfig(`${backend}\njenkins: { url: "${jenkins.url}" }\nmodel: { token_budget: 0 }\n`);
});
afterEach(async () => {
  await jenkins.close();
  await world.close();
});

const watch = (...more: string[]) => world.runWith(TOKEN, "watch", ...more);
const heals = () => jenkins.jobs.get(HEAL_JOB)?.builds ?? [];
const tip = () => world.gitIn(world.origin, "rev-parse", "main");

/** Jenkins has built a commit: red in a stage, with the log of what the product says there, or green. */
async function built(commit: string, failed?: { readonly stage: string; readonly command: readonly string[] }) {
  const builds = jenkins.jobs.get(MAIN_JOB)?.builds as FakeBuild[];
  const log = failed ? (await execa("node", failed.command, { cwd: world.product, reject: false })).stdout : "";
  builds.unshift({
    number: builds.length + 7,
    building: false,
    result: failed ? "FAILURE" : "SUCCESS",
    commits: [commit],
    log: `${log}\n`,
    stages: failed ? [{ name: failed.stage, status: "FAILED" }] : [],
  });
}

/** What the system job does with the parameters that the pass gave it. */
async function healJob() {
  const { COMMIT = "", STAGE = "", BRANCH = "", FAILED_BUILD = "" } = heals()[0]?.parameters ?? {};
  const given = { commit: COMMIT, stage: STAGE, branch: BRANCH, build_url: FAILED_BUILD };
  const file = join(world.root, "params.json");
  await writeFile(file, JSON.stringify(given));
  const ran = await world.runWith(
    { ...TOKEN, BUILD_URL: `${jenkins.url}${HEAL_JOB}/1/` },
    "heal",
    "--params-file",
    file,
  );
  expect(ran.stdout + ran.stderr).toMatch(/healed by|repair proposed by/);
  return await tip();
}

async function healedOnce() {
  const broken = await world.change("feat: refactor", BOTH_BROKEN);
  await built(broken, { stage: "test", command: VAT });
  expect((await watch()).stdout).toContain("✔ heal: build 7");
  const fixed = await healJob();
  expect(fixed).not.toBe(broken);
  return fixed;
}

const runOf = (commit: string) =>
  world.gitIn(world.origin, "log", "-1", "--format=%(trailers:key=Heal-Run,valueonly)", commit);

it("a red build is healed and pushed, and the pass that sees its green build finishes the heal", async () => {
  const fixed = await healedOnce();
  const waits = `payments at ${fixed.slice(0, 7)}: no finished build`;
  expect(await watch()).toMatchObject({ code: 0, stdout: waits });
  expect((await world.runWith(TOKEN, "heal", "--resume")).stdout).toContain("has not built");
  await built(fixed);
  const said = `${fixed.slice(0, 7)} is green, the heal is finished`;
  expect((await watch("--dry-run")).stdout).toContain(`◇ ${(await runOf(fixed)).trim()}: ${said}`);
  expect((await watch()).stdout).toContain(`✔ ${(await runOf(fixed)).trim()}: ${said}`);
  const over = await world.runWith(TOKEN, "heal", "--resume");
  expect(over.stderr).toContain("no heal of payments waits for CI");
  expect(heals()).toHaveLength(1);
});

it("a red build of the heal's own commit is the next round of the same run, started once", async () => {
  const first = await healedOnce();
  await world.git("pull", "-q", "origin", "main");
  await built(first, { stage: "more", command: HALF });
  const red = await watch();
  expect(red.stdout).toContain(`${first.slice(0, 7)} is red, the heal goes on`);
  expect(red.stdout).toMatch(/✔ heal: build 8 of \w+ is red after the heal r-\w+: round 2/);
  expect((await watch()).stdout).not.toContain("heal:");
  expect(heals()).toHaveLength(2);
  const second = await healJob();
  expect(second).not.toBe(first);
  expect(await runOf(second)).toBe(await runOf(first));
});

it("heal --resume reads the red build of the product's own CI system", async () => {
  const first = await healedOnce();
  await world.git("pull", "-q", "origin", "main");
  await built(first, { stage: "more", command: HALF });
  const resumed = await world.runWith(TOKEN, "heal", "--resume");
  expect(resumed.stdout).toContain("healed by");
  expect(await runOf(await tip())).toBe(await runOf(first));
});

it("a person's push in between stops it, and what they broke is a heal of its own", async () => {
  const fixed = await healedOnce();
  const person = join(world.root, "person");
  await world.gitIn(world.root, "clone", "-q", world.origin, person);
  await writeFile(join(person, "src/two.js"), "export const two = 3;\n");
  await world.gitIn(person, "commit", "-qam", "feat: three");
  await world.gitIn(person, "push", "-q", "origin", "main");
  await built(fixed, { stage: "more", command: HALF });
  await built(await tip(), { stage: "more", command: HALF });
  const pass = await watch();
  expect(pass.stdout).toContain(`somebody pushed after ${fixed.slice(0, 7)} and CI is red, the heal is stopped`);
  expect(pass.stdout).toContain("✔ heal: build 9");
  expect(heals()[0]?.parameters).toMatchObject({ COMMIT: await tip() });
});

it("a red build of a failure whose heal waits starts no other", async () => {
  await world.govern(RULES.replace('evidence.suite == "passed"', 'target.branch.name != "main"'));
  const broken = await world.change("feat: refactor", BREAKING);
  await built(broken, { stage: "test", command: VAT });
  await watch();
  expect(await healJob()).toBe(broken);
  await built(broken, { stage: "test", command: VAT });
  expect((await watch()).stdout).toMatch(/↷ heal: r-\w+ waits for the same failure/);
  await built(await world.change("docs: words", { "NOTES.md": "words\n" }), { stage: "test", command: VAT });
  expect((await watch()).stdout).toMatch(/↷ heal: r-\w+ waits for the same failure/);
  expect(heals()).toHaveLength(1);
});

it("a person's repair that Jenkins built green is a template, drawn once from each red build", async () => {
  const broken = await world.change("feat: refactor", BREAKING);
  await built(broken, { stage: "test", command: VAT });
  await watch();
  const person = join(world.root, "person");
  await world.gitIn(world.root, "clone", "-q", world.origin, person);
  for (const [file, text] of Object.entries(BREAKING)) {
    if (file in FILES) await writeFile(join(person, file), FILES[file as keyof typeof FILES]);
    else await world.gitIn(person, "rm", "-q", file);
    expect(text).not.toBe(FILES[file as keyof typeof FILES]);
  }
  await world.gitIn(person, "commit", "-qam", "fix: name the file");
  await world.gitIn(person, "push", "-q", "origin", "main");
  const fixed = await tip();
  expect((await watch()).stdout).not.toContain("learned");
  await built(fixed);
  expect((await watch("--dry-run")).stdout).not.toContain("learned");
  const [, template] = /✔ learned (t-\w+) from/.exec((await watch()).stdout) ?? [];
  expect((await watch()).stdout).not.toContain("learned");
  const { stdout } = await world.runWith(TOKEN, "heal", "templates", "show", template ?? "none");
  expect(stdout).toContain("person");
  expect(stdout).toContain(fixed.slice(0, 7));
});

it("a pass that ends after its trigger reached Jenkins is not done twice", async () => {
  const broken = await world.change("feat: refactor", BREAKING);
  await built(broken, { stage: "test", command: VAT });
  const lost: FakeJenkins["faults"][number] = (request, response) => {
    if (!request.url?.startsWith("/queue/item/")) return !jenkins.faults.push(lost);
    response.end("<html>");
    return true;
  };
  jenkins.faults.push(lost);
  expect((await watch()).stdout).toContain("● heal: build 7");
  expect(jenkins.queue.size).toBe(1);
  expect((await watch()).stdout).toMatch(/✔ heal: build 7 .* → jenkins acme\/_system\/heal queue-41/);
  expect((await watch()).stdout).not.toContain("heal:");
  expect(jenkins.queue.size).toBe(1);
});
