import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Outcome } from "../../src/core/diagnostic.ts";
import { publish } from "../../src/pillars/publish/publish.ts";
import { release } from "../../src/pillars/release/release.ts";
import { npmVersions, npmView } from "../../src/tools/npm/npm.ts";
import { type NpmRegistryServer, startVerdaccio } from "../../src/tools/servers/verdaccio.ts";
import { must, releaseWorld, type SessionOptions, type World } from "../unit/release/world.ts";

const WORKER = fileURLToPath(new URL("../feature/release-worker.ts", import.meta.url));
const worlds: World[] = [];
let npm: NpmRegistryServer;
/** Verdaccio behind a registry that hides what was published until it is told to show it. */
let lagging: Server;
let hidden = false;

beforeAll(async () => {
  const first = await makeWorld("payments-registry");
  mkdirSync(join(first.place.root, "npm"));
  npm = must(await startVerdaccio(join(first.place.root, "npm")));
  lagging = createServer(async (request, response) => {
    if (hidden && request.method === "GET") {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not_found"}');
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    delete headers["content-length"];
    delete headers.connection;
    const answer = await fetch(`${npm.url}${request.url}`, {
      method: request.method ?? "GET",
      headers: { ...headers, host: `127.0.0.1:${(lagging.address() as AddressInfo).port}` },
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    const type = answer.headers.get("content-type") ?? "application/json";
    const body = Buffer.from(await answer.arrayBuffer());
    const rewritten = type.includes("json") ? body.toString().replaceAll(npm.url, lag()) : body;
    response.writeHead(answer.status, { "content-type": type }).end(rewritten);
  });
  await new Promise<void>((resolve) => lagging.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  lagging?.closeAllConnections();
  lagging?.close();
  await npm?.stop();
  for (const world of worlds) await world.close();
});

const lag = () => `http://127.0.0.1:${(lagging.address() as AddressInfo).port}`;

async function makeWorld(name: string): Promise<World> {
  const world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: ., publish: true }]",
    files: { "package.json": `{\n  "name": "${name}",\n  "version": "0.0.0"\n}\n` },
    accounts: "{ npm: { token_env: ACME_NPM } }",
  });
  worlds.push(world);
  return world;
}

const options = (url = npm.url): SessionOptions => ({
  config: `ship: { registries: { npm: { url: "${url}/" } } }\n`,
  environment: { ACME_NPM: npm.token },
});
const codes = (outcome: Outcome<unknown>) => (outcome.ok ? [] : outcome.diagnostics.map(({ code }) => code));

describe("a release that cannot publish", () => {
  test("says which variable is missing, and goes on when it is set", async () => {
    const world = await makeWorld("payments-token");
    const refused = await release(await world.session({ ...options(), environment: {} }));
    expect(codes(refused)[0]).toBe("publish.no_token");
    expect(refused.ok ? "" : refused.diagnostics[0]?.message).toContain("ACME_NPM");
    expect(world.git("ls-remote", "--tags", "origin")).toBe("");
    expect(must(await release(await world.session(options()))).published).toMatchObject([
      { already: false, installed: true },
    ]);
  });

  test("overwrites nothing when the version is there with other bytes", async () => {
    const world = await makeWorld("payments-taken");
    const other = join(world.place.root, "other");
    mkdirSync(other);
    writeFileSync(
      join(other, "package.json"),
      '{ "name": "payments-taken", "version": "1.0.0", "description": "not ours" }',
    );
    const config = join(world.place.root, "npmrc");
    writeFileSync(config, `registry=${npm.url}/\n${npm.url.replace("http:", "")}/:_authToken=${npm.token}\n`);
    execFileSync("npm", ["publish", "--userconfig", config], { cwd: other, stdio: "ignore" });
    const theirs = must(await npmView("payments-taken", "1.0.0", { registry: npm.url }));
    expect(codes(await release(await world.session(options())))[0]).toBe("publish.other_bytes");
    expect(must(await npmView("payments-taken", "1.0.0", { registry: npm.url }))).toEqual(theirs);
    expect(world.git("ls-remote", "--tags", "origin")).toBe("");
  });

  test("waits for a lagging index, stops with a clear word, and is finished later without a second upload", async () => {
    const world = await makeWorld("payments-lag");
    hidden = true;
    const stopped = await release(await world.session(options(lag())), { patience: { visibleMs: 3_000 } });
    expect(codes(stopped)).toEqual(expect.arrayContaining(["publish.not_visible", "release.resumable"]));
    expect(stopped.ok ? "" : stopped.diagnostics[0]?.message).toMatch(/^the index does not show 1\.0\.0 after 3 s/);
    expect(world.told()).toContain("held tag v1.0.0 waits");
    hidden = false;
    const done = must(await release(await world.session(options(lag()))));
    expect(done).toMatchObject({ tags: ["v1.0.0"], published: [{ already: true }] });
  });
});

describe("a release that is killed while it publishes", () => {
  test.each([1, 2])("is finished with one upload: point %i", async (killAt) => {
    const name = `payments-killed-${killAt}`;
    const world = await makeWorld(name);
    const file = join(world.place.root, "worker.json");
    const run = (at: number) => {
      writeFileSync(
        file,
        JSON.stringify({ place: world.place, options: options(), killAt: at, action: "package.publish" }),
      );
      return new Promise<{ signal: string | null; stdout: string; stderr: string }>((resolve) => {
        const child = execFile(process.execPath, [WORKER, file], { timeout: 200_000 }, (_, stdout, stderr) =>
          resolve({ signal: child.signalCode, stdout, stderr }),
        );
      });
    };
    expect((await run(killAt)).signal).toBe("SIGKILL");
    expect(must(await npmVersions(name, { registry: npm.url }))).toEqual(killAt === 1 ? [] : ["1.0.0"]);
    const finished = await run(0);
    expect(finished.stderr).toBe("");
    expect(JSON.parse(finished.stdout)).toMatchObject({ released: true });
    expect(must(await npmVersions(name, { registry: npm.url }))).toEqual(["1.0.0"]);
    expect(world.git("log", "--format=%s", "main").split("\n")).toEqual(["chore(release): 1.0.0", "feat: begin"]);
    // The kept bytes can be published again at any time: nothing happens.
    const again = must(await publish(await world.session(options())));
    expect(again.published).toMatchObject([{ already: true, version: "1.0.0" }]);
  });
});
