import { afterEach, describe, expect, it } from "vitest";
import { runStep } from "../../src/steps/run.ts";
import { listTemplates } from "../../src/swarm/templates.ts";
import { ALLOW_ALL, createWorld, type World } from "./heal-world.ts";

let world: World;
afterEach(() => world.close());

const files = (module: string, source: string, test: string, company = "acme") => ({
  "SPEC.md": `---\nproduct: ${module}\ncompany: ${company}\ndocs: { site: none }\nstages: { test: node --test }\n---\n# ${module}\nA product.\n`,
  "package.json": `{ "name": "${module}", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n`,
  [`src/${module}.js`]: source,
  [`test/${module}.test.js`]: `import assert from "node:assert/strict";\nimport test from "node:test";\nimport { ${module} } from "../src/${module}.js";\n\ntest("${module}", () => assert.equal(${test}));\n`,
});
const ORBIT = (factor: string) => `export function orbit(metres, rounds) {\n  return metres * ${factor};\n}\n`;
const LEDGER = (factor: string) =>
  `const DAYS = 30n;\n\nexport const ledger = (times) => {\n    return DAYS * ${factor};\n};\n`;

/** What `codemonkeys run` does with the product, and the templates that the company has then. */
async function run(name: string) {
  const { session, close } = await world.open(name);
  try {
    const ran = await runStep.run(session, { all: false, fresh: false });
    const templates = await listTemplates(session.swarm, { companies: ["acme"] });
    if (!ran.ok || !templates.ok) throw new Error(JSON.stringify([ran, templates]));
    // This world's products stand in its fleet alone; the runner would count their builds in the database as well.
    expect(ran.warnings.filter(({ code }) => code !== "swarm.unknown_product")).toEqual([]);
    return { state: ran.value.data.state, templates: templates.value };
  } finally {
    await close();
  }
}

/** Two products with the same fault; the first is red once. */
async function redOrbit(options: Parameters<typeof createWorld>[0] = {}) {
  world = await createWorld(options);
  await world.product("orbit", files("orbit", ORBIT("rounds"), "orbit(5n, 2), 10n"), "node --test");
  await world.product(
    "ledger",
    files("ledger", LEDGER("times"), "ledger(2), 60n", options.companies?.ledger),
    "node --test",
  );
  expect(await run("orbit")).toMatchObject({ state: "failed", templates: [] });
}

describe("a person's commit that turns red to green", () => {
  it("is a template of little trust, which heals another product", async () => {
    await redOrbit();
    await world.change("orbit", { "src/orbit.js": ORBIT("BigInt(rounds)") }, "fix: count in BigInt");
    const { state, templates } = await run("orbit");
    const commit = await world.git("orbit", "rev-parse", "HEAD");
    expect(state).toBe("passed");
    expect(templates).toMatchObject([
      { source: "person", trust: 0.5, worked: 0, learnedFrom: { product: "orbit", commit } },
    ]);
    expect(JSON.stringify(templates[0]?.edit)).not.toMatch(/rounds|metres|orbit/);

    const healed = await world.heal("ledger");
    expect(healed.report).toMatchObject({
      verdict: "fixed",
      pushed: true,
      fixes: [{ kind: "template", name: templates[0]?.id, learned_in: "orbit", trust: 0.5 }],
    });
    expect((await world.build("ledger")).passed).toBe(true);
    expect(await world.git("ledger", "log", "-1", "--format=%B")).toMatch(/^Heal-Source: template t-/m);
  });

  it.each([
    [
      "changes the test as well",
      { "test/orbit.test.js": files("orbit", "", "orbit(5n, 3), 15n")["test/orbit.test.js"] ?? "" },
      "fix: it",
    ],
    ["is a heal's own", {}, "fix: it\n\nHeal-Run: r-1"],
  ])("teaches nothing when it %s", async (_why, more, message) => {
    await redOrbit();
    await world.change("orbit", { "src/orbit.js": ORBIT("BigInt(rounds)"), ...more }, message);
    expect(await run("orbit")).toEqual({ state: "passed", templates: [] });
  });

  it("teaches nothing on a branch that people have not merged", async () => {
    await redOrbit();
    await world.git("orbit", "checkout", "-q", "-b", "try");
    await world.change("orbit", { "src/orbit.js": ORBIT("BigInt(rounds)") });
    expect(await run("orbit")).toEqual({ state: "passed", templates: [] });
  });
});

describe("what one company learned", () => {
  const sharing = (companies: string) => `${ALLOW_ALL}sharing:\n  - companies: [${companies}]\n    what: [templates]\n`;
  const healElsewhere = async (constitution: string, options: { constitution?: string } = {}) => {
    await redOrbit(Object.assign(options, { constitution, companies: { ledger: "globex" } }));
    await world.change("orbit", { "src/orbit.js": ORBIT("BigInt(rounds)") }, "fix: count in BigInt");
    const { templates } = await run("orbit");
    return { template: templates[0], healed: await world.heal("ledger") };
  };

  it("heals another company's product where the constitution shares, which hears nothing of the first", async () => {
    const { template, healed } = await healElsewhere(sharing("acme, globex"));
    expect(template?.shared).toBe(true);
    expect(healed.report).toMatchObject({ verdict: "fixed", fixes: [{ kind: "template", name: template?.id }] });
    expect(JSON.stringify(healed.report)).not.toMatch(/orbit|rounds|acme/);
  });

  it("stays there without it, and is offered once the constitution shares", async () => {
    const options: { constitution?: string } = {};
    const { template, healed } = await healElsewhere(sharing("globex, initech"), options);
    expect(template?.shared).toBe(false);
    expect(healed.report.fixes.filter(({ kind }) => kind === "template")).toEqual([]);

    options.constitution = sharing("acme, globex");
    const { report } = await world.heal("ledger", { fresh: true });
    expect(report).toMatchObject({ verdict: "fixed", fixes: [{ kind: "template", name: template?.id }] });
    expect(JSON.stringify(report)).not.toMatch(/orbit|rounds|acme/);
  });
});
