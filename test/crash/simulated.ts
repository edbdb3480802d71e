import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { sha256 } from "../../src/core/canonical.ts";
import { openSwarm } from "../../src/swarm/open.ts";
import { type MutationName, mutate } from "./mutations.ts";
import { type Death, isOwn, planRun, type RunPlan } from "./plan.ts";
import type { Assignment, ProgramOrder, Request } from "./protocol.ts";
import { createWorld, endState, judge, type Verdict, type World } from "./world.ts";

export interface SimulatedOptions {
  /** Crashed runs wanted; each had its process killed at least once. */
  readonly runs: number;
  readonly seed: number;
  /** A fault in the journal, to see whether it is found. */
  readonly mutation?: MutationName | undefined;
  readonly progress: (text: string) => void;
}

export interface SimulatedResult extends Verdict {
  readonly runs: number;
  /** Runs whose world differs from that of a run that never crashed, or whose journal is not whole: 0 when all is well. */
  readonly different: readonly string[];
  readonly kills: Readonly<Record<Death["by"], number>>;
  /** Boundaries and world requests at which a process was killed, of those there are. */
  readonly places: { readonly killedAt: number; readonly boundaries: number };
  readonly seconds: number;
}

const MEMORY = "/dev/shm";

/** A run in the making. */
interface Running {
  readonly number: number;
  readonly world: World;
  readonly plan: RunPlan;
  deathsLeft: Death[];
  /** Requests since the program took it up. */
  requests: number;
  killed: number;
}

/** A slot is one living program at a time; when it dies its successor gets the run it died at. */
interface Slot {
  child: ChildProcess | undefined;
  running: Running | undefined;
  death: Death | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Kills the loop's program in thousands of runs, resumes each until it is done, and compares what is left. */
export async function simulate(options: SimulatedOptions): Promise<SimulatedResult> {
  const startedAt = performance.now();
  // In memory where there is such a folder: a killed process loses nothing that it handed to the kernel, so that a disk
  // would only make thousands of runs wait for its syncs.
  const dir = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "codemonkeys-crash-"));
  try {
    const program = await bundle(dir, options.mutation);
    const uncrashed = await campaign(join(dir, "uncrashed"), program, { ...options, runs: 1 }, undefined);
    const crashed = await campaign(join(dir, "crashed"), program, options, uncrashed.boundaries);
    const model = endState(uncrashed.worlds.get(0) as World);
    const total = { duplicates: 0, missing: 0, tagsWithoutArtefacts: 0 };
    const different = [...crashed.journal];
    for (const [run, world] of crashed.worlds) {
      const verdict = judge(world, sha256(`package of run ${run}`));
      for (const key of ["duplicates", "missing", "tagsWithoutArtefacts"] as const) total[key] += verdict[key];
      const got = withoutDigest(endState(world));
      const wanted = withoutDigest(model).replaceAll(" of run 0", ` of run ${run}`);
      if (got !== wanted) different.push(`run ${run}: ${got} instead of ${wanted}`);
    }
    return {
      runs: crashed.runs,
      ...total,
      different,
      kills: crashed.kills,
      places: { killedAt: crashed.places.size, boundaries: uncrashed.boundaries },
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Package digests differ from run to run; `judge` has compared them with the build's. */
function withoutDigest(state: string): string {
  return state.replaceAll(/[0-9a-f]{64}/g, "DIGEST");
}

/** One file, so that a process starts in a moment: thousands of them do. */
async function bundle(dir: string, mutation: MutationName | undefined): Promise<string> {
  const outfile = join(dir, "program.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("program.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    minify: true,
    external: ["pg"],
    plugins: mutation ? [mutate(mutation)] : [],
    logLevel: "error",
  });
  return outfile;
}

interface Campaign {
  readonly runs: number;
  readonly worlds: ReadonlyMap<number, World>;
  readonly boundaries: number;
  readonly kills: Record<Death["by"], number>;
  readonly places: ReadonlySet<string>;
  readonly journal: readonly string[];
}

/** Drives runs until enough of them were crashed; without `boundaries` nothing is crashed and nothing goes wrong. */
async function campaign(
  stateDir: string,
  program: string,
  options: SimulatedOptions,
  boundaries: number | undefined,
): Promise<Campaign> {
  const worlds = new Map<number, World>();
  const kills = { boundary: 0, world: 0, time: 0 };
  const places = new Set<string>();
  let started = 0;
  let crashedRuns = 0;
  let counted = 0;
  const slots: Slot[] = [];
  const bySocketPid = (pid: number) => slots.find((slot) => slot.child?.pid === pid);

  function begin(): Running {
    const number = started;
    started += 1;
    const world = createWorld();
    worlds.set(number, world);
    const plan: RunPlan = boundaries
      ? planRun(number, boundaries, options.seed)
      : { deaths: [], fault: () => "none", skewMs: 0, jump: undefined };
    return { number, world, plan, deathsLeft: [...plan.deaths], requests: 0, killed: 0 };
  }

  /** The next assignment of a slot's program: the run its predecessor died at, else a new one. */
  function assign(slot: Slot): Assignment | null {
    if (!slot.running && started >= options.runs && crashedRuns >= options.runs) return null;
    if (!slot.running && boundaries === undefined && started >= options.runs) return null;
    const running = slot.running ?? begin();
    slot.running = running;
    running.requests = 0;
    slot.death = running.deathsLeft.shift();
    if (slot.death?.by === "time") slot.timer = setTimeout(() => slot.child?.kill("SIGKILL"), slot.death.ms);
    return {
      run: running.number,
      skewMs: running.plan.skewMs,
      ...(running.plan.jump ? { jump: running.plan.jump } : {}),
      ...(slot.death?.by === "boundary" ? { dieAt: slot.death.at } : {}),
    };
  }

  /** Carries out a request of the slot's run; answers undefined when there is to be no answer. */
  function serve(slot: Slot, request: Request): { readonly value: unknown; readonly times: number } | undefined {
    if (request.op === "next") return { value: assign(slot), times: 1 };
    const running = slot.running;
    if (!running) throw new Error("a request without a run");
    if (request.op === "done") {
      counted = request.boundaries;
      if (running.killed > 0) crashedRuns += 1;
      if (running.killed > 0 && crashedRuns % 250 === 0) options.progress(`${crashedRuns} runs crashed and resumed`);
      clearTimeout(slot.timer);
      slot.running = undefined;
      slot.death = undefined;
      return { value: null, times: 1 };
    }
    const index = running.requests;
    running.requests += 1;
    const deadly = slot.death?.by === "world" && slot.death.request === index ? slot.death.when : undefined;
    const fault = running.plan.fault();
    if (deadly === "before" || fault === "request lost") {
      if (deadly) slot.child?.kill("SIGKILL");
      running.world.interrupted += 1;
      return undefined;
    }
    const value = carryOut(running.world, request);
    if (deadly === "after") slot.child?.kill("SIGKILL");
    if (deadly === "after" || fault === "reply lost") {
      running.world.interrupted += 1;
      return undefined;
    }
    return { value, times: fault === "reply twice" ? 2 : 1 };
  }

  const server = await listen((pid, id, request, socket) => {
    const slot = bySocketPid(pid);
    // What a killed program had sent last may arrive after its end: like a packet that was on its way.
    if (!slot) {
      if (isOwn(request)) carryOut(worlds.get(request.run) as World, request);
      return;
    }
    const answer = serve(slot, request);
    if (!answer) return void socket.destroy();
    const line = `${JSON.stringify({ id, value: answer.value })}\n`;
    socket.write(line.repeat(answer.times));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const order: ProgramOrder = { port: address.port, stateDir };

  async function drive(slot: Slot): Promise<void> {
    for (;;) {
      const signal = await live(slot, program, order);
      clearTimeout(slot.timer);
      if (signal !== "SIGKILL") return;
      const { running, death } = slot;
      // A timed kill may have come a moment too late, after the run was done.
      if (!running || !death) continue;
      running.killed += 1;
      running.world.interrupted += 1;
      kills[death.by] += 1;
      if (death.by === "boundary") places.add(`boundary ${death.at}`);
      if (death.by === "world") places.add(`request ${death.request} ${death.when}`);
    }
  }

  const width = boundaries === undefined ? 1 : Math.max(2, availableParallelism());
  for (let index = 0; index < width; index += 1) {
    slots.push({ child: undefined, running: undefined, death: undefined, timer: undefined });
  }
  await Promise.all(slots.map(drive));
  await new Promise((resolve) => server.close(resolve));
  const journal = await inspectJournal(stateDir, started);
  return { runs: crashedRuns, worlds, boundaries: counted, kills, places, journal };
}

function carryOut(world: World, request: Exclude<Request, { op: "next" | "done" }>): unknown {
  switch (request.op) {
    case "find":
      return world.done[request.effect][0] ?? null;
    case "do":
      world.done[request.effect].push(request.value ?? "");
      return "accepted";
    case "build":
      world.built += 1;
      return "built";
    case "ci":
      world.ciAsked += 1;
      return world.ciAsked === 1 ? "runs" : "passed";
    case "hook":
      world.hooks.push({ key: request.key, value: request.value });
      return "taken";
  }
}

/** One life of the program; answers the signal that ended it. */
function live(slot: Slot, program: string, order: ProgramOrder): Promise<NodeJS.Signals | null> {
  const args = ["--disable-warning=ExperimentalWarning", program, JSON.stringify(order)];
  const env = { ...process.env, NODE_COMPILE_CACHE: join(program, "..", "compile-cache") };
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"], env });
  slot.child = child;
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      slot.child = undefined;
      if (code !== null && code !== 0) reject(new Error(`the program ended with ${code}`));
      else resolve(signal);
    });
  });
}

async function listen(take: (pid: number, id: number, request: Request, socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    // The other end is killed all the time: its connection may end in an error, which both of these tell.
    socket.on("error", () => socket.destroy());
    createInterface({ input: socket })
      .on("error", () => socket.destroy())
      .on("line", (line) => {
        const { id, pid, request } = JSON.parse(line) as { id: number; pid: number; request: Request };
        take(pid, id, request, socket);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const STEPS = 8;

/**
 * The journal after it all: every run succeeded, each step done, no lease left. A process killed between finishing a run
 * and telling so has its successor do the run anew under the same key, which finds all done: two rows, one of each effect.
 */
async function inspectJournal(stateDir: string, runs: number): Promise<string[]> {
  const swarm = await openSwarm({ stateDir });
  if (!swarm.ok) return [JSON.stringify(swarm.diagnostics)];
  const { db } = swarm.value;
  const rows = await db
    .selectFrom("runs")
    .select(["key", "status"])
    .select((run) =>
      run
        .selectFrom("run_steps")
        .select((step) => step.fn.countAll<number>().as("done"))
        .whereRef("run_steps.run_id", "=", "runs.id")
        .where("state", "=", "done")
        .as("done"),
    )
    .execute();
  const leases = await db.selectFrom("leases").select("resource").execute();
  await swarm.value.close();
  const wrong = rows
    .filter((row) => row.status !== "succeeded" || row.done !== STEPS)
    .map((row) => `${row.key} is ${row.status} with ${row.done} of ${STEPS} steps done`);
  const keys = new Set(rows.map((row) => row.key)).size;
  if (keys !== runs) wrong.push(`the journal knows ${keys} keys instead of ${runs}`);
  return [...wrong, ...leases.map((lease) => `the lease of ${lease.resource} is left`)];
}
