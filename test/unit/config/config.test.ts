import { describe, expect, it } from "vitest";
import { OPTION_NAMES, optionOf } from "../../../src/core/config/options.ts";
import { type ConfigLayer, defaultConfig, findOption, readConfig } from "../../../src/core/config.ts";

const organisation = (text: string): ConfigLayer => ({
  layer: "organisation",
  text,
  file: "organisation/.codemonkeys/config.yaml",
  commit: "0123456789abcdef0123456789abcdef01234567",
});
const product = (text: string): ConfigLayer => ({ layer: "product", text, file: ".codemonkeys/config.yaml" });

function read(...layers: ConfigLayer[]) {
  const config = readConfig(layers);
  if (!config.ok) throw new Error(JSON.stringify(config.diagnostics, undefined, 2));
  return { config: config.value, warnings: config.warnings };
}

describe("values", () => {
  it("has a value or a known absence for every key without any file", () => {
    const config = defaultConfig();
    for (const name of OPTION_NAMES) expect(config.get(name)).toEqual(optionOf(name).default);
    expect(config.get("ship.security.fail_on_high")).toBe(true);
    expect(config.get("ship.secrets.sops_age_key")).toBeUndefined();
  });

  it("lets the product's value go over the organisation's, key by key", () => {
    const { config } = read(
      organisation("model: { name: big, timeout_seconds: 5 }\ngit: { main_branch: trunk }"),
      product("model:\n  name: small\n"),
    );
    expect(config.get("model.name")).toBe("small");
    expect(config.get("model.timeout_seconds")).toBe(5);
    expect(config.get("git.main_branch")).toBe("trunk");
  });

  it("reads a registry as true, false or a mapping", () => {
    const { config } = read(
      organisation(`ship:
  registries:
    npm: { url: "http://127.0.0.1:4873/", token_env: LOCAL_TOKEN }
    pypi: false
    crates_io: true
    docker_hub: { token_env: T }`),
    );
    expect(config.get("ship.registries.npm")).toEqual({
      enabled: true,
      url: "http://127.0.0.1:4873/",
      token_env: "LOCAL_TOKEN",
    });
    expect(config.get("ship.registries.pypi").enabled).toBe(false);
    expect(config.get("ship.registries.crates_io")).toEqual({
      enabled: true,
      url: undefined,
      token_env: "CARGO_REGISTRY_TOKEN",
    });
    expect(config.get("ship.registries.docker_hub")).toEqual({ enabled: true, url: undefined, token_env: "T" });
  });
});

describe("problems", () => {
  it("come all together, from both files, with places and suggestions", () => {
    const outcome = readConfig([
      organisation("model:\n  tokenbudget: 5\n"),
      product(`ship:
  security:
    fail_on_hihg: true
  registries: { npm: yes }
model: { timeout_seconds: 0 }`),
    ]);
    expect(outcome.ok).toBe(false);
    if (outcome.ok) return;
    expect(
      outcome.diagnostics.map((one) => [one.where?.file, one.where?.line, one.where?.column, one.message]),
    ).toEqual([
      ["organisation/.codemonkeys/config.yaml", 2, 3, "unknown key tokenbudget; did you mean token_budget?"],
      [".codemonkeys/config.yaml", 3, 5, "unknown key fail_on_hihg; did you mean fail_on_high?"],
      [".codemonkeys/config.yaml", 4, 22, 'expected true or false or a mapping, found the text "yes"'],
      [".codemonkeys/config.yaml", 5, 27, expect.stringContaining("timeout_seconds")],
    ]);
  });

  it.each([
    ["ship: { github: { token_env: ghp-abc } }"],
    ["model: { endpoint: 'http://user:pw@host' }"],
    ["model: { endpoint: 'file:///etc/passwd' }"],
    ["ship: { registries: { npm: { url: 'https://t0ken@host/' } } }"],
    ["ship: { registries: { npm: { token: x } } }"],
    ["overridable: [model.name]"],
    ["model:"],
    ["- a"],
  ])("refuses %s in a product's file", (text) => {
    expect(readConfig([product(text)]).ok).toBe(false);
  });

  it.each([
    ["ship: { github: { token_env: ghp_0123456789abcdef } }", "ghp_0123456789abcdef"],
    ["model: { endpoint: 'http://user:hunter22@host' }", "hunter22"],
    ["ship: { registries: { npm: { url: 'https://h/', token_env: npm_0123456789 } } }", "npm_0123456789"],
  ])("never shows the secret pasted in %s", (text, secret) => {
    const outcome = readConfig([product(text)]);
    expect(outcome.ok).toBe(false);
    expect(JSON.stringify(outcome)).not.toContain(secret);
  });

  it("refuses an overridable pattern that covers no key", () => {
    expect(readConfig([organisation("overridable: [modle.*]")]).ok).toBe(false);
  });
});

describe("overriding", () => {
  it("refuses a product's security and secrets by default: the value does not count and a warning says so", () => {
    const { config, warnings } = read(
      organisation("ship: { security: { fail_on_high: true } }"),
      product("ship:\n  security:\n    fail_on_high: false\n  secrets: { sops_age_key: /tmp/k }\nmodel: { name: m }"),
    );
    expect(config.get("ship.security.fail_on_high")).toBe(true);
    expect(config.get("ship.secrets.sops_age_key")).toBeUndefined();
    expect(config.get("model.name")).toBe("m");
    expect(warnings.map((one) => [one.code, one.severity, one.where?.line])).toEqual([
      ["config.not_overridable", "warning", 4],
      ["config.not_overridable", "warning", 3],
    ]);
  });

  it("follows the organisation's list instead of the default", () => {
    const { config } = read(
      organisation("overridable: [ship.registries.*, ship.security.trivy_enabled]"),
      product("ship: { security: { trivy_enabled: false }, registries: { npm: false } }\nmodel: { name: m }"),
    );
    expect(config.get("ship.security.trivy_enabled")).toBe(false);
    expect(config.get("ship.registries.npm").enabled).toBe(false);
    expect(config.get("model.name")).not.toBe("m");
  });

  it("lets nothing be overridden by an empty list", () => {
    const { config, warnings } = read(organisation("overridable: []"), product("model: { name: m }"));
    expect(config.get("model.name")).not.toBe("m");
    expect(warnings).toHaveLength(1);
  });
});

describe("explain", () => {
  it("says where a value comes from, what it hides and what was refused", () => {
    const { config } = read(
      organisation("model:\n  name: big\nship: { security: { trivy_enabled: true } }"),
      product("model: { name: small }\nship: { security: { trivy_enabled: false } }"),
    );
    expect(config.explain("model.name")).toMatchObject({
      value: "small",
      from: "product",
      where: { file: ".codemonkeys/config.yaml", line: 1, column: 16 },
      overridable: true,
      overridden: [
        { layer: "organisation", value: "big", where: { file: "organisation/.codemonkeys/config.yaml", line: 2 } },
      ],
      refused: [],
    });
    expect(config.explain("ship.security.trivy_enabled")).toMatchObject({
      value: true,
      from: "organisation",
      overridable: false,
      refused: [{ layer: "product", value: false, where: { line: 2 } }],
    });
    expect(config.explain("git.main_branch")).toMatchObject({ value: "main", from: "default", default: "main" });
    expect(config.explain("git.main_branch").where).toBeUndefined();
  });

  it("names the list that decides who may override", () => {
    const { config } = read(organisation("model: { name: m }\noverridable: [git.*]"));
    expect(config.explain("model.name")).toMatchObject({ overridable: false, overridableWhere: { line: 2 } });
  });

  it("finds the key that was probably meant", () => {
    expect(findOption("model.name")).toMatchObject({ ok: true, value: "model.name" });
    const wrong = findOption("ship.security.fail_on_hihg");
    expect(wrong.ok ? undefined : wrong.diagnostics[0]?.next).toBe("did you mean ship.security.fail_on_high?");
    const short = findOption("fail_on_high");
    expect(short.ok ? undefined : short.diagnostics[0]?.next).toBe("did you mean ship.security.fail_on_high?");
  });
});

describe("registries of an organisation", () => {
  const organisationSays = organisation(
    'ship: { registries: { npm: { url: "https://registry.acme.example/", token_env: ACME_NPM } } }',
  );

  it("keep their address and token when a product only switches publishing on", () => {
    const { config } = read(organisationSays, product("ship: { registries: { npm: true } }"));
    expect(config.get("ship.registries.npm")).toEqual({
      enabled: true,
      url: "https://registry.acme.example/",
      token_env: "ACME_NPM",
    });
  });

  it("are not redirected by a product, which would be handed the token", () => {
    const evil = product('ship: { registries: { npm: { url: "https://evil.example/" } } }');
    const { config, warnings } = read(organisationSays, evil);
    expect(config.get("ship.registries.npm").url).toBe("https://registry.acme.example/");
    expect(warnings).toMatchObject([{ code: "config.not_overridable" }]);
  });
});
