import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deliverAlerts, retryAlerts, undeliveredAlerts } from "../../../src/pillars/announce/alert.ts";
import { release } from "../../../src/pillars/release/release.ts";
import { listMessages, MAX_ATTEMPTS } from "../../../src/swarm/outbox.ts";
import { must, RELEASE_RULES, releaseWorld, type World } from "../release/world.ts";

const PHONE = `${RELEASE_RULES}  - { id: alerts, allow: [webhook.send], when: target.loopback }\n`;

let world: World;
let phone: Server;
let answer = 200;
let got: { key: string; signature: string; body: string }[];
beforeEach(async () => {
  got = [];
  answer = 200;
  phone = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const header = (name: string) => String(request.headers[name]);
      got.push({ key: header("idempotency-key"), signature: header("x-codemonkeys-signature-256"), body });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => phone.listen(0, "127.0.0.1", resolve));
  world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: . }]",
    files: { "package.json": '{\n  "name": "payments",\n  "version": "1.0.0"\n}\n' },
  });
  // The remote takes nothing.
  writeFileSync(join(world.place.origin, "hooks", "pre-receive"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
});
afterEach(async () => {
  phone.close();
  await world.close();
});

const session = (more: { constitution?: string; clock?: { now(): number } } = {}) =>
  world.session({
    constitution: PHONE,
    config: "ship: { alerts: { error_url_env: PHONE, signing_key_env: KEY } }",
    environment: {
      PHONE: `http://127.0.0.1:${(phone.address() as AddressInfo).port}/message?token=very-secret`,
      KEY: "hmac-key",
    },
    ...more,
  });

test("a failed release rings once for each way in which it fails, signed, without secrets", {
  timeout: 30_000,
}, async () => {
  const failed = await release(await session());
  expect(failed.ok).toBe(false);
  expect(got).toHaveLength(1);
  const [{ key, signature, body }] = got as [(typeof got)[number]];
  expect(JSON.parse(body)).toMatchObject({
    event: "failed",
    title: "release payments 1.0.0 failed",
    message: expect.stringContaining("the remote refused main"),
    priority: 8,
    product: "payments",
    company: "acme",
    key,
  });
  expect(signature).toBe(`sha256=${createHmac("sha256", "hmac-key").update(body).digest("hex")}`);
  expect(JSON.stringify(got)).not.toMatch(/very-secret|hmac-key/);
  await release(await session());
  expect(got, "the same failure again").toHaveLength(1);
});

test("what is not taken stays in the outbox, is sent again under its key, and is a dead letter in the end", {
  timeout: 30_000,
}, async () => {
  answer = 503;
  const failed = await release(await session());
  expect(JSON.stringify(failed)).toContain("an alert is not delivered yet");
  let now = Date.now();
  const later = await session({ clock: { now: () => now } });
  for (let n = 1; n < MAX_ATTEMPTS; n++) {
    now += 5 * 3_600_000;
    await deliverAlerts(later);
  }
  expect(got).toHaveLength(MAX_ATTEMPTS);
  expect(new Set(got.map(({ key }) => key)).size).toBe(1);
  expect(must(await listMessages(later.swarm, { state: "dead" }))).toMatchObject([
    { attempts: MAX_ATTEMPTS, lastError: expect.stringContaining("503") },
  ]);
  now += 5 * 3_600_000;
  await deliverAlerts(later);
  expect(got, "a dead letter is left alone").toHaveLength(MAX_ATTEMPTS);
  answer = 200;
  expect(must(await retryAlerts(later))).toEqual([]);
  expect(got).toHaveLength(MAX_ATTEMPTS + 1);
  expect(got.at(-1)?.key).toBe(got[0]?.key);
  expect(must(await undeliveredAlerts(later))).toEqual([]);
});

test("a refusal by the constitution rings nobody, and without a rule that allows it nothing is sent", {
  timeout: 30_000,
}, async () => {
  const refusing = `${PHONE}  - { id: freeze, deny: [release.tag], because: Frozen. }\n`;
  expect((await release(await session({ constitution: refusing }))).ok).toBe(false);
  expect(got).toEqual([]);
  const told = await release(await session({ constitution: RELEASE_RULES }));
  expect(JSON.stringify(told)).toContain("webhook.send is denied");
  expect(got).toEqual([]);
});
