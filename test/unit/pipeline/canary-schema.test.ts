import { describe, expect, test } from "vitest";
import { readSpec } from "../../../src/pipeline/spec.ts";

const spec = (canary: string, port = "port: 8080\n") =>
  readSpec(
    `---\nproduct: money\ncompany: acme\n${port}deploy:\n  - environment: production\n    canary:\n${canary.replaceAll(/^/gm, "      ")}\n---\n# Money\n`,
    { file: "SPEC.md" },
  );

const codes = (canary: string, port?: string) => {
  const read = spec(canary, port);
  return read.ok ? [] : read.diagnostics.map(({ code, where }) => `${where?.line} ${code.replace("spec.", "")}`);
};

const HEALTH = 'health: { url: "http://127.0.0.1/stats" }';
const CRITERIA = "criteria: { errors: { bad: errors, of: requests, worse_by: 0.01 } }";
const RUNGS = "rungs: [{ share: 5, minutes: 1 }, { share: 100, minutes: 0.5 }]";

describe("a canary in SPEC.md", () => {
  test("is read with its defaults", () => {
    const read = spec([HEALTH, CRITERIA, RUNGS].join("\n"));
    expect(read.ok && read.value.value.deploy[0]?.canary).toMatchObject({
      confidence: 0.99,
      look_seconds: 30,
      health: { counting: "window" },
      rungs: [{ share: 5 }, { share: 100 }],
    });
  });

  test("tells all that is wrong with it at once, each at its place", () => {
    const wrong = `health: { url: "http://127.0.0.1/", command: ./health }
criteria:
  errors: { bad: errors, at_most: 0.1 }
  slow: { values: ms, quantile: 0.9 }
  percent: { bad: b, of: n, at_most: 5 }
rungs:
  - { share: 50, minutes: 1 }
  - { share: 20, minutes: 1 }`;
    expect(codes(wrong, "").sort()).toEqual([
      "10 canary_limit",
      "10 canary_quantile",
      "11 canary_rate",
      "14 canary_end",
      "14 canary_shares",
      "7 canary_health",
      "7 canary_port",
      "9 canary_criterion",
    ]);
  });

  test.each([
    ["text for a number", RUNGS.replace("5,", "five,"), "10 wrong_type"],
    ["a share over all", RUNGS.replace("100", "101"), "10 invalid"],
    ["a misspelt key", RUNGS.replace("minutes: 1 ", "minuts: 1 "), "10 unknown_key"],
    ["one rung, which nothing can be compared on", "rungs: [{ share: 100, minutes: 1 }]", "10 canary_alone"],
  ])("refuses %s", (_, rungs, code) => {
    expect(codes([HEALTH, CRITERIA, rungs].join("\n"))).toContain(code);
  });
});
