import { afterEach, describe, expect, it } from "vitest";
import { type FakeModel, startModel } from "./fake-model.ts";
import { createWorld, type World } from "./heal-world.ts";

let world: World | undefined;
let model: FakeModel | undefined;
afterEach(async () => {
  await world?.close();
  await model?.close();
});

const answer = (file: string, search: string, replace: string) =>
  JSON.stringify({ explanation: "The sum starts at seven instead of zero.", edits: [{ file, search, replace }] });

// Seven is further from zero than any small edit leads: what the search would find is not left to the model.
const SUM =
  "export function sum(items) {\n  let total = 7;\n  for (const item of items) total += item;\n  return total;\n}\n";
const FILES = {
  "package.json": '{ "name": "north", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/sum.js": SUM,
  "test/sum.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { sum } from "../src/sum.js";\n\ntest("sums", () => assert.equal(sum([1, 2]), 3));\n',
};

async function healWith(answers: readonly string[], constitution?: string) {
  model = await startModel(answers);
  world = await createWorld({
    config: `model:\n  endpoint: ${model.url}\n  name: tiny\n`,
    ...(constitution ? { constitution } : {}),
  });
  await world.product("north", FILES, "npm test");
  return world.heal("north");
}

describe("a model, where one answers", () => {
  it("proposes, and what it proposes is proven before it is kept", async () => {
    // Prose, a wrong file, a search that does not fit, an edit that does not heal, and at last the right one, indented wrongly.
    const healed = await healWith([
      "You should set total to zero.",
      answer("../../etc/passwd", "root", "toor"),
      answer("src/sum.js", "const nothing = here;", "x"),
      answer("src/sum.js", "  let total = 7;", "  let total = 2;"),
      answer("src/sum.js", "let total = 7;", "let total = 0;"),
    ]);
    expect(healed.report).toMatchObject({
      verdict: "fixed",
      fixes: [{ kind: "model", name: "tiny", trust: 0.3 }],
      tried: [{ dropped: expect.stringMatching(/./) }, {}],
    });
    expect(healed.report.diff).toContain("+  let total = 0;");
    expect(model?.prompts).toHaveLength(5);
    expect(model?.prompts[2]).toContain("is not a file you may edit");
    expect(model?.prompts[3]).toContain("the search text is nowhere in the file");
    expect(model?.prompts[4]).toContain("was tried and did not heal");
    expect(await world?.git("north", "log", "-1", "--format=%B")).toMatch(/^Heal-Source: model tiny$/m);
  });

  it("never gets to change a test, whatever it answers", async () => {
    const healed = await healWith([
      answer("test/sum.test.js", "sum([1, 2]), 3", "sum([1, 2]), 4"),
      answer("src/sum.js", "  return total;", "  try {\n    return total;\n  } catch (error) {\n    return 0;\n  }"),
    ]);
    expect(healed.report).toMatchObject({ pushed: false });
    expect(healed.report.tried.map((one) => one.dropped)).toContainEqual(
      expect.stringMatching(/^refused: an error is caught/),
    );
    expect(await world?.git("north", "log", "--format=%s")).toBe("feat: begin");
  });

  it("is not asked when the constitution does not let it", async () => {
    const healed = await healWith(
      [answer("src/sum.js", "let total = 7;", "let total = 0;")],
      "version: 1\nrules:\n  - id: heal\n    allow: [git.commit, git.push]\n",
    );
    expect(healed.report).toMatchObject({ verdict: "not_fixed", tried: [] });
    expect(healed.told.join("\n")).toMatch(/tiny is not asked: model.ask is denied/);
    expect(model?.prompts).toHaveLength(0);
  });

  it("that is not there is named, and nothing else happens", async () => {
    world = await createWorld({ config: "model:\n  endpoint: http://127.0.0.1:9\n" });
    await world.product("north", FILES, "npm test");
    const healed = await world.heal("north");
    expect(healed.report).toMatchObject({ verdict: "not_fixed" });
    expect(healed.told.join("\n")).toContain("no model answers at http://127.0.0.1:9");
  });
});
