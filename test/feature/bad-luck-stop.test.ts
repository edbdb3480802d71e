import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BadLuckWorld, BROKEN, badLuckWorld, GOOD } from "./bad-luck-world.ts";

let world: BadLuckWorld;
beforeEach(async () => {
  world = await badLuckWorld();
});
afterEach(() => world.close());

const SIGNALS = [
  ["SIGINT", 130],
  ["SIGKILL", "SIGKILL"],
] as const;

/** Stages wait here until the world lets them go on, and leave the number of their process. */
const gate = (root: string) => `echo $$ >> ${root}/up; while [ ! -e ${root}/go ]; do sleep 0.1; done`;

async function alive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    // A process that is gone but not yet waited for is gone.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    if (["ESRCH", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

describe.each(SIGNALS)("%s in the middle", (signal, ending) => {
  test(`of run: ends with ${ending}, and the same command goes on`, async () => {
    const up = join(world.root, "up");
    world.write("stage.sh", `${gate(world.root)}\n`);
    world.write(
      "SPEC.md",
      (GOOD["SPEC.md"] as string).replace("{ test: npm test }", "{ test: npm test, slow: sh stage.sh }"),
    );
    await world.commit("feat: slow");
    // In a sandbox a stage sees other process numbers and folders; this is about the way it ends.
    const child = world.start(["run"]);
    await expect.poll(() => existsSync(up) || started("slow"), { timeout: 40_000 }).toBe(true);
    child.kill(signal);
    const ended = await child;
    expect(ended.exitCode ?? ended.signal).toBe(ending);
    world.write("go", "", world.root);
    world.write("stage.sh", "true\n");
    const again = await world.tell(["run"]);
    expect(again.code).toBe(0);
    expect(await alive(child.pid as number)).toBe(false);
  });

  test(`of heal: ends with ${ending}, leaves no process, and the same command heals: one commit`, async () => {
    world.write("package.json", (GOOD["package.json"] as string).replace("node --test", "node --test && sleep 3"));
    world.write("src/vat.js", BROKEN["src/vat.js"]);
    await world.commit("feat: break");
    await world.git("push", "-q", "origin", "main");
    expect((await world.tell(["run"])).code).toBe(1);
    const child = world.start(["heal"]);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    await expect.poll(() => said, { timeout: 40_000 }).toMatch(/reproduced/);
    child.kill(signal);
    const ended = await child;
    expect(ended.exitCode ?? ended.signal).toBe(ending);
    const again = await world.tell(["heal"]);
    expect(again).toMatchObject({ code: 0, result: { data: { verdict: "fixed", pushed: true } } });
    const log = await world.git("--git-dir", world.remote, "log", "--format=%s", "main");
    expect(log).toMatch(/^fix: .*\nfeat: break\nfeat: begin$/);
  });

  test(`of release: ends with ${ending}, and the same command releases: one commit, one tag`, async () => {
    // The remote takes its time over the push, and that is when the signal comes.
    const hook = `#!/bin/sh\nif [ ! -e ${world.root}/go ]; then touch ${world.root}/up; sleep 4; fi\n`;
    world.write("hooks/pre-receive", hook, world.remote);
    chmodSync(join(world.remote, "hooks", "pre-receive"), 0o755);
    const child = world.start(["release"]);
    await expect.poll(() => existsSync(join(world.root, "up")), { timeout: 40_000 }).toBe(true);
    child.kill(signal);
    const ended = await child;
    expect(ended.exitCode ?? ended.signal).toBe(ending);
    world.write("go", "", world.root);
    await expect.poll(async () => (await world.tell(["release"])).code, { timeout: 50_000, interval: 2_000 }).toBe(0);
    const tags = await world.git("ls-remote", "--tags", "origin");
    expect(tags.split("\n").filter((line) => !line.endsWith("^{}"))).toHaveLength(1);
    const log = await world.git("--git-dir", world.remote, "log", "--format=%s", "main");
    expect(log.split("\n").filter((subject) => subject.startsWith("chore(release)")).length).toBeLessThanOrEqual(1);
    expect((await world.tell(["audit", "verify"])).code).toBe(0);
  });
});

function started(stage: string): boolean {
  const folder = join(world.state, "builds");
  return existsSync(folder) && readdirRecursive(folder).some((path) => path.endsWith(`/${stage}.log`));
}

function readdirRecursive(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" });
}
