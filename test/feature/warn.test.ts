import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Warned } from "../../src/org/warn-schema.ts";
import { LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

/** What npm prints where a peer range and the project's own ask exclude each other. */
const CONFLICT = `npm error code ERESOLVE
npm error ERESOLVE unable to resolve dependency tree
npm error
npm error While resolving: payments@1.0.0
npm error Found: react@18.2.0
npm error node_modules/react
npm error   react@"^18.0.0" from the root project
npm error
npm error Could not resolve dependency:
npm error peer react@"^17.0.0" from widget@2.0.0
npm error node_modules/widget
npm error   widget@"^2.0.0" from the root project
npm error
npm error Fix the upstream dependency conflict, or retry this command with --force or --legacy-peer-deps
`;

const manifest = (name: string, widget: string, react: string) =>
  `{\n  "name": "${name}",\n  "version": "1.0.0",\n  "dependencies": {\n    "react": "${react}",\n    "widget": "${widget}"\n  }\n}\n`;
const lock = (react: string) =>
  `{\n  "lockfileVersion": 3,\n  "packages": {\n    "": {},\n    "node_modules/react": {\n      "version": "${react}"\n    },\n    "node_modules/widget": {\n      "version": "2.3.0"\n    }\n  }\n}\n`;
const spec = (product: string, company: string) =>
  `---\nproduct: ${product}\ncompany: ${company}\ndocs: { site: none }\nstages: { test: npm test }\n---\n# ${product}\nIt is.\n`;

let world: SpineWorld;

/** A further product's repository, as its team would push it. */
async function found(name: string, company: string, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(world.root, name);
  mkdirSync(folder);
  await world.gitIn(world.root, "init", "-q", "--bare", "-b", "main", `${name}.git`);
  await world.gitIn(folder, "init", "-q", "-b", "main");
  for (const [file, text] of Object.entries({ "SPEC.md": spec(name, company), ...files })) {
    writeFileSync(join(folder, file), text);
  }
  await world.gitIn(folder, "add", "-A");
  await world.gitIn(folder, "commit", "-q", "-m", "feat: begin");
  await world.gitIn(folder, "push", "-q", join(world.root, `${name}.git`), "main");
}

beforeAll(async () => {
  world = await spineWorld({
    files: { "package.json": manifest("payments", "^2.0.0", "^18.0.0") },
    front: "stages: { test: 'cat failing.log; exit 1' }",
  });
  await world.change("feat: what fails", { "failing.log": CONFLICT });
  await found("reports", "acme", { "package.json": manifest("reports", "^2.1.0", "^18.1.0") });
  await found("careful", "acme", { "package.json": manifest("careful", "^2.1.0", "^17.0.2") });
  await found("locked", "acme", {
    "package.json": manifest("locked", "^2.1.0", ">=17"),
    "package-lock.json": lock("17.0.2"),
  });
  await found("other", "globex", { "package.json": manifest("other", "^2.0.0", "^18.0.0") });
  const entries = ["payments", "reports", "careful", "locked", "other", "gone"].map(
    (name) =>
      `  ${name}: { company: ${name === "other" ? "globex" : "acme"}, repo: ${join(world.root, `${name}.git`)} }\n`,
  );
  // No repair is tried: that would ask a registry.
  await world.govern(LOOP_RULES, "protect: [package.json]\n");
  await world.governFiles({ "fleet.yaml": `companies: { acme: {}, globex: {} }\nproducts:\n${entries.join("")}` });
});
afterAll(() => world.close());

describe("warn", () => {
  it("has nothing to say before anything failed", async () => {
    const { code, stdout } = await world.run("warn");
    expect(code).toBe(0);
    expect(stdout).toContain("no build has failed over a dependency yet");
  });

  it("tells who asks for what heal saw fail elsewhere, where, and stays inside the company", async () => {
    const healed = await world.result("heal", "failing.log", "--stage", "test");
    expect(healed.verdict).toBe("failure");

    const { code, data, diagnostics } = await world.result<Warned>("warn");
    expect(code).toBe(0);
    expect(data.conflicts).toBe(1);
    expect(data.warnings.map(({ product }) => product)).toEqual(["payments", "reports"]);
    expect(data.warnings[1]).toMatchObject({
      ecosystem: "npm",
      package: "widget",
      asks: { range: "^2.1.0", file: "package.json", line: 6, locked: false },
      against: { package: "react", wants: "^17.0.0", asks: { range: "^18.1.0", line: 5 } },
      seen: [{ product: "payments", requested: "^2.0.0", met: "^18.0.0", over: false }],
    });
    expect(diagnostics).toMatchObject([{ code: "warn.unread", severity: "warning" }]);
    expect(diagnostics[0]?.message).toMatch(/^gone cannot be read/);

    const { stdout } = await world.run("warn", "reports");
    expect(stdout).toContain("● reports package.json:6 asks for widget ^2.1.0\n");
    expect(stdout).toContain("widget wants react ^17.0.0; package.json:5 asks for react ^18.1.0\n");
    expect(stdout).toMatch(
      /seen in payments at [0-9a-f]{7} on \d{4}-\d\d-\d\d with widget \^2\.0\.0 against \^18\.0\.0; not fixed yet/,
    );
  });

  it("tells what the product asks for since, once it is over there", async () => {
    await world.change("fix: widget for react 18", { "package.json": manifest("payments", "^3.0.0", "^18.0.0") });
    const { data } = await world.result<Warned>("warn");
    expect(data.warnings.map(({ product }) => product)).toEqual(["reports"]);
    expect(data.warnings[0]?.seen).toMatchObject([
      { product: "payments", over: true, now: [{ package: "react" }, { package: "widget", range: "^3.0.0", line: 6 }] },
    ]);
    const { stdout } = await world.run("warn", "reports");
    expect(stdout).toContain("it now asks for react ^18.0.0 (package.json:5) and widget ^3.0.0 (package.json:6)");
  });

  it("knows a wrong name, and what was meant", async () => {
    const { code, stderr, stdout } = await world.run("warn", "report");
    expect(code).toBe(3);
    expect(stdout + stderr).toContain("did you mean reports?");
  });
});
