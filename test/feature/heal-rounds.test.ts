import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { runProcess } from "../../src/core/process.ts";
import { advanceHeals } from "../../src/pillars/heal/advance.ts";
import { resumeHeals } from "../../src/pillars/heal/resume.ts";
import { latestBuild } from "../../src/pipeline/local/backend.ts";
import { createBuild, updateBuild } from "../../src/swarm/builds.ts";
import { listRuns } from "../../src/swarm/journal.ts";
import { openRepository } from "../../src/tools/git/git.ts";
import { ALLOW_ALL, createWorld, type World } from "./heal-world.ts";

let world: World;
afterEach(() => world.close());

const SOUND = {
  "package.json": '{ "name": "north", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "rates.json": '{ "vat": 19 }\n',
  "src/half.js": "export const half = (x) => x / 2;\n",
  "src/vat.js": 'import rates from "../rates.json" with { type: "json" };\nexport const vat = rates.vat;\n',
  "test/vat.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { vat } from "../src/vat.js";\n\ntest("vat", () => assert.equal(vat, 19));\n',
};
const SLIP = { "src/vat.js": SOUND["src/vat.js"].replace("with", "assert") };

async function healedOnce(): Promise<string> {
  world = await createWorld();
  await world.product("north", SOUND, "npm test");
  await world.change("north", SLIP, "feat: refactor");
  const { report } = await world.heal("north");
  expect(report).toMatchObject({ verdict: "fixed", pushed: true });
  return report.fix_commit ?? "";
}

async function inSession<T>(work: (session: Awaited<ReturnType<World["open"]>>["session"]) => Promise<T>): Promise<T> {
  const { session, close } = await world.open("north");
  try {
    return await work(session);
  } finally {
    await close();
  }
}

const runs = () =>
  inSession(async (session) => {
    const listed = await listRuns(session.swarm, { kind: "heal" });
    return listed.ok ? listed.value.map(({ id, status, wait }) => ({ id, status, for: wait?.for })) : listed;
  });

const tell = (commit: string, state: "passed" | "failed" | "cancelled") =>
  inSession(async (session) => {
    const git = await openRepository(join(world.root, "north"));
    if (!git.ok) throw new Error(git.diagnostics[0]?.message);
    const told = await advanceHeals(session, git.value, { commit, state, build: "b-1" });
    return told.ok ? told.value.map(({ now }) => now) : told;
  });

it("waits for CI after its push, and a green build ends it, once", async () => {
  const commit = await healedOnce();
  expect(await runs()).toMatchObject([{ status: "waiting", for: "ci" }]);
  expect(await tell(commit, "cancelled")).toEqual([]);
  expect(await tell("0".repeat(40), "passed")).toEqual([]);
  expect(await tell(commit, "passed")).toEqual(["healed"]);
  expect(await tell(commit, "passed")).toEqual([]);
  expect(await runs()).toMatchObject([{ status: "succeeded" }]);
});

it("a red build of its own commit goes on in the same run, as often as the constitution allows", async () => {
  world = await createWorld({ constitution: `${ALLOW_ALL}limits:\n  heal: { attempts: 2 }\n` });
  const stages = 'stages:\n  test: "node --test test/vat.test.js"\n  more: "node --test test/half.test.js"\n';
  const sound = {
    ...SOUND,
    "SPEC.md": `---\nproduct: north\ncompany: acme\n${stages}---\n# north\nA product.\n`,
    "src/two.js": "export const two = 2;\n",
    "test/half.test.js": SOUND["test/vat.test.js"].replaceAll("vat", "half").replace("half, 19", "half(4), 2"),
  };
  await world.product("north", sound, "node --test test/vat.test.js");
  const half = 'import { two } from "./two";\nexport const half = (x) => x / two;\n';
  await world.change("north", { ...SLIP, "src/half.js": half }, "feat: refactor");
  const first = await world.heal("north");
  expect(first.report).toMatchObject({ verdict: "fixed", files: ["src/vat.js"] });
  // CI runs the other stage too, and that is red.
  const log = join(world.root, "ci.log");
  await writeFile(log, "");
  await runProcess("node", ["--test", "test/half.test.js"], { cwd: join(world.root, "north"), logFile: log });
  const second = await world.heal("north", { log, commit: first.report.fix_commit, stage: "more" });
  expect(second.report).toMatchObject({ verdict: "fixed", run: first.report.run, files: ["src/half.js"] });
  expect(await runs()).toMatchObject([{ id: first.report.run, status: "waiting", for: "ci" }]);
  const trailers = await world.git("north", "log", "-2", "--format=%(trailers:key=Heal-Run,valueonly)", "origin/main");
  expect(trailers.split(/\n+/)).toEqual([first.report.run, first.report.run]);
  const third = await world.heal("north", { log, commit: second.report.fix_commit, stage: "more" });
  expect(third.report).toMatchObject({ verdict: "refused", reason: expect.stringContaining("was tried 2 times") });
  expect(await runs()).toMatchObject([{ status: "failed" }]);
});

it("is stopped where somebody pushed on top and that is red; a green one on top is its green", async () => {
  await healedOnce();
  await world.change("north", { "src/half.js": "export const half = (x) => x / 3;\n" }, "feat: a person's");
  const top = await world.git("north", "rev-parse", "HEAD");
  expect(await tell(top, "failed")).toEqual(["stopped"]);
  expect(await runs()).toMatchObject([{ status: "failed" }]);
});

it("heal --resume asks CI", async () => {
  const commit = await healedOnce();
  const resume = () =>
    inSession(async (session) => {
      const of = { company: "acme", product: "north" };
      return await resumeHeals(session, { latest: (_job, at) => latestBuild(session.swarm, of, at) });
    });
  expect(await resume()).toMatchObject({
    value: { red: undefined, report: { reason: expect.stringMatching(/^CI has not built \w{7} yet$/) } },
  });
  await inSession(async (session) => {
    const build = await createBuild(session.swarm, {
      company: "acme",
      product: "north",
      job: "north",
      cause: "test",
      parameters: {},
      commit,
    });
    if (build.ok) await updateBuild(session.swarm, build.value.id, { state: "passed" });
  });
  expect(await resume()).toMatchObject({
    value: { red: undefined, report: { reason: expect.stringMatching(/passed$/) } },
  });
  expect(await runs()).toMatchObject([{ status: "succeeded" }]);
  expect(await resume()).toMatchObject({ ok: false, diagnostics: [{ code: "heal.nothing_waits" }] });
});
