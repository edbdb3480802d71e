import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { steadinessOf } from "../../../bench/logs/steadiness.ts";

const DIR = join(import.meta.dirname, "../../../bench/logs/own");

/** A few of each kind of output; `npm run bench:logs -- --steady bench/logs` does it for all. */
const LOGS = ["jest-verbose-30", "pip-24-conflict", "rollup-4", "java-uncaught", "go-test", "gcc", "clippy"];

describe("the same output is read the same, whoever wraps it", () => {
  test.each(LOGS)("%s", async (name) => {
    const answers = await steadinessOf(readFileSync(join(DIR, name, "fail.log"), "utf8"));
    expect(Object.entries(answers).filter(([, { root }]) => !root)).toEqual([]);
    for (const [wrapping, { lines }] of Object.entries(answers)) {
      expect(lines, wrapping).toBeGreaterThanOrEqual(0.9);
    }
  });
});
