import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256 } from "../../../../src/core/canonical.ts";
import { type Outcome, succeed } from "../../../../src/core/diagnostic.ts";
import { appendAuditRow } from "../../../../src/swarm/audit-rows.ts";
import { openRun } from "../../../../src/swarm/journal.ts";
import { type LeaseTimes, openSwarm } from "../../../../src/swarm/open.ts";
import { recordOccurrence } from "../../../../src/swarm/patterns.ts";

/** What a test tells a worker process to do, as JSON on its standard input. */
export interface WorkerOrder {
  readonly url?: string;
  readonly stateDir: string;
  /**
   * `open`: open the database and end. `write`: runs, steps, occurrences and audit rows, `count` of each. `hold`: open
   * the release run, say so, stay for a while inside a step, then say how writing its result went.
   */
  readonly task: "open" | "write" | "hold";
  readonly name: string;
  readonly count?: number;
  readonly holdMs?: number;
  readonly leaseTimes?: LeaseTimes;
  /** Milliseconds added to this process's clock. */
  readonly skewMs?: number;
}

const order = JSON.parse(await text(process.stdin)) as WorkerOrder;
const swarm = must(
  await openSwarm({
    stateDir: order.stateDir,
    ...(order.url ? { url: order.url } : {}),
    ...(order.leaseTimes ? { leaseTimes: order.leaseTimes } : {}),
    clock: { now: () => Date.now() + (order.skewMs ?? 0) },
  }),
);
if (order.task === "write") await write(order.count ?? 0);
if (order.task === "hold") await hold(order.holdMs ?? 0);
say("ended");
await swarm.close();

async function write(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const run = must(
      await openRun(swarm, {
        kind: "load",
        key: `${order.name}-${index}`,
        company: "acme",
        product: order.name,
        title: "load",
        requester: "test",
        trigger: "ci",
      }),
    );
    must(await run.step("work", async () => succeed({ index })));
    must(await run.finish("succeeded"));
    must(
      await recordOccurrence(swarm, {
        company: "acme",
        product: order.name,
        occurrence: `o-${order.name}-${index}`,
        pattern: "shared",
        category: "test",
        tool: "vitest",
        commit: "c",
        stage: "test",
      }),
    );
    must(
      await appendAuditRow(swarm, "main", (last) => {
        const entry = `${order.name}-${index}`;
        const previous = last?.hash ?? "";
        return succeed({ previous, entry, hash: sha256(previous + entry), at: swarm.clock.now() });
      }),
    );
  }
}

async function hold(holdMs: number): Promise<void> {
  const run = must(
    await openRun(swarm, {
      kind: "release",
      key: "payments@1.5.0",
      company: "acme",
      product: "payments",
      title: "release payments 1.5.0",
      requester: "kim",
      trigger: "person",
    }),
  );
  must(await run.step("first", async () => succeed(order.name)));
  const second = await run.step("second", async () => {
    say({ holding: run.id });
    await sleep(holdMs);
    return succeed(order.name);
  });
  say(second.ok ? { wrote: second.value } : { refused: second.diagnostics[0]?.code });
}

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.value;
}

function say(what: unknown): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
