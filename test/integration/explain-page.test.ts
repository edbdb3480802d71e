import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { excerptsOf, explainHtml, foldLog } from "../../src/pillars/heal/explain/index.ts";
import { readLog } from "../../src/pillars/heal/read/index.ts";

let dir: string;
let browser: Browser;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "codemonkeys-page-"));
  const executablePath = execFileSync("scripts/install-chromium.sh", { encoding: "utf8" }).trim();
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
  });
}, 300_000);

afterAll(async () => {
  await browser.close();
  await rm(dir, { recursive: true, force: true });
});

const HOSTILE = `${"building\n".repeat(200)}</pre><script>document.title="taken"</script><img src="http://127.0.0.1:9/x">
src/a.ts(3,5): error TS2304: Cannot find name '"><svg onload="document.title='taken'">'.
${"done\n".repeat(200)}`;

test("in a browser the page shows the cause on the first screen, asks for nothing, and runs nothing of the log", async () => {
  const log = join(dir, "build.log");
  await writeFile(log, HOSTILE);
  const report = await readLog({ path: log });
  const explanation = { log: "build.log", report, excerpts: await excerptsOf({ path: log }, report.failures) };
  const file = join(dir, "report.html");
  await writeFile(file, explainHtml(explanation, await foldLog({ path: log }, report.failures)));
  const colours: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1000, height: 700 } });
    const page = await context.newPage();
    const asked: string[] = [];
    const said: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => said.push(message.text()));
    await page.goto(pathToFileURL(file).href);
    expect(asked).toEqual([pathToFileURL(file).href]);
    expect(said).toEqual([]);
    expect(await page.title()).toContain("Cannot find name");
    const cause = await page.getByRole("heading", { level: 1 }).boundingBox();
    expect(cause!.y + cause!.height).toBeLessThan(700);
    colours.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
    // The fold opens by keyboard, and the link to the line leads to it.
    const fold = page.locator(".log summary").first();
    await fold.focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("#L180").isVisible()).toBe(true);
    await page.getByRole("link", { name: "line 202" }).click();
    expect(await page.locator("#L202").isVisible()).toBe(true);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await context.close();
  }
  expect(new Set(colours).size).toBe(2);
});
