import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BadLuckWorld, badLuckWorld, GOOD, HOPELESS, PROGRAM } from "./bad-luck-world.ts";

let world: BadLuckWorld;
beforeEach(async () => {
  world = await badLuckWorld();
});
afterEach(() => world.close());

/** A namespace of its own in which a folder is something else; kernels that allow none are told apart by name. */
const canMount = spawnSync("unshare", ["-Urm", "true"]).status === 0;
const mounted = (mounts: string) => ["unshare", "-Urm", "sh", "-c", `${mounts} && exec "$@"`, "sh"];

describe("the state folder", () => {
  test("that is a file: exit 4", async () => {
    writeFileSync(join(world.root, "file"), "");
    for (const place of ["file", "file/below"]) {
      const told = await world.tell(["status"], { env: { CODEMONKEYS_STATE: join(world.root, place) } });
      expect(told).toMatchObject({ code: 4, codes: ["swarm.cannot_open"] });
    }
  });

  test("where nobody can make folders: exit 4, and at once", async () => {
    const told = await world.tell(["status"], { env: { CODEMONKEYS_STATE: "/proc/nowhere/state" } });
    expect(told).toMatchObject({ code: 4, codes: ["swarm.cannot_open"] });
    const cache = await world.tell(["status"], { env: { CODEMONKEYS_CACHE: "/proc/nowhere" } });
    expect(cache).toMatchObject({ code: 4, codes: ["machine.file"] });
  });

  test("cache or configuration folder that is a file: exit 3", async () => {
    writeFileSync(join(world.root, "file"), "");
    for (const name of ["CODEMONKEYS_CACHE", "CODEMONKEYS_CONFIG_HOME"]) {
      const told = await world.tell(["status"], { env: { [name]: join(world.root, "file") } });
      expect(told).toMatchObject({ code: 3, codes: ["machine.wrong_place"] });
    }
  });

  test.runIf(canMount)("that is read-only: exit 4, and the database stays as it is", async () => {
    expect((await world.tell(["run"])).code).toBe(0);
    const { state } = world;
    const under = mounted(`mount --bind ${state} ${state} && mount -o remount,ro,bind ${state}`);
    for (const command of ["status", "run", "heal", "release"]) {
      expect(await world.tell([command], { under })).toMatchObject({ code: 4, codes: ["swarm.read_only"] });
    }
    expect((await world.tell(["status"])).code).toBe(0);
  });

  test.runIf(canMount)("on a full disk: exit 4, and never half a database", async () => {
    for (const size of ["64k", "200k", "300k", "400k"]) {
      const under = mounted(`mkdir -p ${world.state} && mount -t tmpfs -o size=${size} none ${world.state}`);
      expect(await world.tell(["status"], { under })).toMatchObject({ code: 4, codes: ["swarm.disk_full"] });
    }
    // The same folder, full at first and then not: what a first try left must not be in the way.
    const script = `mkdir -p ${world.state}; mount -t tmpfs -o size=300k none ${world.state}; "$@"; echo "first $?"; mount -o remount,size=20m ${world.state}; exec "$@"`;
    const both = await world.start(["status"], { under: ["unshare", "-Urm", "sh", "-c", script, "sh"] });
    expect(both.stdout).toContain("first 4");
    expect(both.exitCode).toBe(0);
  });

  test.runIf(canMount)("that fills up while a stage writes its log: exit 4, and the stage is ended", async () => {
    const noisy = `yes ${"noise ".repeat(30)}`;
    world.write("SPEC.md", (GOOD["SPEC.md"] as string).replace("npm test", noisy));
    await world.commit("feat: noisy");
    const under = mounted(`mkdir -p ${world.state} && mount -t tmpfs -o size=3m none ${world.state}`);
    const told = await world.tell(["run"], { under });
    expect(told.code).toBe(4);
    expect(told.codes.join()).toMatch(/disk_full/);
  });
});

test("a port in use: exit 1, and heal names the port and the line that wants it, and changes nothing", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = holder.address() as AddressInfo;
    world.write(
      "test/serves.test.js",
      `import { once } from "node:events";\nimport { createServer } from "node:http";\nimport test from "node:test";\n\ntest("serves", async () => {\n  const server = createServer().listen(${port}, "127.0.0.1");\n  await once(server, "listening");\n  server.close();\n});\n`,
    );
    await world.commit("feat: serve");
    await world.git("push", "-q", "origin", "main");
    const run = await world.tell(["run"]);
    expect(run.code).toBe(1);
    const healed = await world.tell(["heal"]);
    expect(healed).toMatchObject({ code: 1, result: { data: { verdict: "not_fixed" } } });
    expect(healed.result.summary).toMatch(
      new RegExp(`EADDRINUSE: address already in use 127.0.0.1:${port} \\(test/serves.test.js:\\d+\\)`),
    );
    expect(await world.git("log", "--format=%s", "origin/main")).toBe("feat: serve\nfeat: begin");
  } finally {
    holder.close();
  }
});

describe("the tools it stands on", () => {
  test("a Node that is too old: exit 3, and what to do", () => {
    const old = spawnSync("sh", ["-c", "command -v -p node"], { encoding: "utf8" }).stdout.trim();
    const version = old ? spawnSync(old, ["-p", "process.versions.node"], { encoding: "utf8" }).stdout.trim() : "";
    const tooOld = version !== "" && Number(version.split(".")[0]) < 22;
    // Without an old Node at hand, this one is told to be one before the program's first line runs.
    const before = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.9.0"});Object.defineProperty(process,"version",{value:"v20.9.0"})`;
    const done = tooOld
      ? spawnSync(old, [PROGRAM, "status"], { encoding: "utf8" })
      : spawnSync(process.execPath, ["--import", before, PROGRAM, "status"], { encoding: "utf8" });
    expect(done.status).toBe(3);
    expect(done.stderr).toMatch(
      /^codemonkeys needs Node.js 22.18 or newer; this is v20\.[\d.]+\. Install Node.js 24 LTS/,
    );
    expect(done.stderr).not.toMatch(/\n\s+at /);
  });

  test("git that is missing: exit 4, for every command that needs it", async () => {
    const env = { PATH: join(world.root, "nothing") };
    for (const command of ["status", "run", "heal", "release", "init"]) {
      expect(await world.tell([command], { env })).toMatchObject({ code: 4, codes: ["git.missing"] });
    }
    expect(await world.tell(["doctor"], { env })).toMatchObject({ code: 4 });
  });

  test("git that is too old: exit 4, and the mirror of the organisation stays", async () => {
    expect((await world.tell(["status"])).code).toBe(0);
    // The one stand-in: nobody can be asked to install a git of 2013.
    world.write("git", "#!/bin/sh\necho git version 1.8.3.1\n", join(world.root, "old"));
    chmodSync(join(world.root, "old", "git"), 0o755);
    const env = { PATH: `${join(world.root, "old")}:${process.env.PATH}` };
    for (const command of ["status", "run", "init"]) {
      expect(await world.tell([command], { env })).toMatchObject({ code: 4, codes: ["git.too_old"] });
    }
    // Its commits are still there when the organisation cannot be reached.
    const told = await world.tell(["status"], { under: mounted(`mount -t tmpfs none ${world.organisation}`) });
    expect(told).toMatchObject({ code: 0, codes: ["organisation.stale"] });
    expect((await world.tell(["run"], { under: mounted(`mount -t tmpfs none ${world.organisation}`) })).codes).toEqual([
      "organisation.unreachable",
    ]);
  });

  test("an organisation that is nowhere: exit 4; without that branch: exit 3", async () => {
    const at = (place: string) => ({ env: { CODEMONKEYS_ORGANISATION: place } });
    expect(await world.tell(["status"], at(join(world.root, "nowhere")))).toMatchObject({
      code: 4,
      codes: ["organisation.unreachable"],
    });
    expect(await world.tell(["status"], at(`${world.organisation}#nope`))).toMatchObject({
      code: 3,
      codes: ["organisation.no_ref"],
    });
  });

  test("a reader that goes away early is no failure", async () => {
    const done = await world.start(["config", "schema"], {
      under: ["bash", "-c", '"$@" | true; exit "${PIPESTATUS[0]}"', "bash"],
    });
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("a model that is no help: heal says so, ends with 1, and commits nothing", () => {
  const tags = '{"models":[{"name":"tiny:latest"}]}';
  const behind =
    (chat: RequestListener): RequestListener =>
    (request, response) =>
      request.url === "/api/tags" ? response.end(tags) : chat(request, response);
  const MODELS: Readonly<Record<string, readonly [RequestListener, code: RegExp]>> = {
    dead: [(request) => request.socket.destroy(), /no model answers at/],
    "not Ollama": [(_, response) => response.end("<html>hello</html>"), /no model answers at/],
    "without the model": [(_, response) => response.end('{"models":[]}'), /does not have the model tiny|no model tiny/],
    slow: [behind(() => {}), /did not (begin|finish)/],
    "talking nonsense": [
      behind((_, response) => response.end('{"message":{"content":"bananas"},"done":true}\n')),
      /something else than the JSON|no JSON/,
    ],
    "breaking off": [
      behind((_, response) => {
        response.write('{"message":{"content":"ba"},"done":false}\n');
        setTimeout(() => response.destroy(), 50);
      }),
      /broke off/,
    ],
    failing: [
      behind((_, response) => {
        response.statusCode = 500;
        response.end('{"error":"out of memory"}');
      }),
      /out of memory/,
    ],
  };
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function heal(url: string) {
    await world.organise({
      ".codemonkeys/config.yaml": `model: { endpoint: "${url}", name: tiny, timeout_seconds: 2 }\n`,
    });
    world.write("src/vat.js", (GOOD["src/vat.js"] as string).replace("rates.vat", HOPELESS));
    await world.commit("feat: wrong");
    await world.git("push", "-q", "origin", "main");
    expect((await world.tell(["run"])).code).toBe(1);
    const told = await world.tell(["heal"]);
    expect(told.code).toBe(1);
    expect(told.result.data).toMatchObject({ verdict: "not_fixed" });
    expect(await world.git("log", "--format=%s", "origin/main")).toBe("feat: wrong\nfeat: begin");
    return told;
  }

  test("absent", async () => {
    expect((await heal("http://127.0.0.1:9")).stderr).toMatch(/no model answers at/);
  });

  test.each(Object.keys(MODELS))("%s", async (name) => {
    const [answer, says] = MODELS[name] as readonly [RequestListener, RegExp];
    server = createServer(answer);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const told = await heal(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(told.stderr + told.result.summary + JSON.stringify(told.result.data)).toMatch(says);
    expect(existsSync(join(world.state, "swarm.db"))).toBe(true);
  });
});
