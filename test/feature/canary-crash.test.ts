import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type CanaryWorld, canaryWorld, type Health, WELL } from "../unit/canary/world.ts";

const WORKER = fileURLToPath(new URL("./canary-worker.ts", import.meta.url));
const LADDER = `
criteria: { errors: { bad: errors, of: requests, worse_by: 0.02 } }
rungs: [{ share: 25, minutes: 10 }, { share: 100, minutes: 10 }]
`;
vi.setConfig({ testTimeout: 300_000 });

let canary: CanaryWorld;
afterEach(async () => await canary?.close());

interface Worked {
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function work(died: string | undefined): Promise<Worked> {
  const { place } = canary.world;
  const file = join(place.root, "worker.json");
  const { clock, ...options } = canary.options;
  writeFileSync(file, JSON.stringify({ place, options, now: clock?.now(), died }));
  const env = { ...process.env, NODE_COMPILE_CACHE: join(place.root, "compiled") };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [WORKER, file], { timeout: 120_000, env }, (_, stdout, stderr) =>
      resolve({ signal: child.signalCode, stdout, stderr }),
    );
  });
}

/** Gives the same command again until a process lives to its end; answers how many died and what the last one said. */
async function workOn(died: string): Promise<{ readonly deaths: number; readonly state: string }> {
  for (let deaths = 0; ; deaths += 1) {
    const { signal, stdout, stderr } = await work(died);
    if (signal === "SIGKILL") continue;
    expect(stderr).toBe("");
    return { deaths, state: (JSON.parse(stdout) as { state: string }).state };
  }
}

const bad: Health = (side) => ({ requests: 500, errors: side === "canary" ? 200 : 2 });

describe("a canary whose process is killed at every boundary", () => {
  test.each([
    {
      end: "finished",
      turns: [WELL, WELL, WELL],
      changes: ["25 1.1.0", "100 1.1.0", "all 1.1.0"],
      servers: { live: "1.1.0" },
    },
    { end: "taken_back", turns: [WELL, bad], changes: ["25 1.1.0", "0 1.1.0"], servers: { live: "1.0.0" } },
  ])("is $end all the same, each share given exactly once", async ({ end, turns, changes, servers }) => {
    canary = await canaryWorld(LADDER);
    const died = join(canary.world.place.root, "died");
    let last = { deaths: 0, state: "" };
    let deaths = 0;
    for (const health of turns) {
      canary.setHealth(health);
      last = await workOn(died);
      deaths += last.deaths;
      canary.clock.add(11);
    }
    expect(last.state).toBe(end);
    expect(canary.ansible.changes()).toEqual(changes);
    expect(canary.ansible.servers()).toEqual(servers);
    expect(new Set(canary.webhooks.map(({ key }) => key)).size).toBe(1);
    const boundaries = existsSync(died) ? readFileSync(died, "utf8").trim().split("\n") : [];
    expect(boundaries).toHaveLength(deaths);
    // The question, the begin and the end of each move, the decision about each rung, and the telling.
    const kinds = new Set(boundaries.map((line) => line.split(" ")[1]));
    expect([...kinds].sort()).toEqual(
      [end === "finished" ? "canary.promote" : "canary.abort", "decision", "effect.done", "effect.started"].sort(),
    );
  });
});
