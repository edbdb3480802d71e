import { describe, expect, it } from "vitest";
import { checkAgainstFleet, readFleet, standingOf } from "../../../src/pipeline/fleet.ts";
import { codesOf, fleetOf, specOf } from "./support.ts";

function read(text: string) {
  return readFleet(text, { file: "fleet.yaml" });
}

describe("readFleet", () => {
  it("reads companies with accounts, products and servers", () => {
    const { value } = fleetOf(`companies:
  acme: { accounts: { github: { token_env: ACME_GITHUB_TOKEN }, npm: { secret: npm_token } } }
products:
  payments: { company: acme, repo: https://github.com/acme/payments, tier: 1, priority: high }
servers:
  web-1: { company: acme, host: web-1.acme.example, labels: [linux] }`);
    expect(value.companies.acme?.accounts).toEqual({
      github: { token_env: "ACME_GITHUB_TOKEN" },
      npm: { secret: "npm_token" },
    });
    expect(value.products.payments).toMatchObject({ company: "acme", tier: 1, priority: "high" });
    expect(value.servers["web-1"]).toMatchObject({ host: "web-1.acme.example", labels: ["linux"] });
  });

  it("takes an empty file as an empty fleet", () => {
    expect(fleetOf("").value).toEqual({ companies: {}, products: {}, servers: {} });
  });

  it("reports every unknown company with its place and what was meant", () => {
    const outcome = read(`companies:
  acme: {}
products:
  a: { company: acmee, repo: x }
  b: { company: other, repo: y }
servers:
  s: { company: amce, host: h }`);
    expect(outcome.ok).toBe(false);
    if (outcome.ok) return;
    expect(outcome.diagnostics.map((one) => [one.code, one.where?.line, /mean acme/.test(one.message)])).toEqual([
      ["fleet.unknown_company", 4, true],
      ["fleet.unknown_company", 5, false],
      ["fleet.unknown_company", 7, true],
    ]);
  });

  it("never shows a token that was pasted where a variable's name belongs", () => {
    const token = "ghp_-this-is-a-token-0123456789";
    const outcome = read(`companies:\n  acme: { accounts: { github: { token_env: "${token}" } } }`);
    expect(codesOf(outcome)).toEqual(["fleet.not_a_variable"]);
    expect(JSON.stringify(outcome)).not.toContain(token);
  });

  it("never shows a password in a repository's address", () => {
    const outcome = read("companies: { acme: {} }\nproducts:\n  a: { company: acme, repo: 'https://u:hunter22@h/r' }");
    expect(codesOf(outcome)).toEqual(["fleet.secret_in_url"]);
    expect(JSON.stringify(outcome)).not.toContain("hunter22");
  });

  it.each(["{ url: 'https://h' }", "{ token_env: A, secret: b }"])("refuses the account %s", (account) => {
    expect(codesOf(read(`companies: { acme: { accounts: { npm: ${account} } } }`))).toEqual(["fleet.account_token"]);
  });

  it("refuses two products in one repository", () => {
    const products = "{ a: { company: c, repo: 'https://h/r.git' }, b: { company: c, repo: 'https://h/r' } }";
    expect(codesOf(read(`companies: { c: {} }\nproducts: ${products}`))).toEqual(["fleet.shared_repository"]);
  });
});

describe("checkAgainstFleet", () => {
  const fleet = fleetOf(`companies: { acme: {}, other: {} }
products:
  payments: { company: acme, repo: a, tier: 1 }
  shop: { company: other, repo: b }
servers:
  web-1: { company: acme, host: h }`);

  it("accepts what agrees", () => {
    const spec = specOf("tier: 1\ndependencies: [shop]\ndeploy: [{ environment: production, servers: [web-1] }]");
    expect(codesOf(checkAgainstFleet(spec, fleet))).toEqual([]);
  });

  it("refuses a spec that makes itself less critical than the organisation says", () => {
    const outcome = checkAgainstFleet(specOf("tier: 3"), fleet);
    expect(codesOf(outcome)).toEqual(["spec.other_tier"]);
    expect(outcome.ok ? undefined : outcome.diagnostics[0]?.where).toMatchObject({ file: "SPEC.md", line: 4 });
  });

  it("names every dependency and server that is not there, with what was meant", () => {
    const spec = specOf("dependencies: [shpo, x]\ndeploy: [{ environment: production, servers: [web1] }]");
    const outcome = checkAgainstFleet(spec, fleet);
    expect(outcome.ok ? [] : outcome.diagnostics.map((one) => [one.code, one.next])).toEqual([
      ["spec.unknown_dependency", "did you mean shop?"],
      [
        "spec.unknown_dependency",
        "list it in the organisation's fleet.yaml, as codemonkeys init does, and commit that",
      ],
      ["spec.unknown_server", "did you mean web-1?"],
    ]);
  });

  it("refuses a product that the fleet does not have, and another company's", () => {
    expect(codesOf(checkAgainstFleet(specOf(""), fleetOf("companies: { acme: {} }")))).toEqual([
      "spec.unknown_product",
    ]);
    const theirs = fleetOf("companies: { acme: {}, other: {} }\nproducts: { payments: { company: other, repo: a } }");
    expect(codesOf(checkAgainstFleet(specOf(""), theirs))).toEqual(["spec.other_company"]);
  });
});

describe("standingOf", () => {
  it("says where the tier is written", () => {
    expect(standingOf(specOf("tier: 1"), fleetOf())).toMatchObject({
      tier: 1,
      tierPlace: { file: "SPEC.md", line: 4 },
    });
    const fleet = fleetOf("companies: { acme: {} }\nproducts:\n  payments: { company: acme, repo: a, tier: 0 }");
    expect(standingOf(specOf(""), fleet)).toMatchObject({ tier: 0, tierPlace: { file: "fleet.yaml", line: 3 } });
    expect(standingOf(specOf(""), fleetOf())).toEqual({ tier: 2, priority: "medium" });
  });
});
