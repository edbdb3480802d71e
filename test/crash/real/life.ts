import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lane } from "./lane.ts";
import type { Watch } from "./watch.ts";

/**
 * What dies: the whole process tree, as when a machine or an agent goes; or the program alone, as when the kernel runs
 * out of memory, while what it started lives on and goes on.
 */
export type Scope = "tree" | "program";

export interface Life {
  readonly args: readonly string[];
  /** Decides at each boundary, while the program stands still; true kills it there. */
  readonly dieAt?: (boundary: string) => boolean;
  /** Kills it after so many milliseconds, wherever it is. */
  readonly dieAfterMs?: number;
  readonly scope: Scope;
}

export interface End {
  readonly code: number | undefined;
  readonly killed: boolean;
  readonly boundaries: readonly string[];
  readonly output: string;
}

/** The longest that a command may take on a loaded machine, in milliseconds. */
const LIMIT_MS = 240_000;
const POLL_MS = 1;

/**
 * Runs the built program once. At each write that the watch sees the program is stopped (SIGSTOP), looked at, and goes
 * on (SIGCONT) or is killed (SIGKILL): nothing in it takes part.
 */
export async function live(
  lane: Lane,
  watch: Watch | undefined,
  { args, dieAt, dieAfterMs, scope }: Life,
): Promise<End> {
  const child = spawn(process.execPath, [lane.program, ...args], {
    cwd: `${lane.layout.products}/${lane.product.name}`,
    env: { ...process.env, ...lane.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the program did not start");
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString("utf8")).slice(-8_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<{ code: number | null }>((resolve) => child.once("exit", (code) => resolve({ code })));
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const startedAt = performance.now();
  const boundaries: string[] = [];
  let killed = false;

  const kill = () => {
    killed = true;
    killTree(pid, scope);
  };
  /** The program stands still while this decides. */
  const inspect = () => {
    if (!watch || killed || over || !signal(pid, "SIGSTOP")) return;
    const news = watch.look();
    boundaries.push(...news);
    const last = news.at(-1);
    if (last !== undefined && dieAt?.(last)) kill();
    else signal(pid, "SIGCONT");
  };
  const delivered = () => {
    if (!watch || killed || over || !signal(pid, "SIGSTOP")) return;
    boundaries.push(...watch.look(), DELIVERED);
    if (dieAt?.(DELIVERED)) kill();
    else signal(pid, "SIGCONT");
  };
  lane.onDelivery = delivered;
  while (!over) {
    if (!killed && watch?.moved()) inspect();
    const age = performance.now() - startedAt;
    if (!killed && dieAfterMs !== undefined && age >= dieAfterMs) kill();
    if (age > LIMIT_MS) {
      killTree(pid, "tree");
      throw new Error(`${args.join(" ")} took longer than ${LIMIT_MS / 1000} s:\n${output}`);
    }
    await sleep(POLL_MS);
  }
  lane.onDelivery = () => {};
  const { code } = await ended;
  boundaries.push(...(watch?.look() ?? []));
  return { code: code ?? undefined, killed, boundaries, output };
}

const DELIVERED = "world delivery";

/** False when there is no such process any more. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

function killTree(pid: number, scope: Scope): void {
  const tree = scope === "tree" ? [pid, ...descendants(pid)] : [pid];
  for (const one of tree) signal(one, "SIGKILL");
}

/** Processes below one, whichever groups and sessions they are in. */
function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const one of allProcesses()) {
    const parent = parentOf(one);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const found: number[] = [];
  for (const queue = [pid]; queue.length > 0; ) {
    const below = children.get(queue.shift() as number) ?? [];
    found.push(...below);
    queue.push(...below);
  }
  return found;
}

/** Kills whatever works in a folder: at an interrupt, when nobody waits for anything any more. */
export function endAllIn(folder: string): void {
  for (const pid of workingIn([folder])) signal(pid, "SIGKILL");
}

/** Processes that work in the lane's fleet or temporary folder: what a killed program left behind. */
function leftovers(lane: Lane): number[] {
  return workingIn([lane.layout.root, lane.tmp]);
}

function workingIn(places: readonly string[]): number[] {
  return allProcesses().filter((pid) => {
    if (pid === process.pid) return false;
    const about = `${read(`/proc/${pid}/environ`)}\0${read(`/proc/${pid}/cmdline`)}\0${cwdOf(pid)}`;
    return places.some((place) => about.includes(place));
  });
}

/** Lets what a killed program left behind come to its end; what is still there afterwards is killed and counted. */
export async function settle(lane: Lane, patienceMs: number): Promise<number> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    if (leftovers(lane).length === 0) return 0;
    await sleep(50);
  }
  const left = leftovers(lane);
  for (const pid of left) signal(pid, "SIGKILL");
  return left.length;
}

function allProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Nothing for a process that has ended, or that is somebody else's. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (gone(error)) return "";
    throw error;
  }
}

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    if (gone(error)) return "";
    throw error;
  }
}

function gone(error: unknown): boolean {
  return ["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");
}
