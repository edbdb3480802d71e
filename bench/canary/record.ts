/**
 * Records the health traces of bench/canary/traces: starts a small HTTP service twice on loopback, as the stable version
 * and as the canary, sends both the same number of real requests, window by window, and writes down of each request how
 * long it took and whether it failed. What goes wrong is done by the services themselves.
 *
 *   node bench/canary/record.ts [NAME …]
 *
 * A window stands for half a minute of a deployment. The files are committed: a bench over new recordings is another bench.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, createServer, request as httpRequest } from "node:http";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { seeded } from "../constitution/cases.ts";

/** What a version does in a window: milliseconds of work, and how many of its requests fail. */
interface Behaviour {
  readonly work: number;
  readonly failing: number;
}

interface Scenario {
  readonly says: string;
  /** Requests of each side in a window. */
  readonly requests: (window: number) => number;
  readonly stable: (window: number) => Behaviour;
  readonly canary: (window: number) => Behaviour;
  /** Windows whose measurements of the canary were lost. */
  readonly lost?: (window: number) => boolean;
}

const WINDOWS = 120;
const well: Behaviour = { work: 2, failing: 0.004 };

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  healthy: { says: "the new version is as the old one", requests: () => 150, stable: () => well, canary: () => well },
  better: {
    says: "the new version is faster and fails less",
    requests: () => 150,
    stable: () => ({ work: 3, failing: 0.01 }),
    canary: () => ({ work: 2, failing: 0.002 }),
  },
  "noisy-stable": {
    says: "both have bursts of failures in the same windows, as when something they share is slow",
    requests: () => 150,
    stable: (window) => (window % 17 < 2 ? { work: 6, failing: 0.04 } : well),
    canary: (window) => (window % 17 < 2 ? { work: 6, failing: 0.04 } : well),
  },
  "slow-burn": {
    says: "a leak: failures and times of the new version grow from window to window",
    requests: () => 150,
    stable: () => well,
    canary: (window) => ({ work: 2 + window / 12, failing: 0.004 + Math.min(0.3, window * 0.0015) }),
  },
  "sudden-spike": {
    says: "well for forty windows, then every fourth request fails",
    requests: () => 150,
    stable: () => well,
    canary: (window) => (window < 40 ? well : { work: 2, failing: 0.25 }),
  },
  flapping: {
    says: "every sixth window every fourth request fails, and none in between",
    requests: () => 150,
    stable: () => well,
    canary: (window) => (window % 6 === 5 ? { work: 2, failing: 0.25 } : { work: 2, failing: 0 }),
  },
  "slower-only": {
    says: "no failures more, but every request takes almost twice as long",
    requests: () => 150,
    stable: () => ({ work: 4, failing: 0.004 }),
    canary: () => ({ work: 8, failing: 0.004 }),
  },
  "missing-data": {
    says: "the new version is bad, and its measurements stop after the fifth window",
    requests: () => 150,
    stable: () => well,
    canary: (window) => (window < 8 ? well : { work: 2, failing: 0.5 }),
    lost: (window) => window >= 5,
  },
  "gaps-in-data": {
    says: "the new version is as the old one, and a third of the measurements is lost",
    requests: () => 150,
    stable: () => well,
    canary: () => well,
    lost: (window) => window % 3 === 1,
  },
  "night-time": {
    says: "as the old one, with very few requests, and one unlucky failure at the begin",
    requests: () => 6,
    stable: () => well,
    canary: (window) => (window === 0 ? { work: 2, failing: 0.2 } : well),
  },
  "night-time-bad": {
    says: "very few requests, of which one in five fails",
    requests: () => 6,
    stable: () => well,
    canary: () => ({ work: 2, failing: 0.2 }),
  },
  "baseline-bad": {
    says: "a database they share is down from the tenth to the sixtieth window: both fail alike",
    requests: () => 150,
    stable: (window) => (window >= 10 && window < 60 ? { work: 5, failing: 0.3 } : well),
    canary: (window) => (window >= 10 && window < 60 ? { work: 5, failing: 0.3 } : well),
  },
  broken: {
    says: "half of all requests of the new version fail from the begin",
    requests: () => 150,
    stable: () => well,
    canary: () => ({ work: 2, failing: 0.5 }),
  },
};

/** A service whose behaviour is set between windows; it works by turning the processor for real. */
async function service(seed: number) {
  const random = seeded(seed);
  let behaviour = well;
  const server = createServer((_, answer) => {
    const { work, failing } = behaviour;
    const until = performance.now() + (work * (0.5 + random())) / 4;
    while (performance.now() < until) Math.sqrt(until);
    answer.statusCode = random() < failing ? 500 : 200;
    answer.end("x");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    behave(next: Behaviour) {
      behaviour = next;
    },
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: 2 });

function ask(port: number): Promise<number> {
  const began = performance.now();
  return new Promise((answered, failed) => {
    const sent = httpRequest({ host: "127.0.0.1", port, agent }, (response) => {
      response.resume();
      response.on("end", () => {
        const took = Math.round((performance.now() - began) * 100);
        answered(response.statusCode === 200 ? took : -took);
      });
    });
    sent.on("error", failed);
    sent.end();
  });
}

async function record(name: string, { says, requests, stable, canary, lost }: Scenario, seed: number) {
  const [old, young] = [await service(seed), await service(seed + 1)];
  const windows = [];
  for (let window = 0; window < WINDOWS; window += 1) {
    old.behave(stable(window));
    young.behave(canary(window));
    const seen = { stable: [] as number[], canary: [] as number[] };
    for (let at = 0; at < requests(window); at += 1) {
      seen.stable.push(await ask(old.port));
      seen.canary.push(await ask(young.port));
    }
    windows.push({ stable: seen.stable, canary: lost?.(window) ? null : seen.canary });
  }
  await old.close();
  await young.close();
  const folder = join(import.meta.dirname, "traces");
  mkdirSync(folder, { recursive: true });
  const trace = { name, says, unit: "hundredths of a millisecond; negative: the request failed", windows };
  const packed = gzipSync(JSON.stringify(trace), { level: 9 });
  writeFileSync(join(folder, `${name}.json.gz`), packed);
  process.stdout.write(`${name}: ${windows.length} windows, ${packed.length} bytes (${gunzipSync(packed).length})\n`);
}

const named = process.argv.slice(2);
for (const [at, [name, scenario]] of Object.entries(SCENARIOS).entries()) {
  if (named.length === 0 || named.includes(name)) await record(name, scenario, 1 + 2 * at);
}
agent.destroy();
