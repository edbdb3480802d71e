import { describe, expect, it } from "vitest";
import { type RunContext, refusedBy } from "../../../src/pipeline/local/conditions.ts";
import { lineCoverage } from "../../../src/pipeline/local/coverage.ts";
import { checksState, type StageRecord, stateOf } from "../../../src/pipeline/local/records.ts";
import { countJUnit } from "../../../src/pipeline/local/reports.ts";

const CONTEXT: RunContext = { branch: "feature/a", tags: [], environment: {}, changed: [] };

describe("globs of conditions", () => {
  it.each([
    ["feature/*", "feature/a", true],
    ["feature/*", "feature/a/b", false],
    ["feature/**", "feature/a/b", true],
    ["**", "anything/at/all", true],
    ["*", "main", true],
    ["*", "a/b", false],
    ["v?.x", "v1.x", true],
    // As in Jenkins, nothing else is special.
    ["{a,b}", "a", false],
    ["!main", "dev", false],
    ["[a]", "a", false],
    ["@(a)", "a", false],
  ])("%s on %s: %s", (glob, branch, matches) => {
    expect(refusedBy([{ branch: [glob] }], { ...CONTEXT, branch }) === undefined).toBe(matches);
  });

  it("need all kinds of condition, but only one of a list, and the group's as well", () => {
    const context = { ...CONTEXT, branch: "main", tags: ["v1"], environment: { A: "1" } };
    expect(refusedBy([{ branch: ["x", "main"], tag: ["v*"], environment: { A: "1" } }], context)).toBeUndefined();
    expect(refusedBy([{ branch: ["x"], tag: ["v*"] }], context)).toContain("main");
    expect(refusedBy([{ branch: ["main"] }, { tag: ["w*"] }], context)).toContain("w*");
    expect(refusedBy([undefined, undefined], context)).toBeUndefined();
  });

  it("count every file as changed when there is nothing to compare with", () => {
    expect(refusedBy([{ changed: ["a"] }], { ...CONTEXT, changed: undefined })).toBeUndefined();
    expect(refusedBy([{ changed: ["a"] }], { ...CONTEXT, changed: ["b"] })).toContain("nothing under a");
    expect(refusedBy([{ changed: [".github/**"] }], { ...CONTEXT, changed: [".github/x.yml"] })).toBeUndefined();
  });
});

describe("countJUnit", () => {
  it.each([
    ["nothing", "", [0, 0, 0]],
    [
      "a pass, a failure, an error, a skip",
      suite(
        "<testcase/>",
        "<testcase><failure/></testcase>",
        "<testcase><error>x</error></testcase>",
        "<testcase ><skipped/></testcase >",
      ),
      [4, 2, 1],
    ],
    ["a case that failed twice", suite("<testcase><failure/><failure/></testcase>"), [1, 1, 0]],
    ["a > in an attribute", suite(`<testcase name="a > b"/>`, `<testcase name='"/>'><failure/></testcase>`), [2, 1, 0]],
    [
      "tags in CDATA and comments",
      suite(
        "<testcase><system-out><![CDATA[<failure><testcase/>]]></system-out></testcase>",
        "<!-- <testcase><failure/></testcase> -->",
      ),
      [1, 0, 0],
    ],
    ["other tags of like names", suite("<testcases/><testcase><failures/></testcase>"), [1, 0, 0]],
    ["a file cut off", "<testsuite><testcase><failure", [1, 0, 0]],
  ])("%s", (_, xml, [total, failed, skipped]) => {
    expect(countJUnit(xml)).toEqual({ total, failed, skipped });
  });

  it("takes one pass over a hostile file", () => {
    const startedAt = performance.now();
    countJUnit('<testcase "'.repeat(500_000));
    countJUnit("<testcase>".repeat(500_000));
    countJUnit("<!--".repeat(500_000));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

function suite(...cases: string[]): string {
  return `<?xml version="1.0"?><testsuite tests="9">${cases.join("")}</testsuite>`;
}

describe("a build's state", () => {
  const records = (...states: StageRecord["state"][]): StageRecord[] =>
    states.map((state, index) => ({ name: `s${index}`, kind: "command", state }));

  it.each([
    [["passed", "skipped"], "passed"],
    [["passed", "unstable"], "unstable"],
    [["unstable", "failed", "queued"], "failed"],
    [["passed", "cancelled"], "cancelled"],
    [["passed", "queued"], "running"],
    [["queued", "queued"], "queued"],
    [["running", "passed"], "running"],
    [[], "passed"],
  ] as const)("%j is %s", (states, state) => {
    expect(stateOf(records(...states))).toBe(state);
  });

  it("is that of the product's commands as far as its commit is concerned", () => {
    const step: StageRecord = { name: "release", kind: "step", state: "running" };
    expect(checksState([...records("passed"), step])).toBe("passed");
    expect(checksState([...records("queued"), step])).toBe("queued");
    expect(checksState([step])).toBe("running");
  });
});

describe("line coverage", () => {
  it("is read from LCOV, from its sums or else line by line", () => {
    const text = "SF:a.js\nDA:1,1\nLF:10\nLH:7\nend_of_record\nSF:b.js\nDA:1,0\nDA:2,5\nend_of_record\n";
    expect(lineCoverage(text)).toEqual({ covered: 8, lines: 12 });
  });
  it("is read from Cobertura, from its sums or else line by line", () => {
    expect(
      lineCoverage('<?xml version="1.0"?>\n<coverage lines-covered="3" lines-valid="4"><packages/></coverage>'),
    ).toEqual({ covered: 3, lines: 4 });
    const lines = '<line number="1" hits="2"/><line number="2" hits="0" branch="true"/>';
    expect(lineCoverage(`<coverage line-rate="0.5"><class>${lines}</class></coverage>`)).toEqual({
      covered: 1,
      lines: 2,
    });
  });
  it("is nothing where nothing says so", () => {
    for (const text of [
      "",
      "hello",
      "<html></html>",
      "end_of_record\n",
      "SF:a.js\nLF:x\n",
      '<coverage lines-valid="0" lines-covered="0"/>',
    ]) {
      expect(lineCoverage(text), text).toBeUndefined();
    }
  });
});
