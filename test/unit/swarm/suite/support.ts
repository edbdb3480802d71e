import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect } from "vitest";
import type { Clock } from "../../../../src/core/clock.ts";
import { type Outcome, problem } from "../../../../src/core/diagnostic.ts";
import { openRun, type Run, type RunRequest } from "../../../../src/swarm/journal.ts";
import { openSwarm, type Swarm, type SwarmOptions } from "../../../../src/swarm/open.ts";
import type { WorkerOrder } from "./worker.ts";

/** Where a suite's database lies; each test gets an empty one. */
export interface Place {
  readonly url?: string;
  readonly stateDir: string;
  remove(): Promise<void>;
}

export type MakePlace = () => Promise<Place>;

/** A clock that a test moves. */
export interface TestClock extends Clock {
  time: number;
}

export const START = Date.UTC(2026, 10, 20, 12);

/** Short enough for a test, long enough for a busy machine. */
export const QUICK_LEASE = { ttlMs: 900, beatMs: 200 };

/** Opens an empty database before each test and closes all that was opened after it. */
export function useSwarm(make: MakePlace) {
  const opened: Swarm[] = [];
  const workers: Worker[] = [];
  const state = {
    place: undefined as unknown as Place,
    swarm: undefined as unknown as Swarm,
    clock: undefined as unknown as TestClock,
    async open(options: Partial<SwarmOptions> = {}): Promise<Swarm> {
      const swarm = value(await openSwarm({ ...locate(state.place), clock: state.clock, ...options }));
      opened.push(swarm);
      return swarm;
    },
    worker(order: Omit<WorkerOrder, "url" | "stateDir">): Worker {
      const worker = startWorker({ ...locate(state.place), ...order });
      workers.push(worker);
      return worker;
    },
  };
  beforeEach(async () => {
    state.place = await make();
    const clock: TestClock = { time: START, now: () => clock.time };
    state.clock = clock;
    state.swarm = await state.open();
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.kill();
    for (const swarm of opened.splice(0)) await swarm.close();
    await state.place.remove();
  });
  return state;
}

export function locate(place: Place): { stateDir: string; url?: string } {
  return { stateDir: place.stateDir, ...(place.url ? { url: place.url } : {}) };
}

export const RELEASE: RunRequest = {
  kind: "release",
  key: "payments@1.5.0",
  company: "acme",
  product: "payments",
  title: "release payments 1.5.0",
  requester: "kim",
  trigger: "person",
};

export async function openRelease(swarm: Swarm, change: Partial<RunRequest> = {}): Promise<Run> {
  return value(await openRun(swarm, { ...RELEASE, ...change }));
}

export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`expected a success: ${JSON.stringify(outcome.diagnostics, null, 2)}`);
  return outcome.value;
}

/** The first diagnostic's code; a success fails the test. */
export function code(outcome: Outcome<unknown>): string | undefined {
  expect(outcome.ok, "expected a failure").toBe(false);
  return outcome.ok ? undefined : outcome.diagnostics[0]?.code;
}

export const broken = problem("product", "test.broken", "it broke");

/** A process of its own that works on the same database. */
export interface Worker {
  readonly pid: number;
  /** The next line it says, parsed. */
  next(): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  /** Ends it by SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  /** Waits for its end; answers the exit code. */
  ended(): Promise<number | null>;
}

function startWorker(order: WorkerOrder): Worker {
  const script = fileURLToPath(new URL("worker.ts", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin?.end(JSON.stringify(order));
  const gone = once(child, "exit");
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  return {
    pid: child.pid as number,
    async next() {
      const line = await lines.next();
      if (line.done) throw new Error("the worker ended without saying more");
      return JSON.parse(line.value);
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    async ended() {
      return (await gone)[0] as number | null;
    },
  };
}
