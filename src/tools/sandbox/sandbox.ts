import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Emit } from "../../core/events.ts";
import { makeFolder } from "../../core/files.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import { createRedactor, type Redactor } from "../../core/redact.ts";
import { type Homes, homes } from "../../core/state-home.ts";
import { innerUnshare, type SandboxAbility, sandboxAbility, UNSHARE } from "./ability.ts";
import { workEnvironment } from "./environment.ts";
import { type Mount, mountScript } from "./mounts.ts";
import { secretPlaces } from "./secret-places.ts";
import { copyHarmlessSettings } from "./settings.ts";
import { endStrays } from "./strays.ts";

export { type SandboxAbility, sandboxAbility, sandboxFacts } from "./ability.ts";

export interface WorkOptions {
  readonly cwd: string;
  /** Both streams in full, redacted, appended. */
  readonly logFile?: string;
  readonly timeoutMs?: number;
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** With `task`, every line is also emitted as an `output` event. */
  readonly emit?: Emit;
  readonly task?: string;
  readonly redactor?: Redactor;
  /** `none`: no network but loopback of its own, where namespaces work. */
  readonly network: "host" | "none";
  readonly signal?: AbortSignal;
  /** Set over everything else; never put a secret here: product code reads it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further paths that must stay readable when they lie below /tmp or another hidden place. */
  readonly visible?: readonly string[];
  /** Further paths that must stay writable when they lie there. */
  readonly writable?: readonly string[];
  /** Further paths to hide. */
  readonly hidden?: readonly string[];
  /** A directory that outlives the run for the package managers' caches; only work of one product should share it. */
  readonly cache?: string;
  readonly homes?: Homes;
  /** Bytes of each stream kept in memory. */
  readonly keepBytes?: number;
  /** For tests: pretend that the kernel allows less. */
  readonly ability?: SandboxAbility;
}

export interface WorkResult extends ProcessResult {
  /** It ran in namespaces of its own, with the secret places hidden. */
  readonly isolated: boolean;
  /** How, or why not; feed it to `sandboxFacts`. */
  readonly reason: string;
}

/** Processes of one command; ordinary builds stay far below. */
const MAX_PROCESSES = 8192;

/**
 * Runs a shell line of the product's as the work half: with a home, a /tmp and a process tree of its own, none of the
 * person's variables, keys and tokens, the repository's `.git` read-only, and no process left when it ends. Without
 * namespaces (`isolated: false`) the substitute home, the environment and the ending of the tree remain, but files can
 * be read by their absolute path. Never rejects for what the command does.
 */
export async function runWork(command: string, options: WorkOptions): Promise<WorkResult> {
  const ability = options.ability ?? (await sandboxAbility());
  const redactor = options.redactor ?? createRedactor();
  const realHome = process.env.HOME ?? homedir();
  const scratch = realpathSync(await mkdtemp(join(tmpdir(), "codemonkeys-work-")));
  try {
    const [home, tmp] = [join(scratch, "home"), join(scratch, "tmp")];
    for (const directory of [home, tmp]) await mkdir(directory);
    if (options.cache !== undefined) await makeFolder(options.cache);
    await copyHarmlessSettings(realHome, home, redactor);
    const marker = `CODEMONKEYS_WORK=${randomUUID()}`;
    const [markerName = "", markerValue = ""] = marker.split("=");
    const env = {
      ...workEnvironment(
        process.env,
        { realHome, home, tmp: ability.isolated ? "/tmp" : tmp, cache: options.cache },
        redactor,
      ),
      [markerName]: markerValue,
      ...options.env,
    };
    const [program, ...args] = ability.isolated
      ? await isolated(command, options, {
          scratch,
          home,
          tmp,
          realHome,
          path: env.PATH ?? process.env.PATH ?? "",
        })
      : plain(command);
    const result = await runProcess(program, args, {
      cwd: options.cwd,
      env,
      redactor,
      onLine(line, stream) {
        options.onLine?.(line, stream);
        if (options.task !== undefined) options.emit?.({ type: "output", task: options.task, line });
      },
      ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      ...(options.keepBytes === undefined ? {} : { keepBytes: options.keepBytes }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(ability.isolated ? {} : { onLeftovers: async () => void (await endStrays(marker)) }),
    });
    if (!ability.isolated) await endStrays(marker);
    const ended =
      ability.isolated && result.ended === "exited" && !(await isReady(scratch)) ? notSetUp(result) : result;
    return { ...ended, command: "sh", args: ["-c", command], isolated: ability.isolated, reason: ability.reason };
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Written by the mount script when the product's command is about to start. */
const READY = "ready";

async function isReady(scratch: string): Promise<boolean> {
  const file = join(scratch, READY);
  return existsSync(file) && (await readFile(file, "utf8")) !== "";
}

/** The command never ran: what looks like its exit code is the mount script's. */
function notSetUp(result: ProcessResult): ProcessResult {
  const said = result.stderr.trim().split("\n")[0] || `exit code ${result.exitCode}`;
  return {
    ...result,
    exitCode: undefined,
    ended: "not_started",
    startError: `the sandbox could not be set up: ${said}`,
  };
}

type CommandLine = [program: string, ...args: string[]];

function plain(command: string): CommandLine {
  return ["sh", "-c", `ulimit -c 0 2>/dev/null\n${command}`];
}

interface Places {
  readonly scratch: string;
  readonly home: string;
  readonly tmp: string;
  readonly realHome: string;
  readonly path: string;
}

async function isolated(command: string, options: WorkOptions, places: Places): Promise<CommandLine> {
  const { scratch, home, tmp, realHome, path } = places;
  const script = join(scratch, "mounts.sh");
  const limits = ["prlimit", "--core=0", `--nproc=${MAX_PROCESSES}`, "--"];
  const text = mountScript(mountsOf(options, { home, tmp, realHome, path }), {
    loopback: options.network === "none",
    readyFile: join(scratch, READY),
    inner: [...innerUnshare(), ...limits],
  });
  await writeFile(script, text, { mode: 0o600 });
  const network = options.network === "none" ? ["--net"] : [];
  return ["unshare", ...UNSHARE, ...network, "--", "sh", script, realpathSync(options.cwd), command];
}

function mountsOf(options: WorkOptions, { home, tmp, realHome, path }: Omit<Places, "scratch">): Mount[] {
  const mounts: Mount[] = [];
  const seen = new Set<string>();
  const add = (kind: Mount["kind"], path: string, readOnly = false) => {
    if (!existsSync(path)) return;
    const real = realpathSync(path);
    const key = `${kind} ${real}`;
    if (seen.has(key) || real === "/") return;
    seen.add(key);
    const directory = statSync(real).isDirectory();
    if (kind === "hide") mounts.push({ kind, path: real, directory });
    else if (kind === "replace") mounts.push({ kind, path: real, by: tmp });
    else mounts.push({ kind, path: real, directory, readOnly });
  };
  for (const place of secretPlaces(process.env, realHome, options.homes ?? homes())) add("hide", place);
  for (const place of options.hidden ?? []) add("hide", place);
  for (const place of ["/tmp", tmpdir()]) add("replace", place);
  const { root, metadata } = repositoryOf(realpathSync(options.cwd));
  add("keep", root);
  add("keep", home);
  if (options.cache !== undefined) add("keep", options.cache);
  for (const place of options.writable ?? []) add("keep", place);
  for (const place of options.visible ?? []) add("keep", place, true);
  const covered = (place: string) => mounts.some((mount) => mount.kind !== "keep" && isBelow(place, mount.path));
  for (const place of path.split(":")) {
    if (!place.startsWith("/") || !existsSync(place) || !covered(realpathSync(place))) continue;
    // What npm links into `node_modules/.bin` lies beside it, as a virtual environment of Python does to its `bin`.
    const whole = basename(place) === ".bin" || existsSync(join(dirname(place), "pyvenv.cfg"));
    add("keep", whole ? dirname(place) : place, true);
  }
  for (const place of metadata) add("keep", place, true);
  return mounts;
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/**
 * The work tree that holds a directory, and where its git data lies (for a linked work tree, in another place). Found by
 * looking at files, since a hostile repository is best not asked.
 */
function repositoryOf(directory: string): { root: string; metadata: string[] } {
  for (let at = directory; ; at = dirname(at)) {
    const dotGit = join(at, ".git");
    if (existsSync(dotGit)) return { root: at, metadata: metadataOf(dotGit) };
    if (at === dirname(at)) return { root: directory, metadata: [] };
  }
}

function metadataOf(dotGit: string): string[] {
  if (statSync(dotGit).isDirectory()) return [dotGit];
  const pointer = /^gitdir: (.+)$/m.exec(readFileSync(dotGit, "utf8"))?.[1];
  if (pointer === undefined) return [dotGit];
  const gitDir = resolve(dirname(dotGit), pointer);
  const common = join(gitDir, "commondir");
  return [dotGit, existsSync(common) ? resolve(gitDir, readFileSync(common, "utf8").trim()) : gitDir];
}
