import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crateRegistry, crateVersion, crateYanked, yankCrate } from "../../../../src/tools/cargo/index.ts";
import { allow, codes, ok } from "../permit.ts";

let server: Server;
let url: string;
const cksum = "ab".repeat(32);
const asked: string[] = [];
let yanked = false;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
    const answer = (status: number, body = "") => response.writeHead(status).end(body);
    const line = (vers: string, more = {}) =>
      JSON.stringify({ name: "Pay", vers, cksum: cksum.toUpperCase(), ...more });
    if (request.url === "/index/config.json") return answer(200, JSON.stringify({ dl: url, api: `${url}/` }));
    if (request.url === "/mirror/config.json") return answer(200, JSON.stringify({ dl: url }));
    if (request.url === "/closed/config.json") return answer(401);
    if (request.url === "/index/3/p/pay") {
      return answer(200, `${line("1.0.0", { yanked })}\n${line("1.1.0")}\n{"name":"Pay","vers":"1.2.0","cks`);
    }
    if (request.url === "/index/si/ck/sick") return answer(503);
    if (request.method === "DELETE") {
      if (request.headers.authorization !== "good") return answer(403, '{"errors":[{"detail":"no"}]}');
      yanked = true;
      return answer(200, '{"ok":true}');
    }
    return answer(404);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const query = () => ({ url: `${url}/index/` });

describe("a sparse index", () => {
  test("names digests, and a line that is cut off is not there yet", async () => {
    expect(ok(await crateVersion("Pay", "1.1.0", query()))).toEqual({ cksum, yanked: false });
    expect(ok(await crateVersion("Pay", "1.2.0", query()))).toBeUndefined();
    expect(ok(await crateVersion("ab", "1.0.0", query()))).toBeUndefined();
    expect(asked.some((line) => line.startsWith("GET /index/2/ab "))).toBe(true);
  });

  test("that is not well is no empty one", async () => {
    expect(codes(await crateVersion("sick", "1.0.0", query()))).toEqual(["cargo.index_failed"]);
    expect(codes(await crateVersion("pay", "1.0.0", { url: `${url}/closed` }))).toEqual(["cargo.not_authorised"]);
  });

  test("may take no uploads", async () => {
    expect(ok(await crateRegistry({ url: `${url}/mirror` }))).toEqual({ kind: "sparse", api: undefined });
    expect(ok(await crateRegistry(query()))).toEqual({ kind: "sparse", api: url });
  });
});

describe("yanking", () => {
  const target = () => ({ ecosystem: "cargo", registry: url, name: "pay", version: "1.0.0" });
  const yank = (token: string) => yankCrate(allow("package.retract", target()), target(), { ...query(), token });

  test("asks the registry's API with the token, and shows in the index", async () => {
    expect(ok(await crateYanked("pay", "1.0.0", query()))).toBeUndefined();
    expect(codes(await yank("bad"))).toEqual(["cargo.not_authorised"]);
    ok(await yank("good"));
    expect(asked.at(-1)).toBe("DELETE /api/v1/crates/pay/1.0.0/yank good");
    expect(ok(await crateYanked("pay", "1.0.0", query()))).toBe("yanked");
  });
});
