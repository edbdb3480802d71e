import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FORMS, textsBelow } from "../feature/leak-forms.ts";
import { GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "../feature/spine-world.ts";
import { installed } from "./servers.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "codemonkeys.js");
/** What the registry wants, with signs that every encoding writes in its own way. */
const TOKEN = `npm"8Kq2'w0rd<&+/%\\e=?rB7n`;
/** Beside the token in the same file; nothing ever declares it. */
const NEIGHBOUR = "neighbour-55e1-nobody-asked";
/** Typed at a terminal. */
const TYPED = "typed-7Zt4-nobody-looks";
const RULES = `${LOOP_RULES}
  - { id: keepers, allow: [secret.read, secret.write], when: 'run.pillar == "org" && run.trigger == "person"' }
`;

let world: SpineWorld;
let server: Server;
let environment: Record<string, string>;
const heard: string[] = [];
const said: string[] = [];

interface Call {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

async function run(args: readonly string[], { input, cwd, env }: Call = {}) {
  const done = await execa(process.execPath, [PROGRAM, ...args], {
    cwd: cwd ?? world.product,
    env: { ...environment, ...env },
    reject: false,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
  });
  said.push(done.stdout, done.stderr);
  return { code: done.exitCode, stdout: done.stdout, stderr: done.stderr };
}

const policy = () => join(world.root, "policy");
/** Puts the company's token into the organisation's file, as a person would, and pushes it. */
async function keep(name: string, value: string) {
  const set = await run(["secrets", "set", name, "--company", "acme"], { input: `${value}\n`, cwd: policy() });
  expect(set).toMatchObject({ code: 0 });
  await world.gitIn(policy(), "add", "-A");
  await world.gitIn(policy(), "commit", "-qm", `chore: ${name}`);
  await world.gitIn(policy(), "push", "-q", "origin", "main");
}

beforeAll(async () => {
  // A registry that repeats in its refusal what it was given, plainly and encoded.
  server = createServer((request, response) => {
    const auth = request.headers.authorization ?? "";
    heard.push(auth);
    request.resume();
    response.statusCode = request.method === "GET" ? 404 : 403;
    response.setHeader("content-type", "application/json");
    const token = auth.replace(/^Bearer /, "");
    const echo = [
      token,
      Buffer.from(token).toString("base64"),
      encodeURIComponent(token),
      Buffer.from(token).toString("hex"),
    ];
    response.end(JSON.stringify({ error: request.method === "GET" ? "not found" : `refused: ${echo.join(" ")}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  world = await spineWorld({
    files: GOOD_PRODUCT,
    front: "packages: [{ ecosystem: npm, path: ., publish: true }]\nstages: { test: npm test }",
    fleet: `{ acme: { accounts: { npm: { secret: npm_token, url: "${url}" } } } }`,
  });
  await world.govern(RULES);
  const home = join(world.root, "home");
  const keys = join(home, ".config", "sops", "age");
  mkdirSync(keys, { recursive: true });
  mkdirSync(join(world.root, "tmp"));
  const bin = installed("sops");
  execFileSync(join(bin, "age-keygen"), ["-o", join(keys, "keys.txt")], { stdio: "ignore" });
  environment = {
    CODEMONKEYS_ORGANISATION: world.organisation,
    CODEMONKEYS_STATE: world.state,
    CODEMONKEYS_CACHE: join(world.root, "cache"),
    CODEMONKEYS_CONFIG_HOME: join(world.root, "config"),
    CODEMONKEYS_REQUESTER: "zoe",
    HOME: home,
    TMPDIR: join(world.root, "tmp"),
    PATH: `${bin}:${process.env.PATH}`,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await world.close();
});

test("what is missing is told before anything is done", async () => {
  const released = await run(["release", "--plain"], {
    env: { PATH: `${join(process.execPath, "..")}:/usr/bin:/bin` },
  });
  expect(released.code).toBe(6);
  expect(released.stderr).toContain("secrets.setup_required");
  expect(released.stderr).toContain("- the program sops");
  expect(released.stderr).toContain("- the secret npm_token: codemonkeys secrets set npm_token --company acme");
  expect(await world.gitIn(world.root, "ls-remote", "--heads", world.origin)).not.toContain("release");
  expect(await world.git("ls-remote", "origin", "HEAD")).toContain(await world.git("rev-parse", "HEAD"));
});

test("set, list, rotate and edit keep a file that only the key opens", async () => {
  expect(
    await run(["secrets", "set", "db_password", "--environment", "production"], { input: "one two\n" }),
  ).toMatchObject({ code: 0 });
  const path = ".codemonkeys/secrets/payments.production.sops.yaml";
  const read = () => readFileSync(join(world.product, path), "utf8");
  const first = read();
  expect(first).toMatch(/^db_password: ENC\[AES256_GCM,/);
  expect(first).not.toContain("one two");
  const opened = () =>
    execFileSync("sops", ["decrypt", "--extract", '["db_password"]', join(world.product, path)], {
      env: environment,
      encoding: "utf8",
    });
  expect(opened()).toBe("one two");
  expect((await run(["secrets", "list"])).stdout).toContain("(1 recipient, not committed)\n  db_password");
  expect(await run(["secrets", "rotate", "--environment", "production"])).toMatchObject({ code: 0 });
  expect(read()).not.toBe(first);
  const edited = await run(["secrets", "edit", "--environment", "production"], {
    env: { EDITOR: "sed -i s/two/three/" },
  });
  expect([edited.code, opened()]).toEqual([0, "one three"]);
  // Not a name whose value SOPS would leave in plain text, no empty value, and no value as an argument.
  expect((await run(["secrets", "set", "x_unencrypted"], { input: "v" })).stderr).toContain("secrets.bad_name");
  expect((await run(["secrets", "set", "x"])).stderr).toContain("the value is empty");
  expect((await run(["secrets", "set", "x", "value"])).code).toBe(64);
});

test("a value that is typed is shown by no terminal, and Ctrl-C leaves everything as it was", async () => {
  const path = join(world.product, ".codemonkeys/secrets/payments.sops.yaml");
  const type = async (keys: string) => {
    const command = [process.execPath, PROGRAM, "secrets", "set", "typed"];
    const input = JSON.stringify({ command, prompt: "it is not shown", keys });
    const options = { cwd: world.product, env: environment, input };
    const { stdout } = await execa("python3", [join(import.meta.dirname, "at-a-terminal.py")], options);
    const seen = JSON.parse(stdout) as { screen: string; code: number; echo: boolean };
    said.push(seen.screen);
    return seen;
  };
  const left = await type("half a value\u0003");
  expect(left).toMatchObject({ code: 3, echo: true });
  expect(left.screen).toContain("nothing was typed; nothing was changed");
  expect(left.screen).not.toContain("half");
  expect(existsSync(path)).toBe(false);
  // With a slip that is rubbed out.
  const set = await type(`${TYPED.slice(0, 6)}x\u007f${TYPED.slice(6)}\r`);
  expect(set).toMatchObject({ code: 0, echo: true });
  expect(set.screen).toContain("the value of typed, then Enter (it is not shown):");
  expect(set.screen).not.toMatch(/typed-|7Zt4|nobody|\*/);
  const opened = execFileSync("sops", ["decrypt", "--extract", '["typed"]', path], { env: environment });
  expect(opened.toString("utf8")).toBe(TYPED);
});

test("a changed file, a foreign key and plain text are each said for what they are", async () => {
  const path = ".codemonkeys/secrets/acme.sops.yaml";
  await keep("npm_token", TOKEN);
  const good = readFileSync(join(policy(), path), "utf8");
  const commit = async (text: string) => {
    writeFileSync(join(policy(), path), text);
    await world.gitIn(policy(), "commit", "-qam", "chore: by hand");
    await world.gitIn(policy(), "push", "-q", "origin", "main");
    return (await run(["release", "--plain"])).stderr;
  };
  expect(await commit(good.replace(/data:./, (text) => (text === "data:A" ? "data:B" : "data:A")))).toContain(
    "secrets.tampered",
  );
  expect(await commit(good.replace(/^npm_token: .*$/m, "npm_token: in-the-open"))).toContain("secrets.plain_text");
  const other = join(world.root, "other.txt");
  execFileSync(join(installed("sops"), "age-keygen"), ["-o", other], { stdio: "ignore" });
  writeFileSync(join(policy(), path), good);
  const foreign = { ...environment, SOPS_AGE_KEY_FILE: other };
  const rotated = await run(["secrets", "rotate", "--company", "acme"], { cwd: policy(), env: foreign });
  expect(rotated.stderr).toContain("secrets.cannot_decrypt");
  await world.gitIn(policy(), "commit", "-qam", "chore: as it was");
  await world.gitIn(policy(), "push", "-q", "origin", "main");
});

test("a secret that the gate denies is not decrypted", async () => {
  await world.govern(RULES.replace("package.publish, secret.read,", "package.publish,"));
  const before = heard.length;
  const denied = await run(["release", "--plain"]);
  expect(denied.code).toBe(5);
  expect(denied.stderr).toContain("secret.read");
  expect(heard.slice(before).filter((auth) => auth !== "")).toEqual([]);
  await world.govern(RULES);
});

test("the registry gets the token, and nothing that was written or said has it or its neighbour, in any form", async () => {
  await keep("neighbour", NEIGHBOUR);
  expect((await run(["release", "--plain", "--verbose"])).code).not.toBe(0);
  expect(heard).toContain(`Bearer ${TOKEN}`);
  await run(["audit", "show", "--json"]);
  await run(["status"]);
  // What git keeps is compressed: its texts are looked at as git shows them.
  const history = await Promise.all(
    [world.origin, world.organisation].map((place) =>
      world.gitIn(world.root, "--git-dir", place, "log", "--all", "--patch"),
    ),
  );
  const latin = (text: string) => Buffer.from(text).toString("latin1");
  const places = [
    ...textsBelow(world.root),
    { path: "what the commands said", text: latin(said.join("\n")) },
    { path: "history", text: latin(history.join("\n")) },
  ];
  const hits = [TOKEN, NEIGHBOUR, TYPED].flatMap((value) =>
    Object.entries(FORMS).flatMap(([form, write]) =>
      places
        .filter(({ text }) => write(value).some((one) => text.includes(latin(one))))
        .map(({ path }) => `${form}: ${path}`),
    ),
  );
  expect(places.length).toBeGreaterThan(100);
  expect(said.join("\n")).toContain("[redacted]");
  expect(hits).toEqual([]);
});
