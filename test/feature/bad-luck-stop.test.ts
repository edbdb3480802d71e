import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BadLuckWorld, BROKEN, badLuckWorld, CONSTITUTION, GOOD, HOPELESS } from "./bad-luck-world.ts";

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

test("killed while a model answers: what it might have taken is spent, and the resumed run asks with the rest", async () => {
  const asked: string[] = [];
  let child: ReturnType<BadLuckWorld["start"]> | undefined;
  const server = createServer((request, response) => {
    if (request.url === "/api/tags") return void response.end('{"models":[{"name":"tiny:latest"}]}');
    asked.push(request.url ?? "");
    if (asked.length === 2) return void child?.kill("SIGKILL");
    response.end(
      `{"message":{"content":"{}"},"done":true,"done_reason":"stop","prompt_eval_count":100,"eval_count":50}\n`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await world.organise({
      ".codemonkeys/config.yaml": `model: { endpoint: "http://127.0.0.1:${(server.address() as AddressInfo).port}", name: tiny }\n`,
      "constitution.yaml": `${CONSTITUTION}limits: { heal: { model_calls: 20, model_tokens: 7000 } }\n`,
    });
    world.write("src/vat.js", (GOOD["src/vat.js"] as string).replace("rates.vat", HOPELESS));
    await world.commit("feat: wrong");
    await world.git("push", "-q", "origin", "main");
    expect((await world.tell(["run"])).code).toBe(1);
    child = world.start(["heal"]);
    expect((await child).signal).toBe("SIGKILL");
    const calls = () => {
      const database = new DatabaseSync(join(world.state, "swarm.db"), { readOnly: true });
      const rows = database.prepare("select run_id, tokens, counted from model_calls order by counted desc, at").all();
      database.close();
      return rows as { run_id: string; tokens: number; counted: number }[];
    };
    expect(calls()).toMatchObject([{ tokens: 150, counted: 1 }, { counted: 0 }]);
    const reserved = calls()[1]?.tokens ?? 0;
    expect(reserved).toBeGreaterThan(2000);
    const again = await world.tell(["heal"]);
    expect(again.result.data).toMatchObject({ verdict: "not_fixed" });
    const rows = calls();
    expect(new Set(rows.map((row) => row.run_id)).size).toBe(1);
    // Each call needs room for an answer of 2,000 tokens: asked as long as there was some, and no further. A run that had
    // forgotten what it spent would ask as often as it may: 20 times.
    const left = 7000 - 150 - reserved;
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length - 2).toBeLessThanOrEqual(Math.ceil((left - 2000) / 150));
    expect(rows.reduce((sum, row) => sum + row.tokens, 0)).toBeLessThanOrEqual(7000);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
