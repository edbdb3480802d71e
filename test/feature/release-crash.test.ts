import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWebhookReceiver, type WebhookReceiver } from "../../src/tools/servers/webhook-receiver.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";

const WORKER = fileURLToPath(new URL("./release-worker.ts", import.meta.url));
/** Commit, push, tag, push of the tag, announcement: each begins and ends. */
const POINTS = 10;

let hook: WebhookReceiver;
let worlds: World[];
/** Each of the twenty workers loads the program from its sources; what Node made of them once it need not make again. */
let compiled: string;

beforeAll(async () => {
  worlds = [];
  compiled = await mkdtemp(join(tmpdir(), "codemonkeys-"));
});

afterAll(async () => {
  await hook?.stop();
  await rm(compiled, { recursive: true, force: true });
  for (const world of worlds) await world.close();
});

async function makeWorld(): Promise<World> {
  const world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: . }]\nannounce: [webhook]",
    files: { "package.json": '{\n  "name": "payments",\n  "version": "0.0.0"\n}\n' },
  });
  worlds.push(world);
  return world;
}

/** Runs the worker beside this process, which has to go on answering as the webhook's receiver. */
function work(world: World, killAt: number): Promise<{ signal: string | null; stdout: string; stderr: string }> {
  const file = join(world.place.root, "worker.json");
  const options = { config: "ship: { alerts: { webhook_url_env: HOOK } }\n", environment: { HOOK: `${hook.url}/h` } };
  writeFileSync(file, JSON.stringify({ place: world.place, options, killAt }));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [WORKER, file],
      { timeout: 120_000, env: { ...process.env, NODE_COMPILE_CACHE: compiled } },
      (_, stdout, stderr) => resolve({ signal: child.signalCode, stdout, stderr }),
    );
  });
}

describe("a release that is killed at any effect", () => {
  test.each(Array.from({ length: POINTS }, (_, at) => at + 1))(
    "is finished by the same command: point %i",
    async (point) => {
      const world = await makeWorld();
      hook = must(await startWebhookReceiver({ file: join(world.place.root, "hooks.jsonl") }));
      const killed = await work(world, point);
      expect(killed.signal).toBe("SIGKILL");
      const finished = await work(world, 0);
      expect(finished.stderr).toBe("");
      expect(JSON.parse(finished.stdout)).toMatchObject({ released: true });
      expect(world.git("ls-remote", "origin", "refs/tags/*").split("\n")).toHaveLength(2);
      world.git("fetch", "-q", "origin", "--tags");
      const commits = world.git("log", "--format=%s", "origin/main").split("\n");
      expect(commits).toEqual(["chore(release): 1.0.0", "feat: begin"]);
      expect(world.git("rev-parse", "v1.0.0^{commit}")).toBe(world.git("rev-parse", "origin/main"));
      expect(world.git("rev-parse", "main")).toBe(world.git("rev-parse", "origin/main"));
      const told = await hook.received();
      expect(new Set(told.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
      expect(told.length).toBeLessThanOrEqual(point >= 9 ? 2 : 1);
      const again = await work(world, 0);
      expect(JSON.parse(again.stdout)).toMatchObject({ released: false });
      await hook.stop();
    },
    240_000,
  );

  test("the points above are all there are", async () => {
    const world = await makeWorld();
    hook = must(await startWebhookReceiver({ file: join(world.place.root, "hooks.jsonl") }));
    expect(await work(world, POINTS + 1)).toMatchObject({ signal: null, stderr: "" });
  }, 120_000);
});
