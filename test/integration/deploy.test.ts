import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { deploy } from "../../src/pillars/deploy/deploy.ts";
import { release } from "../../src/pillars/release/release.ts";
import { must, releaseWorld, type SessionOptions, type World } from "../unit/release/world.ts";
import { scratchFolder } from "./publish.ts";
import { threeFreePorts } from "./three-free-ports.ts";

const RULES = `version: 1
rules:
  - id: all-here
    allow: [git.commit, git.push, release.tag, service.deploy]
    when: source.branch == "main" && target.environment != "production"
  - id: releases
    allow: [git.commit, git.push, release.tag]
    when: run.pillar == "release"
`;

// A deployment asks by the playbook in check mode, acts, and asks again.
vi.setConfig({ testTimeout: 900_000 });

let world: World;
let port: number;
const servers = scratchFolder();

/** Answers with its version, on `/slow` after a second; what `text` says more. */
const program = (text = "") => `${text}const { version } = require("./package.json");
const answer = (request, reply) => setTimeout(() => reply.end(version), request.url === "/slow" ? 1000 : 0);
require("http").createServer(answer).listen(process.env.PORT, "127.0.0.1");
`;

/** A version that is well gets the time that a busy machine needs; one that never will be is not waited for. */
function front(seconds: number): string {
  const way = `command: node index.js, health_seconds: ${seconds}, root: ${servers.path}`;
  return `packages: [{ ecosystem: npm, path: ., publish: true }]
port: ${port}
deploy: [{ environment: staging, ${way} }, { environment: production, ${way} }]`;
}

beforeAll(async () => {
  port = await threeFreePorts();
  world = await releaseWorld({
    front: front(60),
    files: { "package.json": '{\n  "name": "payments",\n  "version": "0.0.0"\n}\n', "index.js": program() },
  });
});
afterAll(async () => {
  for (const unit of ["front", "blue", "green"]) {
    const home = join(servers.path, "payments");
    execFileSync("python3", [join(home, "bin", "service_runner.py"), "stop", join(home, "slots", `${unit}.json`)]);
  }
  await world?.close();
  servers.remove();
});

const session = (other: SessionOptions = {}) =>
  world.session({ constitution: RULES, config: "ship: { registries: { npm: false } }\n", ...other });
const answer = async (path = "/") => await (await fetch(`http://127.0.0.1:${port}${path}`)).text();

async function released(message: string, text?: string): Promise<string> {
  world.write("index.js", program(text));
  world.commit(message);
  return must(await release(await session())).plan.units[0]?.version ?? "";
}

describe("a service on this machine, without systemd", () => {
  test("is deployed, found in place the second time, and refused where no rule allows it", async () => {
    must(await release(await session()));
    const refused = await deploy(await session(), { environment: "production" });
    expect(refused.ok ? [] : refused.diagnostics.map(({ code }) => code)).toContain("gate.no_match");
    const first = must(await deploy(await session(), { environment: "staging" }));
    expect(first).toMatchObject({ version: "1.0.0", already: false, hosts: ["localhost"] });
    expect(await answer()).toBe("1.0.0");
    expect(must(await deploy(await session(), { environment: "staging" })).already).toBe(true);
  });

  test("a new version takes over without a failed request; one that is not well never serves", async () => {
    let stopped = false;
    const answers = new Map<string, number>();
    const ask = async (path: string) => {
      while (!stopped) {
        const said = await answer(path).catch((error: Error) => `${path} ${error.message}`);
        answers.set(said, (answers.get(said) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const asking = Promise.all([ask("/"), ask("/slow")]);
    expect(await released("fix: better")).toBe("1.0.1");
    must(await deploy(await session(), { environment: "staging" }));
    expect(await answer()).toBe("1.0.1");
    await released("fix: worse", 'throw new Error("no database");\n');
    const spec = world.place.spec.replaceAll("health_seconds: 60", "health_seconds: 2");
    const failed = await deploy(await session({ spec }), { environment: "staging" });
    stopped = true;
    await asking;
    expect(failed.ok ? "" : failed.diagnostics[0]?.message).toMatch(
      /payments 1\.0\.2 is not well: .*Version 1\.0\.1 goes on serving\. It said: .*no database/,
    );
    expect([...answers.keys()].sort()).toEqual(["1.0.0", "1.0.1"]);
  });

  test("goes back to the version before, and says when there is none", async () => {
    const back = must(await deploy(await session(), { environment: "staging", rollback: true }));
    expect(back).toMatchObject({ version: "1.0.0", rollback: true });
    expect(await answer()).toBe("1.0.0");
    const again = await deploy(await session(), { environment: "staging", rollback: true });
    expect(again.ok ? "" : again.diagnostics[0]?.code).toBe("deploy.no_previous");
  });

  test("is chosen in one half and put on the servers in the other, with the very bytes (zones: two)", async () => {
    const asked = { environment: "staging", version: "1.0.1" };
    const work = must(await deploy({ ...(await session()), half: { does: "work" } }, asked));
    const { sha256 } = work.artifact;
    expect(work.handover).toMatchObject({ job: "deploy", path: "acme/_act/deploy", digests: [sha256] });
    const run = work.handover?.run;
    const act = async (digests: string[]) =>
      await deploy({ ...(await session()), half: { does: "act", run, digests } }, { environment: "elsewhere" });
    const other = await act(["a".repeat(64)]);
    expect(other.ok ? "" : other.diagnostics[0]?.code).toBe("half.other_digests");
    expect(await answer()).toBe("1.0.0");
    expect(must(await act([sha256]))).toMatchObject({ run, version: "1.0.1", environment: "staging" });
    expect(await answer()).toBe("1.0.1");
    const over = await act([sha256]);
    expect(over.ok ? "" : over.diagnostics[0]?.code).toBe("deploy.run_ended");
  });
});
