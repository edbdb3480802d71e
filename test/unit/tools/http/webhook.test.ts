import { createHmac } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { sha256 } from "../../../../src/core/canonical.ts";
import { createRedactor } from "../../../../src/core/redact.ts";
import { postWebhook, type WebhookPost } from "../../../../src/tools/http/webhook.ts";
import {
  type ReceiverOptions,
  startWebhookReceiver,
  type WebhookReceiver,
} from "../../../../src/tools/servers/webhook-receiver.ts";
import { scratch } from "../git/scratch.ts";
import { allow, codes, ok } from "../permit.ts";

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function receiver(answers: ReceiverOptions["answers"] = []): Promise<WebhookReceiver> {
  const started = ok(await startWebhookReceiver({ file: join(scratch(), "hooks.jsonl"), answers }));
  running.push(started);
  return started;
}

async function serve(handle: RequestListener): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.push({
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const body = JSON.stringify({ text: "payments 1.5.0 is out" });

function send(url: string, more: Partial<WebhookPost> = {}, to = new URL(url).origin) {
  const target = { channel: "webhook", to, digest: sha256(body), key: "r-1/announce/webhook" };
  return postWebhook(allow("announce.post", target), "announce.post", target, { url, body, retryMs: 5, ...more });
}

describe("postWebhook", () => {
  test("posts once, with key and signature", async () => {
    const hook = await receiver();
    expect(ok(await send(`${hook.url}/hooks/T0/SECRET`, { secret: "shh-its-secret" }))).toEqual({
      status: 204,
      attempts: 1,
    });
    const [got, ...rest] = await hook.received();
    expect(rest).toEqual([]);
    expect(got).toMatchObject({ path: "/hooks/T0/SECRET", body });
    expect(got?.headers["idempotency-key"]).toBe("r-1/announce/webhook");
    expect(got?.headers["x-codemonkeys-signature-256"]).toBe(
      `sha256=${createHmac("sha256", "shh-its-secret").update(body).digest("hex")}`,
    );
  });

  test("tries again after 429 and 5xx, with the same key, waiting as Retry-After says", async () => {
    const hook = await receiver([{ status: 503 }, { status: 429, headers: { "retry-after": "1" } }]);
    const startedAt = performance.now();
    expect(ok(await send(hook.url)).attempts).toBe(3);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    const keys = (await hook.received()).map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toEqual(Array(3).fill("r-1/announce/webhook"));
  });

  test("gives up after its attempts, and says so without the address's path", async () => {
    const hook = await receiver(Array(4).fill({ status: 500 }));
    const failed = await send(`${hook.url}/hooks/SECRET`, { attempts: 4 });
    expect(codes(failed)).toEqual(["webhook.failed"]);
    expect(JSON.stringify(failed)).not.toContain("SECRET");
    expect(await hook.received()).toHaveLength(4);
  });

  test("a refusal is not tried again; its words are shown, redacted", async () => {
    let calls = 0;
    const url = await serve((_, answer) => {
      calls++;
      answer.writeHead(403).end("no such token tok-123456");
    });
    const failed = await send(url, { redactor: createRedactor(["tok-123456"]) });
    expect(codes(failed)).toEqual(["webhook.refused"]);
    expect(failed.ok || failed.diagnostics[0]?.details).toBe("no such token [redacted]");
    expect(calls).toBe(1);
  });

  test("redirects are refused: the body does not travel on", async () => {
    const elsewhere = await receiver();
    const url = await serve((_, answer) => answer.writeHead(307, { location: elsewhere.url }).end());
    expect(codes(await send(url))).toEqual(["webhook.redirect"]);
    expect(await elsewhere.received()).toEqual([]);
  });

  test("a receiver that is not there, hangs, or is cancelled", async () => {
    expect(codes(await send("http://127.0.0.1:1/", { attempts: 2 }))).toEqual(["webhook.unreachable"]);
    const url = await serve(() => {});
    expect(codes(await send(url, { attempts: 1, timeoutMs: 100 }))).toEqual(["webhook.timeout"]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const startedAt = performance.now();
    expect(codes(await send(url, { signal: stop.signal, retryMs: 60_000 }))).toEqual(["webhook.unreachable"]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("only the allowed body goes to the allowed receiver, and once for each permit", async () => {
    const hook = await receiver();
    expect(codes(await send(hook.url, { body: "{}" }))).toEqual(["webhook.body_differs"]);
    expect(codes(await send(hook.url, {}, "https://chat.example.test"))).toEqual(["webhook.other_receiver"]);
    expect(codes(await send("file:///etc/passwd"))).toEqual(["webhook.bad_address"]);
    const target = { channel: "webhook", to: hook.url, digest: sha256(body), key: "k" };
    const permit = allow("announce.post", target);
    ok(await postWebhook(permit, "announce.post", target, { url: hook.url, body }));
    expect(codes(await postWebhook(permit, "announce.post", target, { url: hook.url, body }))).toEqual([
      "permit.reused",
    ]);
    expect(await hook.received()).toHaveLength(1);
  });

  test("an endless answer does not fill memory", async () => {
    const url = await serve((_, answer) => {
      answer.writeHead(400);
      const feed = () => {
        while (answer.write("x".repeat(65_536)));
      };
      answer.on("drain", feed);
      feed();
    });
    expect(codes(await send(url))).toEqual(["webhook.refused"]);
  });
});
