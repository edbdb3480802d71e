import { afterEach, expect, test } from "vitest";
import { announcementTargets } from "../../../src/pillars/announce/announce.ts";
import { releaseWorld, type SessionOptions, type World } from "../release/world.ts";

let world: World;
afterEach(() => world.close());

const announcement = {
  product: "payments",
  name: "payments",
  version: "1.0.0",
  tag: "v1.0.0",
  notes: "# notes\n",
  published: [],
};
const targets = async (announce: string, options: SessionOptions) => {
  world = await releaseWorld({ front: `announce: ${announce}`, files: {} });
  return announcementTargets(await world.session(options), announcement);
};
const config = "ship: { alerts: { webhook_url_env: HOOK } }\n";

test("the webhook's address is a secret: the target names its origin alone", async () => {
  const secret = "https://hooks.example.test/services/T000/B000/XXXXXXXXXXXX";
  const found = await targets("[]", { config, environment: { HOOK: secret } });
  expect(found).toMatchObject({ ok: true, value: [{ channel: "webhook", to: "https://hooks.example.test" }] });
  expect(JSON.stringify(found)).not.toContain("T000");
});

test("channels that are not there are named with their place, and nothing fails for them", async () => {
  const found = await targets("[x, webhook]", {});
  expect(found).toMatchObject({
    ok: true,
    value: [],
    warnings: [
      { code: "announce.unsupported_channel", severity: "warning", where: { file: "SPEC.md", line: 4 } },
      { code: "announce.no_webhook" },
    ],
  });
});

test.each([
  [{}, "announce.no_address"],
  [{ HOOK: "not an address" }, "announce.bad_address"],
  [{ HOOK: "file:///etc/passwd" }, "announce.bad_address"],
])("%j is a secret problem that says what to set", async (environment, code) => {
  const found = await targets("[webhook]", { config, environment });
  expect(found).toMatchObject({ ok: false, diagnostics: [{ code, kind: "secret" }] });
});

test("an address that is no secret may stand in the configuration; a variable goes before it", async () => {
  const address = "ship: { alerts: { webhook_url: https://hooks.example.test/releases } }\n";
  expect(await targets("[]", { config: address })).toMatchObject({
    ok: true,
    value: [{ channel: "webhook", to: "https://hooks.example.test" }],
  });
  const both = "ship: { alerts: { webhook_url: https://hooks.example.test/releases, webhook_url_env: HOOK } }\n";
  expect(await targets("[]", { config: both, environment: { HOOK: "https://other.example.test/x" } })).toMatchObject({
    value: [{ to: "https://other.example.test" }],
  });
});
