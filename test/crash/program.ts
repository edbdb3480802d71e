import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Clock } from "../../src/core/clock.ts";
import { fail, type Outcome, problem, succeed } from "../../src/core/diagnostic.ts";
import { type ArtifactStore, openArtifacts } from "../../src/swarm/artifacts.ts";
import { advanceWaiting, openRun, type Run } from "../../src/swarm/journal.ts";
import { openSwarm, type Swarm } from "../../src/swarm/open.ts";
import type { Assignment, EffectName, ProgramOrder, Request } from "./protocol.ts";

// The program that is killed: the loop's journal over effects in a world outside. It takes one run after the other
// until it dies at one; its successor takes that one up where it stopped.

const order = JSON.parse(process.argv[2] ?? "") as ProgramOrder;

let assignment: Assignment = { run: -1, skewMs: 0 };
let boundaries = 0;
let skewMs = 0;

/** A place where the process may die. */
function boundary(): void {
  const here = boundaries;
  boundaries += 1;
  if (assignment.jump?.at === here) skewMs += assignment.jump.byMs;
  if (assignment.dieAt === here) process.kill(process.pid, "SIGKILL");
}

const clock: Clock = { now: () => Date.now() + skewMs };
const opened = await openSwarm({ stateDir: order.stateDir, clock });
if (!opened.ok) throw new Error(JSON.stringify(opened.diagnostics));
const swarm = withBoundaries(opened.value);
const store: ArtifactStore = openArtifacts(`${order.stateDir}/artifacts`);

/** Boundaries before each transaction, at its end before the commit, and after the commit. */
function withBoundaries(plain: Swarm): Swarm {
  const transaction = () => ({
    async execute<T>(work: (trx: never) => Promise<T>): Promise<T> {
      boundary();
      const value = await plain.db.transaction().execute(async (trx) => {
        const inner = await work(trx as never);
        boundary();
        return inner;
      });
      boundary();
      return value;
    },
  });
  const db = new Proxy(plain.db, {
    get(target, name) {
      if (name === "transaction") return transaction;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { ...plain, db };
}

let socket: Socket | undefined;
let sent = 0;
const waiting = new Map<number, (answer: Outcome<unknown>) => void>();

/** Sends a request; a connection that ends before the answer is an expected failure: nobody knows what was done. */
function ask(request: Request): Promise<Outcome<unknown>> {
  sent += 1;
  const id = sent;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    socket ??= open();
    socket.write(`${JSON.stringify({ id, pid: process.pid, request })}\n`);
  });
}

function open(): Socket {
  const made = connect(order.port, "127.0.0.1");
  made.setNoDelay(true);
  createInterface({ input: made })
    .on("error", () => made.destroy())
    .on("line", (line) => {
      const { id, value } = JSON.parse(line) as { id: number; value: unknown };
      // An answer that comes twice finds nobody waiting any more.
      waiting.get(id)?.(succeed(value));
      waiting.delete(id);
    });
  made.on("error", () => made.destroy());
  made.on("close", () => {
    if (socket === made) socket = undefined;
    for (const resolve of waiting.values()) {
      resolve(fail(problem("infrastructure", "crash.no_answer", "the connection ended before the answer")));
    }
    waiting.clear();
  });
  return made;
}

async function inWorld<T>(request: Request): Promise<Outcome<T>> {
  boundary();
  const answer = await ask(request);
  boundary();
  return answer as Outcome<T>;
}

function effect(run: Run, name: EffectName, value: () => Promise<Outcome<string>>): Promise<Outcome<string>> {
  const number = assignment.run;
  return run.effect<string>(name, {
    async probe() {
      const found = await inWorld<string | null>({ op: "find", run: number, effect: name });
      return found.ok ? succeed(found.value ?? undefined) : found;
    },
    async act() {
      const what = await value();
      return what.ok ? await inWorld({ op: "do", run: number, effect: name, value: what.value }) : what;
    },
    readBack: { attempts: 2, delayMs: 1 },
  });
}

/** The loop: repair, push, wait for CI, tag, publish twice, announce. */
async function drive(number: number): Promise<Outcome<void>> {
  const opening = await openRun(swarm, {
    kind: "loop",
    key: `loop-${number}`,
    company: "acme",
    product: `product-${number % 7}`,
    title: "the loop",
    requester: "harness",
    trigger: "ci",
  });
  if (!opening.ok) return opening;
  const run = opening.value;
  const outcome = await loop(run, number);
  boundary();
  if (outcome.ok) return await run.finish("succeeded", { number });
  await run.release();
  return outcome;
}

async function loop(run: Run, number: number): Promise<Outcome<unknown>> {
  const built = await run.step("build", async () => {
    const done = await inWorld({ op: "build", run: number });
    return done.ok ? await store.put(Buffer.from(`package of run ${number}`)) : done;
  });
  if (!built.ok) return built;
  const commit = await effect(run, "commit", async () => succeed(`commit of run ${number}`));
  if (!commit.ok) return commit;
  const pushed = await effect(run, "push", async () => succeed(commit.value));
  if (!pushed.ok) return pushed;
  const green = await run.step("ci", () => inWorld<string>({ op: "ci", run: number }).then(passed));
  if (!green.ok) {
    if (green.diagnostics[0]?.code !== "crash.ci_runs") return green;
    return await run.wait({ for: "ci", key: `ci-${number}`, detail: `the build of ${commit.value}` });
  }
  const tagged = await effect(run, "tag", async () => succeed(`tag of run ${number}`));
  if (!tagged.ok) return tagged;
  for (const registry of ["npm", "pypi"] as const) {
    const published = await effect(run, registry, async () => {
      const stored = await store.path(built.value.digest);
      return stored.ok ? succeed(built.value.digest) : stored;
    });
    if (!published.ok) return published;
  }
  return await run.deliver("announce", (key) => inWorld({ op: "hook", run: number, key, value: tagged.value }));
}

function passed(answer: Outcome<string>): Outcome<string> {
  if (!answer.ok || answer.value === "passed") return answer;
  return fail(problem("infrastructure", "crash.ci_runs", "CI has not finished"));
}

for (;;) {
  const next = await ask({ op: "next" });
  if (!next.ok) throw new Error("the driver is gone");
  if (next.value === null) break;
  assignment = next.value as Assignment;
  boundaries = 0;
  skewMs = assignment.skewMs;
  // What a person or the next event does: the same command again, until it is done.
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await drive(assignment.run);
    if (outcome.ok) break;
    const code = outcome.diagnostics[0]?.code;
    if (code === "journal.waiting") {
      const advanced = await advanceWaiting(swarm, { for: "ci", key: `ci-${assignment.run}` });
      if (!advanced.ok) throw new Error(JSON.stringify(advanced.diagnostics));
    } else if (code !== "crash.no_answer" || attempt > 100) {
      throw new Error(`run ${assignment.run}: ${JSON.stringify(outcome.diagnostics)}`);
    }
  }
  await ask({ op: "done", run: assignment.run, boundaries });
}
await opened.value.close();
socket?.end();
