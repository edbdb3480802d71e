import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { resultSchema } from "../../src/core/result.ts";

const ROOT = join(import.meta.dirname, "..", "..");
export const PROGRAM = join(ROOT, "resources", "codemonkeys", "codemonkeys.mjs");

export interface Told {
  readonly code: number | undefined;
  /** Codes of the diagnostics, in order. */
  readonly codes: readonly string[];
  readonly result: ReturnType<typeof resultSchema.parse>;
  readonly stderr: string;
}

interface Running extends Promise<Ended> {
  readonly stderr?: Readable | null;
  readonly pid?: number;
  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean;
}

interface Ended {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A command that starts the program in its place, such as `unshare …`. */
  readonly under?: readonly string[];
}

/** An organisation and one product with a bare remote, as people have them, and the built program. */
export interface BadLuckWorld {
  readonly root: string;
  readonly product: string;
  readonly remote: string;
  readonly organisation: string;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  write(path: string, text: string | Uint8Array, folder?: string): void;
  git(...args: string[]): Promise<string>;
  commit(message: string, folder?: string): Promise<void>;
  /** Writes files of the organisation and commits them. */
  organise(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs `codemonkeys … --json` and reads its result; never rejects for an exit code. */
  tell(args: readonly string[], options?: RunOptions): Promise<Told>;
  start(args: readonly string[], options?: RunOptions): Running;
  close(): Promise<void>;
}

export const CONSTITUTION = `version: 1
rules:
  - id: everything-here
    allow: ["git.*", files.generate, release.tag, announce.post, secret.read, package.publish]
  - id: models-here
    allow: [model.ask]
    when: target.loopback
`;

const SPEC = `---
product: payments
company: acme
packages: [{ ecosystem: npm, path: . }]
stages: { test: npm test }
docs: { site: none }
---
# Payments
Take card payments.
`;

const TEST =
  'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { vat } from "../src/vat.js";\n\ntest("vat", () => assert.equal(vat, 19));\n';

/** A package whose test passes. */
export const GOOD: Readonly<Record<string, string>> = {
  "SPEC.md": SPEC,
  ".gitignore": "node_modules/\n",
  "package.json":
    '{\n  "name": "payments",\n  "version": "0.1.0",\n  "type": "module",\n  "scripts": { "test": "node --test" }\n}\n',
  "rates.json": '{ "vat": 19 }\n',
  "src/vat.js": 'import rates from "../rates.json" with { type: "json" };\n\nexport const vat = rates.vat;\n',
  "test/vat.test.js": TEST,
};

/** A fault that the program's own fixers know. */
export const BROKEN = { "src/vat.js": (GOOD["src/vat.js"] as string).replace("with", "assert") };

/** What stands in place of the rate in a fault that no template, fixer or search knows a way out of. */
export const HOPELESS = '["about", rates.vat]';

export async function badLuckWorld(
  options: { files?: Readonly<Record<string, string>>; organisation?: Readonly<Record<string, string>> } = {},
): Promise<BadLuckWorld> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-")));
  const at = (name: string) => join(root, name);
  const [product, remote, organisation, state] = ["payments", "payments.git", "organisation", "state"].map(at) as [
    string,
    string,
    string,
    string,
  ];
  const env = {
    CODEMONKEYS_ORGANISATION: organisation,
    CODEMONKEYS_STATE: state,
    CODEMONKEYS_CACHE: at("cache"),
    CODEMONKEYS_CONFIG_HOME: at("config"),
    CODEMONKEYS_REQUESTER: "tester",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    // One warm copy for all tests; the program is the same.
    NODE_COMPILE_CACHE: join(ROOT, "node_modules", ".cache", "compiled"),
  };
  const git = async (cwd: string, ...args: string[]) => {
    const done = await execa("git", ["-c", "user.name=Tester", "-c", "user.email=t@localhost", ...args], { cwd, env });
    return done.stdout;
  };
  const write = (path: string, text: string | Uint8Array, folder = product) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const commit = async (message: string, folder = product) => {
    await git(folder, "add", "-A");
    await git(folder, "commit", "-q", "-m", message);
  };
  const found = async (folder: string, files: Readonly<Record<string, string>>) => {
    mkdirSync(folder, { recursive: true });
    await git(folder, "init", "-q", "-b", "main");
    for (const [path, text] of Object.entries(files)) write(path, text, folder);
    await commit("feat: begin", folder);
  };
  await found(organisation, {
    "constitution.yaml": CONSTITUTION,
    "fleet.yaml": `companies: { acme: {} }\nproducts: { payments: { company: acme, repo: ${remote} } }\n`,
    ".codemonkeys/config.yaml": "model: { token_budget: 0 }\n",
    ...options.organisation,
  });
  await git(root, "init", "-q", "--bare", "-b", "main", remote);
  await found(product, { ...GOOD, ...options.files });
  await git(product, "remote", "add", "origin", remote);
  await git(product, "push", "-q", "-u", "origin", "main");

  const start: BadLuckWorld["start"] = (args, { env: more, cwd = product, under = [] } = {}) => {
    const [command, ...rest] = [...under, process.execPath, PROGRAM, ...args] as [string, ...string[]];
    return execa(command, rest, { cwd, env: { ...env, ...more }, reject: false, stdin: "ignore" });
  };
  let calls = 0;
  return {
    root,
    product,
    remote,
    organisation,
    state,
    env,
    write,
    git: (...args) => git(product, ...args),
    commit,
    async organise(files) {
      for (const [path, text] of Object.entries(files)) write(path, text, organisation);
      await commit("feat: change", organisation);
    },
    async tell(args, given) {
      const file = at(`result-${++calls}.json`);
      const { exitCode, stderr, stdout } = await start([...args, "--result-file", file], given);
      if (!existsSync(file)) throw new Error(`no result (exit code ${exitCode}): ${stderr}${stdout}`);
      const result = resultSchema.parse(JSON.parse(await readFile(file, "utf8")));
      return { code: exitCode, codes: result.diagnostics.map(({ code }) => code), result, stderr };
    },
    start,
    close: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}
