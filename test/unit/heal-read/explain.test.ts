import { describe, expect, test } from "vitest";
import {
  excerptsOf,
  explainJson,
  explainLines,
  explainMarkdown,
  explainSarif,
} from "../../../src/pillars/heal/explain/index.ts";
import { readLog } from "../../../src/pillars/heal/read/index.ts";
import { fixture, pieces, read } from "./logs.ts";

const source = fixture("vitest-3.log");
const report = await readLog(source, { product: "shop" });
const root = report.root!;
const full = {
  log: "build.log",
  report,
  excerpts: await excerptsOf(source, report.failures),
  stories: new Map([
    [
      root.pattern,
      { seen: 6, products: 4, firstSeen: Date.UTC(2026, 2, 1), fixed: 5, lastFix: { template: "t-19", trust: 0.83 } },
    ],
  ]),
  notes: new Map([[root.occurrence, ["t/a.test.js:1 changed 2 commits ago (a1b2c3d)"]]]),
};

describe("lines for the terminal", () => {
  const texts = explainLines(full).map(({ text }) => text);

  test("say the root first: category, place, message, lines of the log, note and story", () => {
    expect(texts[0]).toContain("✗ test  t/a.test.js:1:1");
    expect(texts[0]).toContain("root cause");
    expect(texts).toContain("    ReferenceError: describe is not defined");
    expect(texts).toContain("    build.log:15-23 of 90 (vitest)");
    expect(texts).toContain("    t/a.test.js:1 changed 2 commits ago (a1b2c3d)");
    expect(texts).toContain(
      "  seen 6 times in 4 products since 2026-03-01; fixed 5 times, last by template t-19 (trust 0.83)",
    );
    expect(texts.find((text) => text.includes("16 │"))).toContain("ReferenceError: describe is not defined");
  });

  test("fit a screen with the root, and no line holds an escape sequence", () => {
    expect(texts.findIndex((text) => text.includes("root cause"))).toBe(0);
    expect(texts.filter((text) => /\u001b/.test(text))).toEqual([]);
  });

  test("count what is not told, and say when nothing failed", async () => {
    const many = Array.from(
      { length: 12 },
      (_, n) => `src/f${n}.ts(1,1): error TS2304: Cannot find name 'a${n}'.`,
    ).join("\n");
    const lines = explainLines({ log: "x.log", report: await read(`${many}\nmake: *** [Makefile:1: x] Error 1\n`) });
    expect(lines.at(-1)?.text).toBe("and 4 more failures, 1 consequence of these (--json tells all)");
    expect(explainLines({ log: "x.log", report: await read("fine\n") })[0]?.text).toBe(
      "No failure found in x.log (1 lines).",
    );
  });
});

test("Markdown quotes the log so that it can form no markup", async () => {
  const evil = await read(
    "ERROR: ``x`` </details> @all [a](javascript:alert(1)) ![](http://x.example/i.png) is not up-to-date\n",
  );
  const text = explainMarkdown({
    log: "build.log",
    report: evil,
    excerpts: new Map([[evil.root!.occurrence, { firstLine: 1, lines: ["```", "</details>"], left: 0 }]]),
  });
  expect(text).toContain("```ERROR: ``x`` </details> @all");
  expect(text).toContain("````text\n```\n</details>\n````");
  expect(explainMarkdown(full)).toContain("### ✗ test `t/a.test.js:1:1`");
});

test("SARIF has a result for each cause, at its place, with stable fingerprints", () => {
  const sarif = explainSarif(report, { log: "build.log", version: "1.2.3" }) as {
    version: string;
    runs: {
      tool: { driver: { rules: { id: string }[] } };
      results: { ruleId: string; ruleIndex: number; locations: unknown[]; partialFingerprints: object }[];
    }[];
  };
  const run = sarif.runs[0]!;
  expect(sarif.version).toBe("2.1.0");
  expect(run.results).toHaveLength(report.failures.filter(({ rank }) => rank === "cause").length);
  expect(run.results[0]).toMatchObject({
    locations: [
      { physicalLocation: { artifactLocation: { uri: "t/a.test.js" }, region: { startLine: 1, startColumn: 1 } } },
    ],
    partialFingerprints: { "codemonkeysOccurrence/v1": root.occurrence },
  });
  for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
});

test("JSON puts the root first and keeps every failure", () => {
  const json = explainJson(report, "build.log") as {
    root: string;
    failures: { occurrence: string; log_lines: number[] }[];
  };
  expect(json.root).toBe(root.occurrence);
  expect(json.failures[0]).toMatchObject({ occurrence: root.occurrence, log_lines: [15, 23] });
  expect(json.failures).toHaveLength(report.failures.length);
});

test("frames of libraries, one after another, are one line of the first screen", async () => {
  const frames = ["core::panicking::panic_fmt", "core::panicking::panic"].flatMap((name, index) => [
    `   ${index}: ${name}`,
    "             at /rustc/5980/library/core/src/panicking.rs:80:14",
  ]);
  const log = [
    "---- tests::deep stdout ----",
    "thread 'tests::deep' panicked at src/lib.rs:16:18:",
    "index out of bounds",
    "stack backtrace:",
    ...frames,
    "   2: fees::deep",
    "             at ./src/lib.rs:16:18",
  ].join("\n");
  const report = await read(log);
  const excerpts = await excerptsOf(pieces(log), report.failures, 60);
  const shown = explainLines({ log: "build.log", report, excerpts }).map(({ text }) => text);
  expect(shown.slice(-4).map((line) => line.trim())).toEqual([
    "4 │ stack backtrace:",
    "⋮ 4 lines of the stack, not the product's",
    "9 │    2: fees::deep",
    "10 │              at ./src/lib.rs:16:18",
  ]);
});
