import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lineScore, type PairLabel } from "../../../bench/logs/line-score.ts";
import { rootsOf } from "../../../bench/logs/roots.ts";
import { readLog } from "../../../src/pillars/heal/read/index.ts";

/** Failing logs of real tools in a CI job's surroundings, with the lines that tell of the failure. */
const DIR = join(import.meta.dirname, "../../../bench/logs/own");
const LABELS = JSON.parse(readFileSync(join(DIR, "labels.json"), "utf8")) as Record<string, PairLabel>;

test("every log is labelled", () => {
  expect(
    readdirSync(DIR)
      .filter((name) => !name.endsWith(".json"))
      .sort(),
  ).toEqual(Object.keys(LABELS).sort());
});

test("the lines that are named are those of the failure: mean F1 at least 0.95, and none is missed whole", async () => {
  const scores: Record<string, number> = {};
  for (const [id, label] of Object.entries(LABELS)) {
    scores[id] = lineScore(await readLog({ path: join(DIR, id, "fail.log") }), label);
  }
  const values = Object.values(scores);
  expect(Object.keys(scores).filter((id) => scores[id]! < 0.4)).toEqual([]);
  expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeGreaterThanOrEqual(0.95);
});

test("the root is what was broken: 239 logs of real tools, as four CI systems wrap them", async () => {
  const right = await rootsOf(join(import.meta.dirname, "../../../bench/logs/roots"));
  expect(Object.keys(right).filter((name) => !right[name])).toEqual(["vite-syntax-4.5.5", "parcel-2"]);
  expect(Object.keys(right)).toHaveLength(239);
});
