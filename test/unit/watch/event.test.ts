import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { productsOfEvent, verifySignature } from "../../../src/pillars/watch/event.ts";
import { readFleet } from "../../../src/pipeline/fleet.ts";
import { codes, ok } from "../tools/permit.ts";

const fleet = ok(
  readFleet(
    "companies: { acme: {} }\nproducts:\n  payments: { company: acme, repo: https://github.com/acme/payments.git }\n  shop: { company: acme, repo: /srv/git/shop.git }\n",
    { file: "fleet.yaml" },
  ),
).value;

describe("a webhook's signature", () => {
  const body = '{"product":"payments"}';
  const signature = `sha256=${createHmac("sha256", "s3cret").update(body).digest("hex")}`;
  it("is the HMAC of the very bytes", () => {
    ok(verifySignature(body, signature, "s3cret"));
    for (const [other, given, secret] of [
      [`${body} `, signature, "s3cret"],
      [body, signature, "another"],
      [body, signature.replace("sha256=", ""), "s3cret"],
      [body, undefined, "s3cret"],
    ] as const) {
      expect(codes(verifySignature(other, given, secret))).toEqual(["watch.bad_signature"]);
    }
  });
});

describe("a webhook's products", () => {
  it.each([
    [{ repository: { clone_url: "https://github.com/Acme/Payments.git" } }, "payments"],
    [{ repository: { ssh_url: "git@github.com:acme/payments.git" } }, "payments"],
    [{ build: { scm: { url: "/srv/git/shop.git" } } }, "shop"],
    [{ product: "shop" }, "shop"],
  ])("%j is about %s", (event, product) => {
    expect(ok(productsOfEvent(JSON.stringify(event), fleet))).toEqual([product]);
  });

  it("are not guessed", () => {
    for (const event of ["[]", "null", '{"product":"constructor"}', '{"repository":{"clone_url":7}}']) {
      expect(codes(productsOfEvent(event, fleet))).toEqual(["watch.unknown_repository"]);
    }
    expect(codes(productsOfEvent("payload=%7B%7D", fleet))).toEqual(["watch.bad_event"]);
  });
});
