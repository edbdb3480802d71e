import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import type { StepResult } from "../../src/core/result.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "codemonkeys.js");

/** Rules under which the whole loop runs; tests add to them or put others in their place. */
export const LOOP_RULES = `
  - { id: files, allow: [files.generate] }
  - id: heals
    allow: [git.commit, git.push]
    when: run.pillar == "heal" && evidence.suite == "passed"
  - id: releases
    allow: [git.commit, git.push, release.tag, package.publish, secret.read, announce.post]
    when: run.pillar in ["release", "publish", "announce"]
  - id: undoing
    allow: [git.commit, git.push, package.retract, secret.read, pr.close]
    when: run.pillar == "undo"
  - id: anchors
    allow: [git.commit, git.push]
    when: run.pillar == "org" && change.paths == ["audit/anchors.jsonl"]
`;

export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** An organisation and one product, each with a remote, on this machine, and the built program to use on them. */
export interface SpineWorld {
  readonly root: string;
  readonly product: string;
  readonly state: string;
  /** Bare remote of the organisation. */
  readonly organisation: string;
  /** Bare remote of the product. */
  readonly origin: string;
  /** Commits another constitution (rules, and what stands beside them) to the organisation and pushes it. */
  govern(rules: string, more?: string): Promise<void>;
  /** Commits the organisation's layer of the configuration and pushes it. */
  governConfig(text: string): Promise<void>;
  /** Commits other files to the organisation and pushes them. */
  governFiles(files: Readonly<Record<string, string>>): Promise<void>;
  /** Commits files to the product and pushes them. */
  change(message: string, files: Readonly<Record<string, string>>): Promise<string>;
  git(...args: string[]): Promise<string>;
  gitIn(folder: string, ...args: string[]): Promise<string>;
  /** Runs `codemonkeys …` in the product, without a terminal. Never rejects for an exit code. */
  run(...args: string[]): Promise<Ran>;
  /** The same with further environment variables. */
  runWith(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran>;
  /** The same in another folder. */
  runIn(folder: string, ...args: string[]): Promise<Ran>;
  /** The result.json of a command, its data typed by who asks. */
  result<T = never>(...args: string[]): Promise<StepResult & { readonly data: T; readonly code: number | undefined }>;
  close(): Promise<void>;
}

export async function spineWorld(
  options: { readonly front?: string; readonly files?: Readonly<Record<string, string>>; readonly fleet?: string } = {},
): Promise<SpineWorld> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-")));
  const place = (name: string) => join(root, name);
  const env = {
    CODEMONKEYS_ORGANISATION: place("organisation.git"),
    CODEMONKEYS_STATE: place("state"),
    CODEMONKEYS_CACHE: place("cache"),
    // Of the program, not of the world: no test has to compile it.
    NODE_COMPILE_CACHE: join(import.meta.dirname, "..", "..", "node_modules", ".cache", "compiled"),
    CODEMONKEYS_CONFIG_HOME: place("config"),
    CODEMONKEYS_REQUESTER: "zoe",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
  const gitIn = async (cwd: string, ...args: string[]) =>
    (await execa("git", ["-c", "user.name=Tester", "-c", "user.email=t@localhost", ...args], { cwd, env })).stdout;
  const commit = async (folder: string, message: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    await gitIn(folder, "add", "-A");
    await gitIn(folder, "commit", "-q", "--allow-empty", "-m", message);
    await gitIn(folder, "push", "-q", "origin", "main");
    return gitIn(folder, "rev-parse", "HEAD");
  };
  const found = async (name: string, folder: string, files: Readonly<Record<string, string>>) => {
    await gitIn(root, "init", "-q", "--bare", "-b", "main", `${name}.git`);
    mkdirSync(place(folder));
    await gitIn(place(folder), "init", "-q", "-b", "main");
    await gitIn(place(folder), "remote", "add", "origin", place(`${name}.git`));
    await commit(place(folder), "feat: begin", files);
  };
  const policy = (rules: string, more: string) => `version: 1\nrules:${rules}${more}`;
  await found("organisation", "policy", {
    "constitution.yaml": policy(LOOP_RULES, ""),
    "fleet.yaml": `companies: ${options.fleet ?? "{ acme: {} }"}\nproducts: { payments: { company: acme, repo: ${place("payments.git")} } }\n`,
  });
  const decree = async (files: Readonly<Record<string, string>>) => {
    await gitIn(place("policy"), "pull", "-q", "--rebase", "origin", "main");
    await commit(place("policy"), "feat: another word", files);
  };
  await found("payments", "payments", {
    "SPEC.md": `---\nproduct: payments\ncompany: acme\ndocs: { site: none }\n${options.front ?? "stages: { test: npm test }"}\n---\n# Payments\nTake card payments.\n`,
    ...options.files,
  });
  const start = async (cwd: string, environment: Readonly<Record<string, string>>, args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [PROGRAM, ...args], {
      cwd,
      env: { ...env, ...environment },
      reject: false,
      stdin: "ignore",
    });
    return { code: exitCode, stdout, stderr };
  };
  const runWith: SpineWorld["runWith"] = (environment, ...args) => start(place("payments"), environment, args);
  return {
    root,
    product: place("payments"),
    state: place("state"),
    organisation: place("organisation.git"),
    origin: place("payments.git"),
    govern: (rules, more = "") => decree({ "constitution.yaml": policy(rules, more) }),
    governFiles: decree,
    governConfig: (text) => decree({ ".codemonkeys/config.yaml": text }),
    change: (message, files) => commit(place("payments"), message, files),
    git: (...args) => gitIn(place("payments"), ...args),
    gitIn,
    runWith,
    run: (...args) => runWith({}, ...args),
    runIn: (folder, ...args) => start(folder, {}, args),
    async result(...args) {
      const { code, stdout } = await runWith({}, ...args, "--json");
      return { ...JSON.parse(stdout), code };
    },
    close: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** A product whose test a commit can break in a way that a built-in fixer repairs. */
export const GOOD_PRODUCT = {
  "package.json":
    '{ "name": "payments", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "rates.json": '{ "vat": 19 }\n',
  "src/vat.js": 'import rates from "../rates.json" with { type: "json" };\n\nexport const vat = rates.vat;\n',
  "test/vat.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { vat } from "../src/vat.js";\n\ntest("vat", () => assert.equal(vat, 19));\n',
};
export const BREAKING = { "src/vat.js": GOOD_PRODUCT["src/vat.js"].replace("with", "assert") };
