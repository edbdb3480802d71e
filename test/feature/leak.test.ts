import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BadLuckWorld, BROKEN, badLuckWorld, GOOD } from "./bad-luck-world.ts";
import { FORMS, textsBelow } from "./leak-forms.ts";

/** Values of the variables that the fleet and the configuration name; none of these names looks like a token's. */
const SECRETS: Readonly<Record<string, string>> = {
  // Several lines, each of them a secret.
  ACME_NPM: "npm_8Kq2vT0wXz4LrB7n",
  ACME_SIGNING: `-----BEGIN KEY-----\n${"q8Zr/T+w0pLm5Nc7".repeat(5)}\n${"Xb3/y+Kd9vRf1Hs6".repeat(5)}\n-----END KEY-----`,
  // Quotes, spaces and signs that every encoding writes in its own way.
  ACME_QUOTED: `pa"ss 'w0rd' <&+/%\\é=?`,
  ACME_SHORT: "k7#Qz!",
  // One begins inside the other.
  ACME_OVERLAP_A: "overlap-4417-middle",
  ACME_OVERLAP_B: "middle-9923-behind",
};

/** A test that fails and prints all it could have got hold of. The values are in it backwards, so that its own text is clean. */
const LEAKY = `import assert from "node:assert/strict";
import test from "node:test";
import { vat } from "../src/vat.js";

const values = JSON.parse([...Buffer.from(${JSON.stringify(
  Buffer.from([...Buffer.from(JSON.stringify(Object.values(SECRETS)))].reverse()).toString("base64"),
)}, "base64")].reverse().reduce((text, byte) => text + String.fromCharCode(byte), "")).map((text) => Buffer.from(text, "latin1").toString("utf8"));

test("vat", () => {
  for (const value of values) {
    const bytes = Buffer.from(value);
    console.log("plain", value);
    console.error("in a header: Basic", Buffer.from("user:" + value).toString("base64"));
    for (const before of ["", "x", "xy"]) console.log("base64", Buffer.from(before + value + before).toString("base64"));
    console.log("lines\\n" + (bytes.toString("base64").match(/.{1,76}/g) ?? []).join("\\n"));
    console.log("hex", bytes.toString("hex"), bytes.toString("hex").toUpperCase());
    console.log("URL", "https://x.example/?t=" + encodeURIComponent(value), new URLSearchParams({ value }).toString());
    console.log("JSON", JSON.stringify({ value }));
    const half = Math.ceil(value.length / 2);
    console.log("wrapped " + value.slice(0, half) + "\\n    " + value.slice(half));
    for (const width of [64, 76]) for (const before of ["", "x", "xy"]) {
      const long = Buffer.from(before + "a longer text with something in the middle: " + value + " and more behind it").toString("base64");
      console.log((long.match(new RegExp(".{1," + width + "}", "g")) ?? []).join("\\n"));
    }
  }
  console.log("overlapping", ["overlap", "4417", "middle", "9923", "behind"].join("-"));
  assert.equal(vat, 19, values.join(" "));
});
`;

let world: BadLuckWorld;
let server: Server;
const heard: string[] = [];
const said: string[] = [];

beforeAll(async () => {
  // A registry and a webhook that repeat in their refusals what they were given.
  server = createServer((request, response) => {
    const auth = request.headers.authorization ?? "";
    heard.push(`${request.method} ${request.url} ${auth}`);
    if (request.method === "GET") {
      response.statusCode = 404;
      response.end('{"error":"not found"}');
      return;
    }
    request.resume();
    response.statusCode = 403;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ error: `refused: ${auth}`, token: SECRETS.ACME_NPM, also: Object.values(SECRETS) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const accounts = Object.keys(SECRETS).map((name) => {
    const service = name.slice("ACME_".length).toLowerCase().replaceAll("_", "-");
    return `${service}: { token_env: ${name}${service === "npm" ? `, url: "${url}/"` : ""} }`;
  });
  world = await badLuckWorld({
    files: {
      "SPEC.md": (GOOD["SPEC.md"] as string)
        .replace("path: . }", "path: ., publish: true }")
        .replace("docs:", "announce: [webhook]\ndocs:"),
      ".codemonkeys/config.yaml": `ship:\n  registries: { npm: { url: "${url}/" } }\n  alerts: { webhook_url_env: HOOK }\n`,
      "test/vat.test.js": LEAKY,
    },
    organisation: {},
  });
  await world.organise({
    "fleet.yaml": `companies: { acme: { accounts: { ${accounts.join(", ")} } } }\nproducts: { payments: { company: acme, repo: ${world.remote} } }\n`,
  });
  const places = { HOME: join(world.root, "home"), TMPDIR: join(world.root, "tmp") };
  for (const place of Object.values(places)) world.write(".keep", "", place);
  const env = { ...SECRETS, ...places, HOOK: `${url}/hooks/${encodeURIComponent(SECRETS.ACME_QUOTED as string)}` };
  const run = async (...args: string[]) => {
    const resultFile = join(world.root, "results", `${said.length}.json`);
    const done = await world.start([...args, "--result-file", resultFile], { env });
    said.push(`${done.stdout}\n${done.stderr}`);
    return done.exitCode;
  };
  world.write("src/vat.js", BROKEN["src/vat.js"]);
  await world.commit("feat: break");
  await world.git("push", "-q", "origin", "main");
  expect(await run("run", "--verbose")).toBe(1);
  await run("heal", "--dry-run", "--verbose");
  expect(await run("heal", "--verbose")).toBe(0);
  const [log] = textsBelow(world.root).filter(({ path }) => /^state\/builds\/.*\/test\.log$/.test(path));
  expect(await run("explain", join(world.root, log?.path ?? ""))).toBe(0);
  await run("run", "--verbose");
  await run("release", "--dry-run", "--verbose");
  await run("release", "--verbose");
  await run("publish", "--dry-run", "--verbose");
  await run("publish", "--verbose");
  await run("announce", "--verbose");
  await run("audit", "show", "--json");
  await run("status");
}, 300_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await world.close();
});

test("the runs had something to leak: the stage printed it, and the registry was given its token", () => {
  expect(heard.some((line) => line.includes(`Bearer ${SECRETS.ACME_NPM}`))).toBe(true);
  const files = textsBelow(world.root);
  expect(files.some(({ path, text }) => /^state\/builds\/.*\.log$/.test(path) && text.includes("[redacted]"))).toBe(
    true,
  );
  expect(files.length).toBeGreaterThan(50);
  expect(said.join("\n")).toContain("[redacted]");
});

test("no secret is in anything that was written or said, in any form", async () => {
  // What git keeps is compressed: its texts are looked at as git shows them.
  const objects = await world.git("--git-dir", world.remote, "log", "--all", "--patch", "--format=%B%n%N");
  const places = [
    ...textsBelow(world.root),
    { path: "what the commands said", text: Buffer.from(said.join("\n")).toString("latin1") },
    { path: "the remote's history", text: Buffer.from(objects).toString("latin1") },
  ];
  const table = Object.entries(SECRETS).map(([name, value]) => {
    const row: Record<string, string> = { secret: name };
    for (const [form, write] of Object.entries(FORMS)) {
      const wanted = write(value).map((text) => Buffer.from(text).toString("latin1"));
      const hits = places.filter(({ text }) => wanted.some((one) => text.includes(one)));
      row[form] = hits.length === 0 ? "0" : `${hits.length}: ${hits[0]?.path}`;
    }
    return row;
  });
  process.stdout.write(
    `${places.length} texts\n${table
      .map((row) =>
        Object.entries(row)
          .map(([key, cell]) => `${key}=${cell}`)
          .join("  "),
      )
      .join("\n")}\n`,
  );
  const clean = Object.fromEntries(Object.keys(FORMS).map((form) => [form, "0"]));
  expect(table).toEqual(Object.keys(SECRETS).map((secret) => ({ secret, ...clean })));
});
