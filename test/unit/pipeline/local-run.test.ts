import { existsSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { succeed } from "../../../src/core/diagnostic.ts";
import { ciFacts } from "../../../src/pipeline/local/facts.ts";
import { previewPlan } from "../../../src/pipeline/local/preview.ts";
import { type BuildRun, runPlan, runStage, type StartStep } from "../../../src/pipeline/local/run.ts";
import { listBuilds } from "../../../src/swarm/builds.ts";
import { listProducts } from "../../../src/swarm/products.ts";
import { type Scratch, scratchSession } from "./scratch-session.ts";
import { codesOf, must } from "./support.ts";

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.close();
  scratch = undefined;
});

async function open(...args: Parameters<typeof scratchSession>): Promise<Scratch> {
  scratch = await scratchSession(...args);
  return scratch;
}

/** Starts no step, and notes which were asked for. */
function steps(
  verdicts: Partial<Record<Parameters<StartStep>[0], "success" | "failure" | "waiting" | "unstable">> = {},
) {
  const started: string[] = [];
  const startStep: StartStep = async (step, at) => {
    started.push(step === "heal" ? `heal ${at.stage}` : step);
    return succeed({ verdict: verdicts[step] ?? "success" });
  };
  return { started, startStep };
}

function states(run: BuildRun): [string, string][] {
  return run.stages.map((stage) => [stage.name, stage.state]);
}

describe("runPlan", () => {
  it("runs all stages in order, keeps their logs and records the build", async () => {
    const { session, plan, product, git } = await open(
      "stages: { test: 'echo tested; echo warned >&2', own: 'cat SPEC.md | head -2' }\nannounce: [webhook]",
    );
    const { started, startStep } = steps();
    const run = must(await runPlan(session, await plan(), { cause: "test", startStep }));
    expect(states(run)).toEqual([
      ["test", "passed"],
      ["own", "passed"],
      ["docs", "passed"],
      ["release", "passed"],
      ["announce", "passed"],
    ]);
    expect(started).toEqual(["docs", "release", "announce"]);
    expect(run).toMatchObject({ state: "passed", waiting: false, failed: undefined, commit: git("rev-parse", "HEAD") });
    expect(readFileSync(join(run.folder, "test.log"), "utf8").split("\n").sort()).toEqual(["", "tested", "warned"]);
    expect(readFileSync(join(run.folder, "own.log"), "utf8")).toBe("---\nproduct: payments\n");
    expect(run.folder.startsWith(product)).toBe(false);
    const [build] = must(await listBuilds(session.swarm));
    expect(build).toMatchObject({ id: run.build, number: 1, state: "passed", commit: run.head, branch: "main" });
    expect(build?.finishedAt).toBeGreaterThan(0);
  });

  it("stops at the first stage that fails, says why, and hands over to heal", async () => {
    const { session, plan } = await open("stages: { test: 'echo broken; exit 3', own: touch never }");
    const { started, startStep } = steps();
    const run = must(await runPlan(session, await plan(), { cause: "test", startStep }));
    expect(states(run)).toEqual([
      ["test", "failed"],
      ["own", "skipped"],
      ["docs", "skipped"],
      ["release", "skipped"],
    ]);
    expect(started).toEqual(["heal test"]);
    expect(run.failed).toMatchObject({ name: "test", exitCode: 3, log: join(run.folder, "test.log") });
    expect(run.failed?.diagnostics?.[0]).toMatchObject({ code: "stage.failed", kind: "product", details: "broken" });
    expect(existsSync(join(scratch?.product ?? "", "never"))).toBe(false);
    expect(must(await listProducts(session.swarm))[0]?.failCount).toBe(1);
  });

  it("does not call for heal when a step failed", async () => {
    const { session, plan } = await open("stages: { test: 'true' }");
    const { started, startStep } = steps({ release: "failure" });
    const run = must(await runPlan(session, await plan(), { cause: "test", startStep }));
    expect(run.failed?.name).toBe("release");
    expect(started).toEqual(["docs", "release"]);
  });

  it("runs parallel branches side by side, all to their end, and the first failure wins", async () => {
    // Each branch waits for the other's file: run one after the other, they would time out.
    const meet = (mine: string, other: string, then: string) =>
      `touch ${mine}; for i in $(seq 100); do test -e ${other} && break; sleep 0.1; done; test -e ${other} || exit 9; ${then}`;
    const { session, plan } = await open(`stages:
  check:
    parallel:
      slow: ${JSON.stringify(meet("a", "b", "sleep 0.5; echo slow; exit 2"))}
      fast: ${JSON.stringify(meet("b", "a", "echo fast; exit 1"))}`);
    const run = must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
    expect(states(run).slice(0, 2)).toEqual([
      ["check-slow", "failed"],
      ["check-fast", "failed"],
    ]);
    expect(run.failed?.name).toBe("check-fast");
    expect(run.stages.find((stage) => stage.name === "release")?.reason).toBe("not reached: check-fast failed");
    const whole = readFileSync(join(run.folder, "build.log"), "utf8");
    expect(whole).toContain("[check-fast] fast\n");
    expect(whole).toContain("[check-slow] slow\n");
    expect(readFileSync(join(run.folder, "check-slow.log"), "utf8")).toBe("slow\n");
  }, 30_000);

  it("gives each cell of a matrix its variables", async () => {
    const { session, plan } = await open(
      "stages: { t: { run: 'echo $MATRIX_N-$MATRIX_M', matrix: { n: [1, 2], m: [x] } } }",
    );
    const run = must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
    expect(run.stages.slice(0, 2).map((one) => readFileSync(one.log ?? "", "utf8"))).toEqual(["1-x\n", "2-x\n"]);
  });

  it("goes on where an interrupted attempt at the same commit stopped, and not at another commit", async () => {
    const { session, plan, product, write, commit } = await open("stages: { test: 'echo x >> runs', own: 'true' }");
    write(".gitignore", "runs\n");
    commit();
    const broken: StartStep = async () => {
      throw new Error("killed");
    };
    await expect(runPlan(session, await plan(), { cause: "test", startStep: broken })).rejects.toThrow("killed");
    const again = must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
    expect(again).toMatchObject({ state: "passed", resumed: true });
    const builds = must(await listBuilds(session.swarm));
    expect(builds.map((build) => [build.id, build.state])).toEqual([[again.build, "passed"]]);
    expect(readFileSync(join(product, "runs"), "utf8")).toBe("x\n");

    await expect(runPlan(session, await plan(), { cause: "test", startStep: broken, fresh: true })).rejects.toThrow();
    write("new.txt", "x");
    commit();
    const other = must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
    expect(other.resumed).toBe(false);
    expect(must(await listBuilds(session.swarm)).map((build) => build.state)).toEqual([
      "passed",
      "cancelled",
      "passed",
    ]);
  });

  it("waits with a step that waits, and goes on with that step in the next run", async () => {
    const { session, plan } = await open("stages: { test: 'true' }\nannounce: [x]");
    const first = must(
      await runPlan(session, await plan(), { cause: "test", startStep: steps({ release: "waiting" }).startStep }),
    );
    expect(first).toMatchObject({ waiting: true, state: "running", failed: undefined });
    expect(states(first)).toEqual([
      ["test", "passed"],
      ["docs", "passed"],
      ["release", "running"],
      ["announce", "queued"],
    ]);
    const { started, startStep } = steps();
    const second = must(await runPlan(session, await plan(), { cause: "test", startStep }));
    expect(started).toEqual(["release", "announce"]);
    expect(second).toMatchObject({ state: "passed", build: first.build, resumed: true });
  });

  it("runs one build of a product at a time", async () => {
    const { session, plan } = await open("stages: { test: 'true' }");
    const inside: string[][] = [];
    const startStep: StartStep = async () => {
      inside.push(codesOf(await runPlan(session, await plan(), { cause: "inner", startStep })));
      return succeed({ verdict: "success" });
    };
    must(await runPlan(session, await plan(), { cause: "test", startStep }));
    expect(inside[0]).toEqual(["journal.held"]);
  });

  it("ends when the caller stops it, and the next run goes on with the stage that was stopped", async () => {
    const controller = new AbortController();
    const { session, plan, again, write, commit, product } = await open(
      "stages: { build: 'echo b >> ran', test: 'echo t >> ran; echo up; test -e go || sleep 60' }",
    );
    write(".gitignore", "ran\ngo\n");
    commit();
    const stopping = again({
      signal: controller.signal,
      emit: (event) => {
        if (event.type === "output" && event.line === "up") controller.abort();
      },
    });
    const { started, startStep } = steps();
    const run = must(await runPlan(stopping, await plan(), { cause: "test", startStep }));
    expect(run.state).toBe("cancelled");
    expect(started).toEqual([]);
    write("go", "");
    const next = must(await runPlan(session, await plan(), { cause: "test", startStep }));
    expect(next).toMatchObject({ state: "passed", resumed: true, build: run.build });
    expect(readFileSync(join(product, "ran"), "utf8")).toBe("b\nt\nt\n");
  }, 30_000);

  it("leaves a stage that runs alone in peace, and does not take it for an interrupted build", async () => {
    const { session, plan, write, commit, product } = await open(
      "stages: { test: 'echo t >> ran', slow: 'touch up; while test ! -e go; do sleep 0.1; done' }",
    );
    write(".gitignore", "ran\nup\ngo\n");
    commit();
    const alone = runStage(session, await plan(), "slow", { cause: "test" });
    await expect.poll(() => existsSync(join(product, "up")), { timeout: 10_000 }).toBe(true);
    const whole = runPlan(session, await plan(), { cause: "test", startStep: steps().startStep });
    await expect.poll(() => existsSync(join(product, "ran")), { timeout: 10_000 }).toBe(true);
    // Longer than a build takes to notice that it was cancelled.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    write("go", "");
    expect(must(await alone).state).toBe("passed");
    expect(must(await whole)).toMatchObject({ state: "passed", resumed: false });
  }, 30_000);
});

describe("conditions", () => {
  it("skip a stage with the reason, without failing the build", async () => {
    const { session, plan } = await open(`stages:
  a: { run: 'true', when: { branch: release/* } }
  b: { run: 'true', when: { branch: ma*, environment: { DEPLOY: yes please } } }
  c: { run: 'true', when: { tag: v* } }
  d: { when: { branch: nope }, parallel: { x: 'true' } }`);
    const run = must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
    expect(run.stages.slice(0, 4).map((one) => [one.name, one.state, one.reason])).toEqual([
      ["a", "skipped", "only on release/*, and this is main"],
      ["b", "skipped", "only when DEPLOY is yes please"],
      ["c", "skipped", "only on tags like v*"],
      ["d-x", "skipped", "only on nope, and this is main"],
    ]);
    expect(run.state).toBe("passed");
  });

  it("hold where branch, tag and environment are as they say", async () => {
    const { session, plan, git } = await open(
      "stages: { b: { run: 'true', when: { branch: [x, ma*], tag: v*, environment: { DEPLOY: 'yes' } } } }",
      { environment: { DEPLOY: "yes" } },
    );
    git("tag", "v1.0.0");
    expect(states(must(await runStage(session, await plan(), "b", { cause: "test" })))).toEqual([["b", "passed"]]);
  });

  it("take branch and tag from Jenkins, which checks out no branch", async () => {
    const { session, plan, git, again } = await open("stages: { b: { run: 'true', when: { branch: release/* } } }");
    git("checkout", "-q", "--detach");
    const alone = must(await runStage(session, await plan(), "b", { cause: "test" }));
    expect(alone.stages[0]?.reason).toBe("only on release/*, and no branch is checked out");
    const jenkins = again({ environment: { BRANCH_NAME: "release/1.x" } });
    expect(states(must(await runStage(jenkins, await plan(), "b", { cause: "test" })))).toEqual([["b", "passed"]]);
  });

  it("run a stage under `changed` when there is nothing to compare with, and then only when its files changed", async () => {
    const { session, plan, write, commit } = await open(
      "stages: { test: 'test ! -e broken', site: { run: 'true', when: { changed: 'pages/**' } } }",
    );
    const site = async () => {
      const run = must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
      return run.stages.find((one) => one.name === "site")?.state;
    };
    expect(await site()).toBe("passed");
    write("other.txt", "x");
    commit();
    expect(await site()).toBe("skipped");
    write("pages/deep/a.md", "x");
    write("broken", "x");
    commit();
    expect(await site()).toBe("skipped");
    // The page's change is not forgotten because the build that had it failed before it came to the site.
    scratch?.git("rm", "-q", "broken");
    commit();
    expect(await site()).toBe("passed");
    expect(await site()).toBe("skipped");
  });
});

describe("runStage", () => {
  it("runs one stage alone, and a branch under its group's condition", async () => {
    const { session, plan } = await open(
      "stages: { test: 'true', check: { when: { branch: other }, parallel: { lint: 'true', types: 'true' } } }",
    );
    expect(states(must(await runStage(session, await plan(), "test", { cause: "test" })))).toEqual([
      ["test", "passed"],
    ]);
    const branch = await runStage(session, await plan(), "check-lint", { cause: "test" });
    expect(states(must(branch))).toEqual([["check-lint", "skipped"]]);
    const forced = await runStage(session, await plan(), "check-lint", { cause: "test", ignoreConditions: true });
    expect(states(must(forced))).toEqual([["check-lint", "passed"]]);
  });

  it("names the stage that was probably meant", async () => {
    const { session, plan } = await open("stages: { test: 'true' }");
    const run = await runStage(session, await plan(), "tset", { cause: "test" });
    expect(run.ok ? [] : run.diagnostics).toMatchObject([{ code: "stage.unknown", next: "did you mean test?" }]);
    expect(codesOf(await runStage(session, await plan(), "release", { cause: "test" }))).toEqual(["stage.is_step"]);
  });

  it("puts the stages of one CI build into one record, though each is a process of its own", async () => {
    const { session, plan } = await open(
      "docs: { site: none }\nstages: { a: 'true', b: 'true', c: { parallel: { x: 'true', y: 'true' } } }",
    );
    const options = { cause: "jenkins", ciBuild: "jenkins-payments-7" };
    await Promise.all(
      ["a", "b", "c-x", "c-y"].map(async (name) => must(await runStage(session, await plan(), name, options))),
    );
    const builds = must(await listBuilds(session.swarm));
    expect(builds).toHaveLength(1);
    expect(builds[0]?.stages.map((one) => [one.name, one.state])).toEqual([
      ["a", "passed"],
      ["b", "passed"],
      ["c-x", "passed"],
      ["c-y", "passed"],
      ["release", "queued"],
    ]);
  });

  it("knows Jenkins' build by itself, and when all that Jenkins does not skip has passed, the commit is green", async () => {
    const { session, plan, git, again } = await open(
      "stages: { a: 'true', b: 'true', nightly: { run: 'true', when: { branch: other } } }",
    );
    const jenkins = again({ environment: { BUILD_TAG: "jenkins-acme-payments-8", BRANCH_NAME: "main" } });
    const green = async () => must(await ciFacts(session, git("rev-parse", "HEAD")))["ci.green"]?.value;
    must(await runStage(jenkins, await plan(), "a", { cause: "jenkins" }));
    expect(await green()).toBeUndefined();
    must(await runStage(jenkins, await plan(), "b", { cause: "jenkins" }));
    expect(await green()).toBe(true);
    const [build, ...others] = must(await listBuilds(session.swarm));
    expect(others).toEqual([]);
    expect(build?.stages.map((one) => [one.name, one.state])).toEqual([
      ["a", "passed"],
      ["b", "passed"],
      ["nightly", "skipped"],
      ["docs", "queued"],
      ["release", "queued"],
    ]);
  });

  it.each([
    ["a missing command", "no-such-command-here", { code: "stage.failed", kind: "product" }],
    ["a killed one", "kill -9 $$", { code: expect.stringMatching(/^stage\.(killed|failed)$/), kind: "product" }],
  ])("says what became of %s", async (_, command, diagnostic) => {
    const { session, plan } = await open(`stages: { test: ${JSON.stringify(command)} }`);
    const run = must(await runStage(session, await plan(), "test", { cause: "test" }));
    expect(run.failed?.diagnostics?.[0]).toMatchObject(diagnostic);
  });

  it("keeps the log of the last run only", async () => {
    const { session, plan } = await open("stages: { test: 'echo once' }");
    const options = { cause: "jenkins", ciBuild: "b-1" };
    await runStage(session, await plan(), "test", options);
    const run = must(await runStage(session, await plan(), "test", options));
    expect(readFileSync(run.stages[0]?.log ?? "", "utf8")).toBe("once\n");
  });

  it("keeps secrets out of the log and the record", async () => {
    const { session, plan } = await open("stages: { test: 'echo s3cr3t-value; exit 1' }");
    session.redactor.add("s3cr3t-value");
    const run = must(await runStage(session, await plan(), "test", { cause: "test" }));
    expect(readFileSync(join(run.folder, "build.log"), "utf8")).toBe("[redacted]\n");
    expect(JSON.stringify(must(await listBuilds(session.swarm)))).not.toContain("s3cr3t");
  });
});

describe("reports", () => {
  const JUNIT = '<testsuite><testcase name="a"/><testcase name="b"><failure>x</failure></testcase></testsuite>';

  it("are collected by pattern, and a failed test in them makes a stage unstable that ended well", async () => {
    const { session, plan } = await open(
      `stages: { test: { run: ${JSON.stringify(`mkdir -p out && echo '${JUNIT}' > out/t.xml && echo '{}' > out/s.sarif`)}, reports: { junit: 'out/*.xml', sarif: 'out/*.sarif' } } }`,
    );
    const run = must(await runStage(session, await plan(), "test", { cause: "test" }));
    expect(run.stages[0]).toMatchObject({
      state: "unstable",
      reports: {
        junit: ["out/t.xml"],
        sarif: ["out/s.sarif"],
        coverage: [],
        tests: { total: 2, failed: 1, skipped: 0 },
      },
    });
  });

  it("of an earlier run do not count, and do not make the tree dirty", async () => {
    const { session, plan, write } = await open("stages: { test: { run: 'true', reports: { junit: '*.xml' } } }");
    write("old.xml", JUNIT);
    utimesSync(join(scratch?.product ?? "", "old.xml"), 1, 1);
    const run = must(await runStage(session, await plan(), "test", { cause: "test" }));
    expect(run.stages[0]).toMatchObject({ state: "passed", reports: { junit: [] } });
    expect(run.commit).toBe(run.head);
  });
});

describe("what a build says of its commit", () => {
  const green = async (session: Scratch["session"], commit: string) =>
    must(await ciFacts(session, commit))["ci.green"]?.value;

  it("is green when the newest finished run of that commit passed, and unknown without one", async () => {
    const { session, plan, git } = await open("stages: { test: 'test ! -e ../red' }");
    const head = git("rev-parse", "HEAD");
    expect(await green(session, head)).toBeUndefined();
    must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
    expect(await green(session, head)).toBe(true);
    expect(await green(session, "f".repeat(40))).toBeUndefined();
  });

  it("is known to the steps that follow the product's commands in the same build", async () => {
    const { session, plan, git } = await open("stages: { test: 'true' }");
    const seen: unknown[] = [];
    const startStep: StartStep = async (step) => {
      seen.push([step, await green(session, git("rev-parse", "HEAD"))]);
      return succeed({ verdict: "success" });
    };
    must(await runPlan(session, await plan(), { cause: "test", startStep }));
    expect(seen).toEqual([
      ["docs", true],
      ["release", true],
    ]);
  });

  it("is red after a failure", async () => {
    const { session, plan, git } = await open("stages: { test: 'exit 1' }");
    must(await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep }));
    expect(await green(session, git("rev-parse", "HEAD"))).toBe(false);
  });

  it("is nothing for a stage that ran alone, and for a tree with changes that are not committed", async () => {
    const { session, plan, git, write } = await open("stages: { test: 'true' }");
    const head = git("rev-parse", "HEAD");
    must(await runStage(session, await plan(), "test", { cause: "test" }));
    expect(await green(session, head)).toBeUndefined();
    write("SPEC.md", "changed");
    const outcome = await runPlan(session, await plan(), { cause: "test", startStep: steps().startStep });
    expect(must(outcome).commit).toBeUndefined();
    expect(outcome.ok && outcome.warnings.map((one) => one.code)).toEqual(["build.uncommitted_changes"]);
    expect(await green(session, head)).toBeUndefined();
  });
});

describe("previewPlan", () => {
  it("says what would run and what not, and runs and records nothing", async () => {
    const { session, plan } = await open("stages: { test: touch never, deploy: { run: x, when: { branch: live } } }");
    expect(must(await previewPlan(session, await plan()))).toEqual([
      { name: "test", does: "touch never" },
      { name: "deploy", does: "x", skipped: "only on live, and this is main" },
      { name: "docs", does: "monkeysDocs" },
      { name: "release", does: "monkeysShip" },
    ]);
    expect(existsSync(join(scratch?.product ?? "", "never"))).toBe(false);
    expect(must(await listBuilds(session.swarm))).toEqual([]);
  });
});
