import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createRedactor } from "../../../src/core/redact.ts";
import { homes } from "../../../src/core/state-home.ts";
import { askHealth, type HealthQuestion } from "../../../src/pillars/canary/health.ts";
import type { CanaryHealth } from "../../../src/pipeline/canary-schema.ts";
import type { Session } from "../../../src/pipeline/session.ts";
import { must } from "../release/world.ts";

const session = {
  product: { name: "money", path: process.cwd() },
  signal: new AbortController().signal,
  redactor: createRedactor(),
  homes: homes(),
} as unknown as Session;

let server: Server | undefined;
afterEach(() => server?.close());

/** Answers each request by its address; undefined is a 404. */
async function serving(answer: (url: URL) => unknown): Promise<number> {
  server = createServer((request, reply) => {
    const said = answer(new URL(request.url ?? "/", "http://127.0.0.1"));
    reply.statusCode = said === undefined ? 404 : 200;
    reply.end(JSON.stringify(said ?? {}));
  });
  await new Promise<void>((listening) => server?.listen(0, "127.0.0.1", listening));
  const address = server.address();
  return address && typeof address === "object" ? address.port : 0;
}

const RATE = { errors: { bad: "http.errors", of: "http.requests", worse_by: 0.01 } };

const ask = (health: Partial<CanaryHealth>, rest: Partial<HealthQuestion> = {}) =>
  askHealth(session, {
    health: { counting: "window", ...health },
    criteria: RATE,
    from: 60_000,
    to: 90_000,
    environment: "production",
    versions: { canary: "1.1.0", stable: "1.0.0" },
    hosts: [{ host: "127.0.0.1" }],
    before: undefined,
    ...rest,
  });

describe("health over HTTP", () => {
  test("is asked for each side and server, with the words filled in, and counts are added", async () => {
    const asked: string[] = [];
    const port = await serving((url) => {
      asked.push(`${url.pathname}${url.search}`);
      return { http: { errors: 1, requests: 40 } };
    });
    const hosts = [1, 2].map(() => ({ host: "127.0.0.1", ports: { canary: port, stable: port } }));
    const url = "http://{host}:{port}/{side}/{version}?from={from}&to={to}&seconds={seconds}";
    const answer = must(await ask({ url }, { hosts }));
    expect(answer).toMatchObject({ canary: { errors: { bad: 2, of: 80 } }, stable: { errors: { bad: 2, of: 80 } } });
    expect(new Set(asked)).toEqual(
      new Set(["/canary/1.1.0?from=60&to=90&seconds=30", "/stable/1.0.0?from=60&to=90&seconds=30"]),
    );
  });

  test("may answer both sides at once; what it lacks is missing and said, never nought", async () => {
    const port = await serving(() => ({
      canary: { http: { requests: 40 } },
      stable: { http: { errors: 0, requests: 40 } },
    }));
    const answer = await ask({ url: `http://127.0.0.1:${port}/` });
    expect(must(answer)).toEqual({ canary: {}, stable: { errors: { bad: 0, of: 40 } } });
    expect(answer.ok && answer.warnings[0]?.message).toMatch(/nothing for errors of the canary version/);
  });

  test("of one silent side is that side's silence; of two it is a failure with the reason", async () => {
    const port = await serving((url) =>
      url.pathname === "/stable" ? { http: { errors: 0, requests: 9 } } : undefined,
    );
    const one = must(await ask({ url: `http://127.0.0.1:${port}/{side}` }));
    expect(one).toMatchObject({ canary: {}, stable: { errors: { of: 9 } } });
    const none = await ask({ url: `http://127.0.0.1:${port}/x/{side}` });
    expect(none.ok ? "" : none.diagnostics[0]?.message).toMatch(/answered 404/);
  });

  test("counted since a service began is a difference, and begins anew with the service", async () => {
    let total = { errors: 5, requests: 1000 };
    const port = await serving(() => ({ http: total }));
    const health = { url: `http://127.0.0.1:${port}/{side}`, counting: "total" as const };
    const first = must(await ask(health));
    expect(first).toMatchObject({ canary: {}, totals: { canary: { errors: { bad: 5, of: 1000 } } } });
    total = { errors: 6, requests: 1050 };
    const second = must(await ask(health, { before: first.totals }));
    expect(second.canary).toEqual({ errors: { bad: 1, of: 50 } });
    total = { errors: 0, requests: 7 };
    expect(must(await ask(health, { before: second.totals })).canary).toEqual({ errors: { bad: 0, of: 7 } });
  });

  test("needs the ports of a playbook that tells them", async () => {
    const none = await ask({ url: "http://{host}:{port}/{side}" });
    expect(none.ok ? [] : none.diagnostics.map(({ code }) => code)).toEqual(["canary.no_port"]);
  });
});

describe("health by Prometheus", () => {
  const criteria = {
    errors: { bad: 'errors{v="{version}"}', of: 'all{v="{version}"}', worse_by: 0.01 },
    latency: { values: 'p90{v="{version}"}', worse_by: 0.2 },
  };
  test("is queried at the end of the stretch, series are summed, and a range gives measurements", async () => {
    const asked: string[] = [];
    const port = await serving((url) => {
      const query = url.searchParams.get("query") ?? "";
      asked.push(`${url.pathname} ${query} ${url.searchParams.get("time") ?? url.searchParams.get("start")}`);
      const vector = (...values: string[]) => ({
        status: "success",
        data: { resultType: "vector", result: values.map((value) => ({ metric: {}, value: [90, value] })) },
      });
      if (query.startsWith("errors")) return query.includes("1.1.0") ? vector("2.2", "0.9") : vector();
      if (query.startsWith("all")) return vector("100", "20");
      const values = [
        [60, "0.2"],
        [75, "NaN"],
        [90, "0.3"],
      ];
      return { status: "success", data: { resultType: "matrix", result: [{ metric: {}, values }] } };
    });
    const answer = must(await ask({ prometheus: `http://127.0.0.1:${port}` }, { criteria }));
    expect(answer.canary).toEqual({ errors: { bad: 3, of: 120 }, latency: { values: [0.2, 0.3] } });
    // No series of failures yet is no failure.
    expect(answer.stable).toEqual({ errors: { bad: 0, of: 120 }, latency: { values: [0.2, 0.3] } });
    expect(asked).toContain('/api/v1/query errors{v="1.1.0"} 90');
    expect(asked).toContain('/api/v1/query_range p90{v="1.0.0"} 60');
  });

  test("that has no requests at all is missing data", async () => {
    const port = await serving(() => ({ status: "success", data: { resultType: "vector", result: [] } }));
    const answer = must(
      await ask({ prometheus: `http://127.0.0.1:${port}` }, { criteria: { errors: criteria.errors } }),
    );
    expect(answer).toEqual({ canary: {}, stable: {} });
  });
});

test("a command of the product prints both sides, and tells by its exit code that it cannot", async () => {
  const print = `printf '{"canary":{"http":{"errors":0,"requests":%s}},"stable":{"http":{"errors":1,"requests":9}}}' "$CANARY_TO"`;
  expect(must(await ask({ command: print })).canary).toEqual({ errors: { bad: 0, of: 90 } });
  const failed = await ask({ command: "echo no metrics; exit 3" });
  expect(failed.ok ? [] : failed.diagnostics.map(({ code, details }) => `${code} ${details}`)).toEqual([
    "canary.command_failed no metrics",
  ]);
});
