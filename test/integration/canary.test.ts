import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { CanaryReport } from "../../src/pillars/canary/report.ts";
import { walkLadder } from "../../src/pillars/canary/start.ts";
import { deploy } from "../../src/pillars/deploy/deploy.ts";
import { release } from "../../src/pillars/release/release.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";
import { scratchFolder } from "./publish.ts";
import { threeFreePorts } from "./three-free-ports.ts";

const RULES = `version: 1
rules:
  - id: all-here
    allow: [git.commit, git.push, release.tag, service.deploy, service.withdraw, webhook.send, announce.post]
`;

vi.setConfig({ testTimeout: 900_000 });

let world: World;
let port: number;
const servers = scratchFolder();
const told: unknown[] = [];
const webhook = createServer((request, answer) => {
  let body = "";
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    const said = JSON.parse(body);
    if (said.event.startsWith("canary.")) told.push(said);
    answer.end();
  });
});

/** Answers with its version, counts what it answers, and fails every second request while the file is there. */
const program = (bad: string) => `const { version } = require("./package.json");
const { existsSync } = require("node:fs");
let [requests, errors] = [0, 0];
require("http").createServer((request, reply) => {
  if (request.url === "/health") return reply.end("well");
  if (request.url.startsWith("/stats")) return reply.end(JSON.stringify({ requests, errors }));
  requests += 1;
  if (existsSync(${JSON.stringify(bad)}) && requests % 2 === 0) {
    errors += 1;
    reply.statusCode = 500;
  }
  reply.end(version);
}).listen(process.env.PORT, "127.0.0.1");
`;
const bad = (version: string) => join(servers.path, `bad-${version}`);

beforeAll(async () => {
  port = await threeFreePorts();
  await new Promise<void>((listening) => webhook.listen(0, "127.0.0.1", listening));
  world = await releaseWorld({
    front: `packages: [{ ecosystem: npm, path: ., publish: true }]
port: ${port}
deploy:
  - environment: production
    command: node index.js
    health: /health
    health_seconds: 60
    root: ${servers.path}
    canary:
      look_seconds: 0
      health: { url: "http://{host}:{port}/stats?side={side}", counting: total }
      criteria:
        errors: { bad: errors, of: requests, worse_by: 0.15, minimum: 20 }
      rungs: [{ share: 20, minutes: 0 }, { share: 100, minutes: 0 }]`,
    files: { "package.json": '{\n  "name": "payments",\n  "version": "0.0.0"\n}\n', "index.js": program("none") },
  });
});
afterAll(async () => {
  for (const unit of ["front", "blue", "green"]) {
    const home = join(servers.path, "payments");
    const runner = join(home, "bin", "service_runner.py");
    if (existsSync(runner)) execFileSync("python3", [runner, "stop", join(home, "slots", `${unit}.json`)]);
  }
  webhook.close();
  await world?.close();
  servers.remove();
});

const session = () => {
  const address = webhook.address();
  const at = address && typeof address === "object" ? address.port : 0;
  return world.session({
    constitution: RULES,
    config: "ship: { registries: { npm: false }, alerts: { webhook_url_env: TELL } }\n",
    environment: { TELL: `http://127.0.0.1:${at}/hook` },
  });
};

async function released(version: string): Promise<void> {
  world.write("index.js", program(bad(version)));
  world.commit(version.endsWith(".0") ? "feat: more" : "fix: better");
  const done = must(await release(await session()));
  expect(done.plan.units[0]?.version).toBe(version);
}

/** How many of the requests each version answered, and that none was lost. */
async function traffic(requests: number): Promise<Record<string, number>> {
  const by: Record<string, number> = {};
  for (let at = 0; at < requests; at += 1) {
    const version = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    by[version] = (by[version] ?? 0) + 1;
  }
  return by;
}

const step = async (): Promise<CanaryReport> => {
  const done = must(await walkLadder(await session(), {}));
  if (typeof done === "string") throw new Error(done);
  return done;
};

describe("a canary on this machine", () => {
  test("climbs by its criteria to all traffic", async () => {
    must(await release(await session()));
    expect(must(await walkLadder(await session(), {}))).toBe("first version there");
    must(await deploy(await session(), {}));
    await released("1.0.1");
    const first = await step();
    expect(first).toMatchObject({ state: "climbing", rung: 1, share: 20, version: "1.0.1", stable: "1.0.0" });
    expect(await traffic(300)).toEqual({ "1.0.0": 240, "1.0.1": 60 });
    expect(await step()).toMatchObject({ rung: 2, share: 100 });
    expect(await traffic(100)).toEqual({ "1.0.1": 100 });
    expect(await step()).toMatchObject({ state: "finished", share: 100 });
    expect(told).toMatchObject([{ event: "canary.finished", version: "1.0.1", by: "criteria" }]);
  });

  test("is taken back by itself when it goes bad, without a lost request", async () => {
    await released("1.0.2");
    expect(await step()).toMatchObject({ rung: 1, share: 20, stable: "1.0.1" });
    writeFileSync(bad("1.0.2"), "");
    await traffic(300);
    const end = await step();
    expect(end).toMatchObject({ state: "taken_back", share: 0, rung: 1 });
    expect(end.why).toMatch(/^worse than allowed: errors 50 % \(stable 0 %\)/);
    expect(await traffic(50)).toEqual({ "1.0.1": 50 });
    expect(told.at(-1)).toMatchObject({ event: "canary.taken_back", stable: "1.0.1", why: end.why });
  });
});
