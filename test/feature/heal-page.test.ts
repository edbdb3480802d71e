import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { HealReport } from "../../src/pillars/heal/report.ts";
import { BREAKING, GOOD_PRODUCT, type SpineWorld, spineWorld } from "./spine-world.ts";

let world: SpineWorld;
beforeAll(async () => {
  world = await spineWorld({ files: GOOD_PRODUCT });
  await world.change("refactor: assert", BREAKING);
  await world.run("run", "--stage", "test");
});
afterAll(() => world.close());

it("the page of a dry run shows the proof, each gate's answer and the diff, outside the work tree", async () => {
  const { artifacts, data } = await world.result<HealReport>("heal", "--dry-run");
  expect(data).toMatchObject({ verdict: "proposed", dry_run: true });
  const [page] = artifacts;
  expect(page).toMatchObject({ name: "heal-test.html", path: expect.stringContaining(world.state) });
  const html = readFileSync(page?.path as string, "utf8");
  expect(html).toContain('<h2 id="heal">What heal would do</h2>');
  expect(html).toMatch(/<dt>Proof<\/dt><dd>shown again in \d+\.\d s/);
  expect(html).toContain("<dt>Place</dt><dd><code>src/vat.js:1:35</code>");
  expect(html).toContain("<code>import-attributes</code> (builtin");
  expect(html).toMatch(
    /<code>git\.push<\/code> <strong>allow<\/strong> <span class="quiet">asked only<\/span> by heals/,
  );
  expect(html).toContain("+import rates from &quot;../rates.json&quot; with { type: &quot;json&quot; };");
  expect(html).toContain("The log, folded to what matters");
  expect(html).not.toMatch(/<script|<img|<link|src=/);
  expect(await world.git("status", "--porcelain")).toBe("");
  expect((await world.run("heal", "--dry-run", "--plain")).stdout).toContain(`page: ${page?.path}`);
});

it("in a build it lies where the shared library archives it, and the result links it", async () => {
  const call = join(world.root, "call");
  const { stdout } = await world.runWith(
    { CODEMONKEYS_RESULT: join(call, "result.json"), BUILD_URL: "http://127.0.0.1:1/job/payments/7/" },
    ...["heal", "--build", (await newestBuild()) ?? "", "--json"],
  );
  const result = JSON.parse(stdout);
  expect(result.data.verdict).toBe("fixed");
  expect(result.artifacts).toEqual([{ name: "heal-test.html", digest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(result.links).toContainEqual({
    title: "what heal did",
    url: "http://127.0.0.1:1/job/payments/7/artifact/codemonkeys/heal-test.html",
  });
  const html = readFileSync(join(call, "report", "codemonkeys", "heal-test.html"), "utf8");
  expect(html).toMatch(/<dt>Landed<\/dt><dd>[0-9a-f]{7} on main, pushed/);
});

it("asking what became of it leaves the page again, made of what the run has kept", async () => {
  const file = join(world.root, "resumed.html");
  const { artifacts, summary } = await world.result<HealReport>("heal", "--resume", "--html", file);
  expect(summary).toMatch(/^CI has not built [0-9a-f]{7} yet/);
  expect(artifacts).toMatchObject([{ name: "resumed.html", path: file }]);
  const html = readFileSync(file, "utf8");
  expect(html).toMatch(/<dt>Landed<\/dt><dd>[0-9a-f]{7} on main, pushed/);
  expect(html).toContain("The log, folded to what matters");
});

async function newestBuild(): Promise<string | undefined> {
  const { data } = await world.result<{ products: { build?: { id: string } }[] }>("status");
  return data.products[0]?.build?.id;
}
