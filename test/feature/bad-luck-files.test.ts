import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BadLuckWorld, badLuckWorld, CONSTITUTION, GOOD } from "./bad-luck-world.ts";

let world: BadLuckWorld;
beforeAll(async () => {
  world = await badLuckWorld();
});
afterAll(() => world.close());

const level = (name: string, inner: string) => `${name}: &${name} [${Array(9).fill(inner).join(", ")}]\n`;

/** Text, and what its diagnostic is called behind the file's own prefix. */
const HOSTILE: Readonly<Record<string, readonly [text: string, code: string]>> = {
  "duplicate keys": ["version: 1\nversion: 1\n", "yaml"],
  "an alias bomb": [
    [..."bcdefghi"].map((c, i) => level(c, `*${"abcdefgh"[i]}`)).reduce((a, b) => a + b, level("a", "x")),
    "yaml",
  ],
  "the wrong type": ["- a list\n", "wrong_type"],
  "a text": ["hello\n", "wrong_type"],
  "tabs for indentation": ["a:\n\t- b\n", "yaml"],
  "5,000 open brackets": ["[".repeat(5000), "too_deep"],
  "10 MB": [`# ${"x".repeat(10 * 1024 * 1024)}\n`, "too_large"],
  "bytes that are no UTF-8": ["\uFFFE\u0001\uFFFD: {", "not_utf8"],
  "a key that is no key": ["__proto__: { polluted: true }\n", "unknown_key"],
};

/** Files by the prefix of their diagnostics; each is put in place, and taken away again. */
const FILES = {
  constitution: (text: string | undefined) => world.organise({ "constitution.yaml": text ?? CONSTITUTION }),
  fleet: (text: string | undefined) => world.organise({ "fleet.yaml": text ?? fleet() }),
  config: (text: string | undefined) =>
    world.organise({ ".codemonkeys/config.yaml": text ?? "model: { token_budget: 0 }\n" }),
  spec: async (text: string | undefined) =>
    world.write("SPEC.md", text === undefined ? (GOOD["SPEC.md"] as string) : `---\n${text}\n---\n# Payments\n`),
  user_config: async (text: string | undefined) => world.write("config.yaml", text ?? "", join(world.root, "config")),
} as const;

const fleet = () => `companies: { acme: {} }\nproducts: { payments: { company: acme, repo: ${world.remote} } }\n`;

describe.each(Object.keys(FILES) as (keyof typeof FILES)[])("%s", (name) => {
  test.each(Object.keys(HOSTILE))("with %s: exit 3", async (what) => {
    const [text, code] = HOSTILE[what] as readonly [string, string];
    await FILES[name](text);
    try {
      const told = await world.tell(["run", "--dry-run"]);
      expect(told).toMatchObject({ code: 3, codes: expect.arrayContaining([`${name}.${code}`]) });
      expect(told.codes.length).toBeLessThanOrEqual(25);
      expect(told.result.diagnostics[0]?.where?.file).toMatch(/\S/);
    } finally {
      await FILES[name](undefined);
    }
  });
});

describe("a product's own configuration", () => {
  test.each(Object.keys(HOSTILE))("with %s: exit 3", async (what) => {
    const [text, code] = HOSTILE[what] as readonly [string, string];
    world.write(".codemonkeys/config.yaml", text);
    try {
      const told = await world.tell(["run", "--dry-run"]);
      expect(told).toMatchObject({ code: 3, codes: expect.arrayContaining([`config.${code}`]) });
    } finally {
      rmSync(join(world.product, ".codemonkeys"), { recursive: true });
    }
  });
});

describe("a file that is none", () => {
  test.each([
    ["SPEC.md", () => join(world.product, "SPEC.md"), ["run"]],
    ["the product's configuration", () => join(world.product, ".codemonkeys", "config.yaml"), ["run"]],
    ["the user's configuration", () => join(world.root, "config", "config.yaml"), ["status"]],
  ] as const)("%s is a folder: exit 3", async (_, path, args) => {
    rmSync(path(), { force: true });
    mkdirSync(path(), { recursive: true });
    try {
      expect(await world.tell(args)).toMatchObject({ code: 3, codes: ["machine.wrong_place"] });
    } finally {
      rmSync(path(), { recursive: true });
      world.write("SPEC.md", GOOD["SPEC.md"] as string);
    }
  });

  test("the parameters of a call: exit 64 for what is unknown, 3 for what cannot be read", async () => {
    world.write("params.json", '{ "stgae": "test" }', world.root);
    const file = join(world.root, "params.json");
    expect(await world.tell(["run", "--params-file", file])).toMatchObject({ code: 64, codes: ["params.unknown"] });
    world.write("params.json", "{", world.root);
    expect((await world.tell(["run", "--params-file", file])).codes).toEqual(["params.file"]);
    expect((await world.tell(["run", "--params-file", world.root])).codes).toEqual(["params.file"]);
  });
});

describe("a constitution whose own tests fail", () => {
  const text = `${CONSTITUTION}tests:\n  - given: { action: git.push }\n    expect: deny\n`;

  test("constitution check names the test with its line: exit 3", async () => {
    world.write("proposed.yaml", text, world.root);
    const told = await world.tell(["constitution", "check", join(world.root, "proposed.yaml")]);
    expect(told).toMatchObject({ code: 3, codes: expect.arrayContaining(["constitution.test_failed"]) });
    const failed = told.result.diagnostics.find((one) => one.code === "constitution.test_failed");
    expect(failed?.where?.line).toBeGreaterThan(7);
    expect(told.result.data).toMatchObject({ tests: { passed: 0, failed: 1 } });
  });

  test("doctor sees it in the organisation: exit 4", async () => {
    await world.organise({ "constitution.yaml": text });
    try {
      const told = await world.tell(["doctor"]);
      expect(told.code).toBe(4);
      expect(told.result.summary).toMatch(/1 of its tests fail/);
    } finally {
      await world.organise({ "constitution.yaml": CONSTITUTION });
    }
  });
});
