import { describe, expect, test } from "vitest";
import { type Explanation, excerptsOf, explainHtml, foldLog } from "../../../src/pillars/heal/explain/index.ts";
import { readLog } from "../../../src/pillars/heal/read/index.ts";

async function page(log: string, more: Partial<Explanation> = {}): Promise<string> {
  const bytes = Buffer.from(log);
  const open = async function* () {
    yield bytes;
  };
  const report = await readLog(open());
  const excerpts = await excerptsOf(open(), report.failures);
  return explainHtml({ log: "build.log", report, excerpts, ...more }, await foldLog(open(), report.failures));
}

const filler = (count: number, word: string) => Array.from({ length: count }, (_, n) => `${word} ${n}\n`).join("");
const ERROR = "src/a.ts(3,5): error TS2304: Cannot find name 'total'.\n";

describe("the page", () => {
  test("says the cause first, and needs nothing but itself", async () => {
    const html = await page(ERROR);
    expect(html).toMatch(/<h1 id="cause">Cannot find name &#39;total&#39;\.<\/h1>/);
    expect(html.indexOf("<h1")).toBeLessThan(html.indexOf('id="log"'));
    expect(html).not.toMatch(/<script|<img|<link|src=|@import|url\(/);
    expect(html).toMatch(/default-src 'none'; style-src 'sha256-/);
  });

  test("folds the log: far lines are left out with their number, near ones open, those between in a fold", async () => {
    const html = await page(filler(100, "before") + ERROR + filler(100, "after"));
    expect(html).toContain("70 lines left out");
    expect(html).toContain("90 lines left out");
    expect(html).toContain("<summary>27 lines, 71 to 97</summary>");
    expect(html).toContain('<mark id="L101">');
    expect(html).not.toContain("before 5\n");
  });

  test("shows markup of the log as text and spells out what turns the writing round", async () => {
    const html = await page(
      `</pre><script>alert(1)</script>\nsrc/a.ts(3,5): error TS2304: Cannot find name '"><img src=x onerror=alert(1)>'.\n\u202egnp.exe\u0007\n`,
    );
    expect(html).not.toContain("<script>");
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(html).not.toContain("\u202e");
    expect(html).toContain("U+202E");
  });

  test("an address that is not the web's does not become a link", async () => {
    expect(await page(ERROR, { link: () => "javascript:alert(1)" })).not.toContain("javascript:");
    expect(await page(ERROR, { link: () => "https://ci.example/1/console" })).toContain(
      'href="https://ci.example/1/console"',
    );
  });

  test("stays a page when the log holds thousands of failures", async () => {
    const html = await page(Array.from({ length: 20_000 }, (_, n) => ERROR.replace("total", `t${n}x`)).join(""));
    expect(html.length).toBeLessThan(2e6);
    expect(html).toContain("left out");
  });

  test("says so when nothing failed", async () => {
    expect(await page("fine\n")).toContain("No failure found");
  });
});
