import { createReadStream } from "node:fs";
import { cp, mkdtemp, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Emit } from "../../core/events.ts";
import { makeFolder } from "../../core/files.ts";
import type { Redactor } from "../../core/redact.ts";
import type { Homes } from "../../core/state-home.ts";
import type { Git } from "../../tools/git/git.ts";
import { runWork, type WorkResult } from "../../tools/sandbox/sandbox.ts";
import { type FileChange, type FixCommand, writeChanges } from "./candidate.ts";
import { shellWord } from "./narrow.ts";
import { createCleaner } from "./read/clean.ts";
import { readLog } from "./read/index.ts";
import type { LogReport } from "./read/report.ts";
import { openTree, type Tree } from "./tree.ts";
import { checkoutsOwn, copyVirtualEnvironment } from "./virtual-environment.ts";

/** How the stage that failed is run. */
export interface StageToRun {
  readonly name: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly network: "host" | "none";
}

export interface BenchOptions {
  readonly git: Git;
  readonly commit: string;
  /** The person's work tree, where installed dependencies may be taken from. */
  readonly product: { readonly name: string; readonly company: string; readonly path: string };
  readonly stage: StageToRun;
  readonly emit: Emit;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly homes: Homes;
  /** Search path of the session: tools are found where the person or the agent has them. */
  readonly path: string | undefined;
}

/** The stage, run once. */
export interface StageRun {
  readonly result: WorkResult;
  readonly passed: boolean;
  readonly log: LogReport;
  readonly logFile: string;
  /** Line `n` (from 1) of the log and its neighbours, for fixers. */
  excerpt(lines: readonly [first: number, last: number]): Promise<string>;
}

/** A command beside the stage's own: the failed test alone, or the stage with a tracer. */
export interface Check {
  readonly command: string;
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Folders outside the checkout that it may read and write. */
  readonly writable?: readonly string[];
}

/** A clean checkout of the failing commit; each candidate gets a new one, so that none sees what another left behind. */
export interface Bench {
  /** The checkout as it is now. */
  tree(): Tree;
  /** Runs the stage; `progress` gets the last line now and then. */
  run(progress: (text: string) => void): Promise<Outcome<StageRun>>;
  /** Runs another command as the stage is run: same sandbox, network and variables. */
  check(check: Check): Promise<Outcome<StageRun>>;
  /** Writes an edit into the checkout and runs its commands; answers the edit with what the commands changed. */
  apply(changes: readonly FileChange[], commands: readonly FixCommand[]): Promise<Outcome<readonly FileChange[]>>;
  close(): Promise<void>;
}

/** Folders that the person's checkout may hold beside the sources: installed, not committed, and costly to make anew. */
const DEPENDENCIES: readonly { readonly folder: string; readonly lock: string; readonly install: string }[] = [
  { folder: "node_modules", lock: "package-lock.json", install: "npm ci --no-audit --no-fund --prefer-offline" },
];

/** Commands of fixers that change what is installed. */
const INSTALLERS = ["npm"];

const LOCK_FILE = /(?:^|\/)(?:package-lock\.json|Cargo\.lock|go\.sum)$/;
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const EXCERPT_MARGIN = 12;
const MOST_EXCERPT_LINES = 400;

/** Makes benches; the installed dependencies travel from one to the next, all is removed by `close`. */
export async function openBenches(options: BenchOptions): Promise<{
  open(): Promise<Outcome<Bench>>;
  /** Milliseconds that the product's own commands have taken so far: the stage, and checks beside it. */
  commandMs(): number;
  close(): Promise<void>;
}> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-heal-")));
  const kept = join(scratch, "kept");
  let count = 0;
  let logs = 0;
  let commandMs = 0;
  const timed = async (ran: Promise<Outcome<StageRun>>) => {
    const outcome = await ran;
    if (outcome.ok) commandMs += outcome.value.result.durationMs;
    return outcome;
  };
  return {
    commandMs: () => commandMs,
    async open() {
      const root = join(scratch, `tree-${++count}`);
      const added = await options.git.addWorktree(root, options.commit);
      if (!added.ok) return added;
      const prepared = await provide(root, kept, options);
      if (!prepared.ok) {
        await options.git.removeWorktree(root);
        return prepared;
      }
      let installed = false;
      const bench: Bench = {
        tree: () => workTree(root, added.value),
        run: (progress) =>
          timed(runCommand(root, join(scratch, `log-${++logs}.txt`), options, options.stage, progress)),
        check: (check) => timed(runCommand(root, join(scratch, `log-${++logs}.txt`), options, check, () => {})),
        apply(changes, commands) {
          // What a candidate has installed is its own: the next one would pass with it.
          installed ||= commands.some(({ command }) => INSTALLERS.includes(command));
          return applyEdit(root, added.value, changes, commands, options);
        },
        async close() {
          if (!installed) await keepDependencies(root, kept);
          const removed = await options.git.removeWorktree(root);
          for (const diagnostic of removed.ok ? [] : removed.diagnostics) {
            options.emit({ type: "diagnostic", diagnostic: { ...diagnostic, severity: "warning" } });
          }
        },
      };
      return succeed(bench);
    },
    close: () => rm(scratch, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The checkout's files without what the stage has made beside them. */
function workTree(root: string, git: Git): Tree {
  return openTree(root, async () => {
    const files = await git.files();
    return files.ok ? files.value : undefined;
  });
}

async function runCommand(
  root: string,
  logFile: string,
  options: BenchOptions,
  check: Check,
  progress: (text: string) => void,
): Promise<Outcome<StageRun>> {
  const { stage } = options;
  const result = await runWork(check.command, {
    ...workOptions(root, options),
    logFile,
    timeoutMs: check.timeoutMs,
    network: stage.network,
    env: { ...environment(options, root), ...stage.env, ...check.env },
    ...(check.writable ? { writable: check.writable } : {}),
    onLine: (line) => progress(line),
  });
  const log = await readLog({ path: logFile }, { stage: stage.name, product: options.product.name });
  return succeed({
    result,
    passed: result.ended === "exited" && result.exitCode === 0,
    log,
    logFile,
    excerpt: (lines) => excerptOf(logFile, lines),
  });
}

function workOptions(root: string, options: BenchOptions) {
  const { product, redactor, signal, homes } = options;
  // The same cache as the build's own runs: what they have downloaded need not come again.
  const cache = join(homes.cache, "work", product.company, product.name);
  return { cwd: root, redactor, signal, homes, cache };
}

function environment({ path, product }: BenchOptions, root: string): Record<string, string> {
  if (path === undefined) return {};
  return {
    PATH: path
      .split(":")
      .map((place) => checkoutsOwn(place, product.path, root))
      .join(":"),
  };
}

/** The lines of a log and twelve on either side, as the tool wrote them: without colours, stamps and branch names. */
export async function excerptOf(logFile: string, [first, last]: readonly [number, number]): Promise<string> {
  const clean = createCleaner();
  const from = Math.max(1, first - EXCERPT_MARGIN);
  const lines: string[] = [];
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(logFile), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (number > last + EXCERPT_MARGIN || lines.length === MOST_EXCERPT_LINES) break;
    const { text } = clean(number, line);
    if (number >= from) lines.push(text);
  }
  return lines.join("\n");
}

async function applyEdit(
  root: string,
  git: Git,
  changes: readonly FileChange[],
  commands: readonly FixCommand[],
  options: BenchOptions,
): Promise<Outcome<readonly FileChange[]>> {
  const tree = workTree(root, git);
  const written = await writeChanges(root, changes, (path) => tree.read(path));
  if (!written.ok) return written;
  if (commands.length === 0) return succeed(changes);
  for (const command of commands) {
    const line = [command.command, ...command.args].map(shellWord).join(" ");
    // How it ends does not matter: `cargo fix` and linters fail when something is left, the verification decides.
    await runWork(line, {
      ...workOptions(root, options),
      timeoutMs: INSTALL_TIMEOUT_MS,
      network: command.network,
      // A product's own version of a tool comes first, as it does for npm's scripts.
      env: { PATH: [join(root, "node_modules", ".bin"), join(root, ".venv", "bin"), options.path ?? ""].join(":") },
    });
  }
  return changedNow(root, git, changes);
}

/** The edit as it stands after commands ran: what git sees as changed, with both texts. */
async function changedNow(
  root: string,
  git: Git,
  known: readonly FileChange[],
): Promise<Outcome<readonly FileChange[]>> {
  const status = await git.status();
  if (!status.ok) return status;
  const tree = workTree(root, git);
  const executable = new Set(known.filter((change) => change.executable).map((change) => change.path));
  const changes: FileChange[] = [];
  const named = new Set(known.map((change) => change.path));
  // A new file is part of the edit only when the edit names it or it is a lock: else it is what a build leaves behind.
  const meant = status.value.filter(({ state, path }) => state !== "??" || named.has(path) || LOCK_FILE.test(path));
  for (const path of new Set(meant.map((entry) => entry.path))) {
    const base = await git.readAt("HEAD", path);
    const before = base.ok ? base.value : undefined;
    const after = await tree.read(path);
    if (before === undefined && after === undefined) continue;
    if (before !== after || executable.has(path)) {
      changes.push({ path, before, after, ...(executable.has(path) ? { executable: true as const } : {}) });
    }
  }
  return succeed(changes);
}

/** Puts installed dependencies into a checkout: those of the last bench, the person's when the lock is the same, or new. */
async function provide(root: string, kept: string, options: BenchOptions): Promise<Outcome<void>> {
  for (const { folder, lock, install } of DEPENDENCIES) {
    const wanted = await readFile(join(root, lock), "utf8").catch(absent);
    if (wanted === undefined || !/"node_modules\//.test(wanted)) continue;
    const own = join(kept, folder);
    if (await there(own)) {
      await rename(own, join(root, folder));
      continue;
    }
    const person = join(options.product.path, folder);
    if ((await readFile(join(options.product.path, lock), "utf8").catch(absent)) === wanted && (await there(person))) {
      await cp(person, join(root, folder), { recursive: true, verbatimSymlinks: true, mode: 2 });
      continue;
    }
    await runWork(install, {
      ...workOptions(root, options),
      timeoutMs: INSTALL_TIMEOUT_MS,
      network: "host",
      env: environment(options, root),
    });
  }
  await copyVirtualEnvironment(options.product.path, root);
  return succeed(undefined);
}

async function keepDependencies(root: string, kept: string): Promise<void> {
  for (const { folder } of DEPENDENCIES) {
    if ((await there(join(root, folder))) && !(await there(join(kept, folder)))) {
      await makeFolder(dirname(join(kept, folder)));
      await rename(join(root, folder), join(kept, folder));
    }
  }
}

async function there(path: string): Promise<boolean> {
  return (await stat(path).catch(absent)) !== undefined;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
