import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "codemonkeys.js");

/** An organisation and one product on this machine, and the built program to use on them. */
export interface CliWorld {
  readonly root: string;
  readonly product: string;
  readonly state: string;
  write(path: string, text: string): void;
  git(...args: string[]): Promise<string>;
  commit(message: string): Promise<void>;
  /** Runs `codemonkeys …` in the product, without a terminal. Never rejects for an exit code. */
  run(...args: string[]): Promise<{ code: number | undefined; stdout: string; stderr: string }>;
  /** The same with a text on its standard input and temporary files in `root`. */
  runWith(input: string, ...args: string[]): ReturnType<CliWorld["run"]>;
  /** Starts it and hands over the running process. */
  start(...args: string[]): Running;
  close(): Promise<void>;
}

interface Running extends Promise<{ readonly exitCode?: number; readonly signal?: string }> {
  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean;
}

export async function cliWorld(spec: string, files: Readonly<Record<string, string>> = {}): Promise<CliWorld> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-")));
  const product = join(root, "payments");
  const organisation = join(root, "organisation");
  const state = join(root, "state");
  const env = {
    CODEMONKEYS_ORGANISATION: organisation,
    CODEMONKEYS_STATE: state,
    CODEMONKEYS_CACHE: join(root, "cache"),
    NODE_COMPILE_CACHE: join(import.meta.dirname, "..", "..", "node_modules", ".cache", "compiled"),
    CODEMONKEYS_CONFIG_HOME: join(root, "config"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
  const gitIn = async (cwd: string, ...args: string[]) => {
    const done = await execa("git", ["-c", "user.name=Tester", "-c", "user.email=t@localhost", ...args], { cwd, env });
    return done.stdout;
  };
  const writeIn = (folder: string, path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const found = async (folder: string, all: Readonly<Record<string, string>>) => {
    mkdirSync(folder, { recursive: true });
    await gitIn(folder, "init", "-q", "-b", "main");
    for (const [path, text] of Object.entries(all)) writeIn(folder, path, text);
    await gitIn(folder, "add", "-A");
    await gitIn(folder, "commit", "-q", "-m", "feat: begin");
  };
  await found(organisation, {
    "constitution.yaml": `version: 1
rules:
  - id: generated-files
    allow: [files.generate]
    when: run.pillar == "generate"
`,
    "fleet.yaml": `companies: { acme: {} }\nproducts: { payments: { company: acme, repo: ${product} } }\n`,
  });
  await found(product, { "SPEC.md": spec, ...files });
  const options = { cwd: product, env, reject: false } as const;
  const start = (...args: string[]) => execa(process.execPath, [PROGRAM, ...args], { ...options, stdin: "ignore" });
  return {
    root,
    product,
    state,
    write: (path, text) => writeIn(product, path, text),
    git: (...args) => gitIn(product, ...args),
    async commit(message) {
      await gitIn(product, "add", "-A");
      await gitIn(product, "commit", "-q", "-m", message);
    },
    async run(...args) {
      const { exitCode, stdout, stderr } = await start(...args);
      return { code: exitCode, stdout, stderr };
    },
    async runWith(input, ...args) {
      const { exitCode, stdout, stderr } = await execa(process.execPath, [PROGRAM, ...args], {
        ...options,
        env: { ...env, TMPDIR: root },
        input,
      });
      return { code: exitCode, stdout, stderr };
    },
    start,
    close: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export function specText(front: string, body = "# Payments\nTake card payments.\n"): string {
  return `---\nproduct: payments\ncompany: acme\ndocs: { site: none }\n${front}\n---\n${body}`;
}
