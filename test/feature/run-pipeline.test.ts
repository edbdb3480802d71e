import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { resultSchema } from "../../src/core/result.ts";
import { type CliWorld, cliWorld, specText } from "./run-world.ts";

let world: CliWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function open(...args: Parameters<typeof cliWorld>): Promise<CliWorld> {
  world = await cliWorld(...args);
  return world;
}

/** The result.json that `--json` prints. */
function resultOf(stdout: string) {
  const result = resultSchema.parse(JSON.parse(stdout));
  return {
    ...result,
    data: result.data as { build: string; state: string; stages: { name: string; state: string; log?: string }[] },
  };
}

describe("codemonkeys run", () => {
  it("runs the pipeline, keeps each stage's log, and says so in result.json", async () => {
    const { run } = await open(specText("stages: { test: 'echo tested', pack: 'echo packed' }"));
    const { code, stdout } = await run("run", "--json");
    expect(code).toBe(0);
    const { verdict, data } = resultOf(stdout);
    expect(verdict).toBe("success");
    expect(data.stages.map((stage) => [stage.name, stage.state])).toEqual([
      ["test", "passed"],
      ["pack", "passed"],
    ]);
    expect(data.stages.map((stage) => readFileSync(stage.log ?? "", "utf8"))).toEqual(["tested\n", "packed\n"]);
  });

  it("exits with 1 for a failing stage, shows the end of its log and what to do, and runs nothing after it", async () => {
    const { run, product } = await open(specText("stages: { test: 'echo this is why; exit 3', pack: touch never }"));
    const { code, stderr, stdout } = await run("run");
    expect(code).toBe(1);
    expect(stderr).toContain("this is why");
    expect(stderr).toContain("exit code 3");
    expect(stdout + stderr).toContain("codemonkeys heal");
    expect(existsSync(join(product, "never"))).toBe(false);
  });

  it("keeps a log that `explain` finds without a name, with paths from the product's folder", async () => {
    const at = "$PWD/src/pay.ts(3,5): error TS2304: Cannot find name 'mony'.";
    const { run, product } = await open(specText(`stages: { test: "echo \\"${at}\\"; exit 2" }`));
    const before = await run("explain");
    expect([before.code, before.stderr]).toEqual([3, expect.stringContaining("explain.no_log")]);
    await run("run");
    const { code, stdout } = await run("explain");
    expect(code).toBe(0);
    expect(stdout).toContain("✗ type  src/pay.ts:3:5  root cause");
    expect(stdout).not.toContain(product);
  });

  it("explains what comes on standard input", async () => {
    const { runWith, root } = await open(specText("stages: { test: 'true' }"));
    const noise = "building\n".repeat(20_000);
    const { code, stdout } = await runWith(
      `${noise}src/pay.ts(3,5): error TS2304: Cannot find name 'mony'.\n`,
      "explain",
      "-",
    );
    expect(code).toBe(0);
    expect(stdout).toContain("standard input:20001 of 20,001 (tsc)");
    expect(readdirSync(root).filter((name) => name.startsWith("codemonkeys-log-"))).toEqual([]);
  });

  it("runs one stage, and says which one was probably meant", async () => {
    const { run } = await open(specText("stages: { test: 'exit 9', lint: 'true' }"));
    expect((await run("run", "--stage", "lint")).code).toBe(0);
    const wrong = await run("run", "--stage", "lnit");
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain("did you mean lint?");
  });

  it("shows with --dry-run what would run and why not, and does nothing", async () => {
    const { run, product, state } = await open(
      specText("stages: { test: touch never, live: { run: x, when: { branch: live } } }"),
    );
    const { code, stdout } = await run("run", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/test .*touch never/);
    expect(stdout).toMatch(/live .*skipped: only on live, and this is main/);
    expect(existsSync(join(product, "never"))).toBe(false);
    expect(existsSync(join(state, "builds"))).toBe(false);
  });

  it("gives a stage none of the caller's secrets", async () => {
    const { run } = await open(specText("stages: { test: 'env; echo home=$HOME' }"));
    process.env.NPM_TOKEN = "npm_do-not-show-me";
    try {
      const { stdout } = await run("run", "--json");
      const log = readFileSync(resultOf(stdout).data.stages[0]?.log ?? "", "utf8");
      expect(log).not.toContain("npm_do-not-show-me");
      expect(log).not.toContain(`home=${process.env.HOME}\n`);
    } finally {
      delete process.env.NPM_TOKEN;
    }
  });

  it("shows every problem of a wrong SPEC.md at once, with carets, and exits with 3", async () => {
    const { run } = await open(specText("stages: { test: { rnu: x } }\ntier: 9\npriority: hgih"));
    const { code, stderr } = await run("run");
    expect(code).toBe(3);
    expect(stderr).toContain("SPEC.md has 3 problems");
    expect(stderr).toMatch(/5 │ stages: \{ test: \{ rnu: x \} \}\n\s+│ +\^\^\^ unknown key rnu; did you mean run\?/);
    expect(stderr).toContain("tier");
    expect(stderr).toContain("did you mean high?");
  });

  it("ends its children on Ctrl-C, exits with 130, and the next run goes on", async () => {
    const { run, start, write, commit } = await open(
      specText("stages: { build: 'echo b >> ran', test: sh ./test.sh }"),
      { ".gitignore": "ran\nup\ngo\n", "test.sh": "echo t >> ran; touch up; test -e go || sleep 300\n" },
    );
    const child = start("run");
    await expect.poll(() => existsSync(join(world?.product ?? "", "up")), { timeout: 20_000 }).toBe(true);
    child.kill("SIGINT");
    const ended = await child;
    expect(ended.exitCode ?? ended.signal).toBe(130);
    write("go", "");
    const again = await run("run", "--json");
    expect(again.code).toBe(0);
    // What passed at this commit is not run again; the stage that was stopped is.
    const ran = () => readFileSync(join(world?.product ?? "", "ran"), "utf8");
    expect(ran()).toBe("b\nt\nt\n");
    write("other", "");
    await commit("feat: other");
    expect((await run("run")).code).toBe(0);
    expect(ran()).toBe("b\nt\nt\nb\nt\n");
  });
});
