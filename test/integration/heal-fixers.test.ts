import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readConstitution } from "../../src/constitution/constitution.ts";
import { silent } from "../../src/core/events.ts";
import { runProcess } from "../../src/core/process.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { openBenches } from "../../src/pillars/heal/bench.ts";
import { builtinCandidates } from "../../src/pillars/heal/candidates.ts";
import { healLimits } from "../../src/pillars/heal/checks.ts";
import { FIXERS } from "../../src/pillars/heal/fixers/table.ts";
import { readLog } from "../../src/pillars/heal/read/index.ts";
import { type RepairResult, repair } from "../../src/pillars/heal/repair.ts";
import { openRepository } from "../../src/tools/git/git.ts";
import type { FixerCase } from "./heal-fixers-cases/case.ts";
import { CASES } from "./heal-fixers-cases/index.ts";

let root: string;
let cache: string;
let path: string;

/** Tools that only these cases need, and where their scripts say that they are. */
const TOOLS = ["python-checks", "goimports", "ansible", "tofu", "mkdocs", "buildah"];

beforeAll(async () => {
  const folders: string[] = [];
  for (const tool of TOOLS) {
    const installed = await runProcess("bash", [`scripts/install-${tool}.sh`], { cwd: process.cwd() });
    if (installed.exitCode !== 0) throw new Error(installed.stderr);
    folders.push(installed.stdout.trim());
  }
  path = [process.env.PATH, ...folders].join(":");
  // One for all cases, as a product's builds share one: Go compiles its standard library only once.
  cache = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-fixer-cache-")));
});
afterAll(() => rm(cache, { recursive: true, force: true, maxRetries: 3 }));
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-fixer-")));
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));

/** People are asked about tests and the like; without this rule nothing that touches one is tried. */
const ASKS = `groups: { keepers: [kim] }
rules:
  - id: protected-paths-need-a-person
    ask: [git.commit]
    of: { group: keepers }
    when: size(change.protected) > 0
`;

async function git(...args: string[]): Promise<void> {
  const result = await runProcess("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], {
    cwd: join(root, "product"),
    env: { GIT_CONFIG_GLOBAL: "/dev/null" },
  });
  if (result.exitCode !== 0) throw new Error(result.stderr);
}

/** Breaks a real project, builds it with the real tool, reads the log, repairs it, and builds the repaired one. */
async function heal(one: FixerCase): Promise<RepairResult> {
  const product = join(root, "product");
  for (const [path, text] of Object.entries(one.files)) {
    await mkdir(dirname(join(product, path)), { recursive: true });
    await writeFile(join(product, path), text);
    if (one.executable?.includes(path)) await chmod(join(product, path), 0o755);
  }
  if (one.setup !== undefined) {
    const ready = await runProcess("sh", ["-c", one.setup], { cwd: product });
    if (ready.exitCode !== 0) throw new Error(`${one.setup}: ${ready.stdout}${ready.stderr}`);
  }
  await git("init", "-q", "-b", "main");
  await git("add", "-A");
  await git("commit", "-q", "-m", "feat: begin");
  const opened = await openRepository(product);
  if (!opened.ok) throw new Error(opened.diagnostics[0]?.message);
  const head = await opened.value.head();
  const constitution = readConstitution(
    `version: 1\nprotect: ['!**/test_*.py', '!**/*_test.*']\n${one.asked ? ASKS : ""}`,
    { file: "constitution.yaml" },
  );
  if (!head.ok || !constitution.ok) throw new Error("the fixture is wrong");
  const homes = { config: join(root, "config"), state: join(root, "state"), cache };
  const stage = { name: "test", command: one.command, env: {}, timeoutMs: 120_000, network: "host" as const };
  const benches = await openBenches({
    git: opened.value,
    commit: head.value,
    product: { name: "product", company: "acme", path: product },
    stage,
    emit: silent,
    redactor: createRedactor(),
    signal: new AbortController().signal,
    homes,
    path,
  });
  try {
    const bench = await benches.open();
    if (!bench.ok) throw new Error(bench.diagnostics[0]?.message);
    const broken = await bench.value.run(() => {});
    if (!broken.ok) throw new Error(broken.diagnostics[0]?.message);
    expect(broken.value.passed, "the project has to be broken").toBe(false);
    const failure = (await readLog({ path: broken.value.logFile }, { stage: "test", product: "product" })).root;
    await bench.value.close();
    if (!failure) throw new Error("the log's reader saw no failure");
    const repaired = await repair(
      {
        failure,
        commit: head.value.slice(0, 7),
        stage,
        openBench: benches.open,
        async *candidates(input) {
          for (const candidate of await builtinCandidates(input)) yield { ok: true, value: candidate, warnings: [] };
        },
        constitution: constitution.value,
        limits: healLimits(constitution.value),
        emit: silent,
        startedAt: Date.now(),
        now: () => Date.now(),
        signal: new AbortController().signal,
      },
      async () => ({ ok: true, value: "0", warnings: [] }),
    );
    if (!repaired.ok) throw new Error(repaired.diagnostics[0]?.message);
    return repaired.value;
  } finally {
    await benches.close();
  }
}

async function expectHealed(one: FixerCase): Promise<void> {
  const healed = await heal(one);
  const after = Object.fromEntries(
    (healed.repaired?.changes ?? []).map((change) => [change.path, change.executable ? "executable" : change.after]),
  );
  const told = JSON.stringify({ reason: healed.reason, tried: healed.tried }, null, 1);
  expect({ verdict: healed.verdict, fixers: healed.repaired?.fixes.map((fix) => fix.name), after }, told).toMatchObject(
    {
      verdict: "fixed",
      fixers: [one.fixer, ...(one.followedBy ?? [])],
      after: one.after,
    },
  );
}

const named = (cases: readonly FixerCase[]) => cases.map((one) => [`${one.fixer}: ${one.name}`, one] as const);
const first = CASES.filter(
  (one, index) => !one.slow && CASES.findIndex(({ fixer, slow }) => fixer === one.fixer && !slow) === index,
);
const further = CASES.filter((one) => !first.includes(one));
/** CI runs one quick case of each fixer; `npm run test:full` runs them all. */
const everything = process.env.TEST_FULL === "1";

describe("each fixer heals a real project with the real tool", () => {
  it.each(named(first))("%s", (_name, one) => expectHealed(one), 180_000);
});

describe("each fixer heals its further breakages", () => {
  it.runIf(everything).each(named(further))("%s", (_name, one) => expectHealed(one), 300_000);
});

describe("the table of fixers", () => {
  it("has unique names, and a case for each", () => {
    const names = FIXERS.map((fixer) => fixer.name);
    expect(new Set(names).size).toBe(names.length);
    const tried = new Set(CASES.map((one) => one.fixer));
    expect(names.filter((name) => !tried.has(name))).toEqual([]);
  });
});
