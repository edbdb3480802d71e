import { afterEach, describe, expect, it } from "vitest";
import { createWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const NORTH = {
  "package.json": '{ "name": "north", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "north-rates.json": '{ "vat": 19 }\n',
  "src/vat.js": 'import rates from "../north-rates.json" with { type: "json" };\n\nexport const vat = rates.vat;\n',
  "test/vat.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { vat } from "../src/vat.js";\n\ntest("vat", () => assert.equal(vat, 19));\n',
};
const SOUTH = {
  "package.json": '{ "name": "south", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "data/tables/south.json": "[1, 2]\n",
  "src/table.js": "export const TITLE = 'south';\n",
  "test/table.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { TITLE } from "../src/table.js";\n\ntest("title", () => assert.equal(TITLE, "south"));\n',
};

describe("a build that breaks", () => {
  it("is healed by a fixer, and the same fault elsewhere by what was learned", async () => {
    world = await createWorld();
    await world.product("north", NORTH, "npm test");
    await world.product("south", SOUTH, "npm test");
    expect((await world.build("north")).passed).toBe(true);

    await world.change("north", {
      "src/vat.js": NORTH["src/vat.js"].replace("with", "assert"),
    });
    const first = await world.heal("north");
    expect(first.outcome).toMatchObject({ ok: true });
    expect(first.report).toMatchObject({
      verdict: "fixed",
      pushed: true,
      branch: "main",
      files: ["src/vat.js"],
      lines: 2,
      fixes: [{ kind: "builtin", name: "import-attributes" }],
    });
    expect((await world.build("north")).passed).toBe(true);
    const log = await world.git("north", "log", "-1", "--format=%B");
    expect(log).toMatch(/^Heal-Run: r-/m);
    expect(log).toMatch(/^Heal-Source: builtin import-attributes$/m);
    expect(await world.git("north", "ls-remote", "origin", "main")).toContain(first.report.fix_commit);

    await world.change("south", {
      "src/table.js":
        "import rows from '../data/tables/south.json' assert { type: 'json' };\n\nexport const TITLE = rows ? 'south' : '';\n",
    });
    const second = await world.heal("south");
    expect(second.report).toMatchObject({
      verdict: "fixed",
      pushed: true,
      fixes: [{ kind: "template", name: first.report.learned, learned_in: "north" }],
    });
    expect(second.told.join("\n")).toMatch(
      /template t-\w+ \(learned in north, trust 0\.67\) applied to src\/table\.js/,
    );
    expect((await world.build("south")).passed).toBe(true);
  }, 60_000);
});
