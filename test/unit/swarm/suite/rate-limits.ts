import { expect, test } from "vitest";
import { keepAnswer, keptAnswer } from "../../../../src/swarm/http-answers.ts";
import { blockBucket, takeToken } from "../../../../src/swarm/rate-limits.ts";
import { type MakePlace, useSwarm, value } from "./support.ts";

const BUCKET = { resource: "api.example", capacity: 2, perSecond: 4 };

/** Rate limits that processes share, and kept answers. */
export function rateLimitSuite(make: MakePlace): void {
  const at = useSwarm(make);

  test("a bucket gives what it holds at once, and then makes everybody wait their turn", async () => {
    const waits = [];
    for (let taken = 0; taken < 5; taken += 1) waits.push(value(await takeToken(at.swarm, BUCKET)));
    expect(waits).toEqual([0, 0, 250, 500, 750]);
    at.clock.time += 1_000;
    expect(value(await takeToken(at.swarm, BUCKET))).toBe(0);
    at.clock.time += 60_000;
    expect(value(await takeToken(at.swarm, BUCKET))).toBe(0);
    expect(value(await takeToken(at.swarm, BUCKET))).toBe(0);
    expect(value(await takeToken(at.swarm, BUCKET))).toBe(250);
    expect(value(await takeToken(at.swarm, { ...BUCKET, resource: "another" }))).toBe(0);
  });

  test("two processes share one bucket: together they get no more than one would", async () => {
    const other = await at.open();
    const takes = Array.from({ length: 10 }, (_, index) => takeToken(index % 2 === 0 ? at.swarm : other, BUCKET));
    const waits = (await Promise.all(takes)).map(value).sort((a, b) => a - b);
    expect(waits).toEqual([0, 0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000]);
  });

  test("what the service forbids until later is forbidden to all, and never sooner", async () => {
    const other = await at.open();
    value(await blockBucket(at.swarm, BUCKET, 30_000));
    value(await blockBucket(at.swarm, BUCKET, 1_000));
    expect(value(await takeToken(other, BUCKET))).toBe(30_000);
    at.clock.time += 30_000;
    expect(value(await takeToken(other, BUCKET))).toBe(0);
  });

  test("who does not want to wait that long takes nothing from the others", async () => {
    value(await blockBucket(at.swarm, BUCKET, 30_000));
    for (let asked = 0; asked < 5; asked += 1) {
      expect(value(await takeToken(at.swarm, BUCKET, 10_000))).toBe(30_000);
    }
    at.clock.time += 30_000;
    expect(value(await takeToken(at.swarm, BUCKET))).toBe(0);
    expect(value(await takeToken(at.swarm, BUCKET))).toBe(0);
  });

  test("an answer is kept for one account, replaced by a newer one, and forgotten in the end", async () => {
    const place = { account: "a", url: "https://api.example/x" };
    expect(value(await keptAnswer(at.swarm, place))).toBeUndefined();
    value(await keepAnswer(at.swarm, { ...place, etag: '"1"', body: "[1]" }));
    value(await keepAnswer(at.swarm, { ...place, etag: '"2"', body: "[2]" }));
    expect(value(await keptAnswer(at.swarm, place))).toEqual({ etag: '"2"', body: "[2]" });
    expect(value(await keptAnswer(at.swarm, { ...place, account: "b" }))).toBeUndefined();
    at.clock.time += 15 * 86_400_000;
    value(await keepAnswer(at.swarm, { ...place, url: "https://api.example/y", etag: '"3"', body: "3" }));
    expect(value(await keptAnswer(at.swarm, place))).toBeUndefined();
  });
}
