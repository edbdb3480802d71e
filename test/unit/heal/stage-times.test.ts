import { describe, expect, test } from "vitest";
import { changePoints } from "../../../src/pillars/heal/learn/change-points.ts";
import { changeText, stageTimes } from "../../../src/pillars/heal/learn/stage-times.ts";

/** Noise of a busy machine: a few per cent, now and then a run that takes twice as long; the same every time. */
function noisy(count: number, level: number, seed = 7): number[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => level * (0.96 + 0.08 * random()) * (random() < 0.06 ? 2 : 1));
}

describe("change points", () => {
  test("none in noise with outliers, however long the series", () => {
    for (let seed = 1; seed <= 20; seed++) expect(changePoints(noisy(100, 30_000, seed))).toEqual([]);
  });

  test("a change of level is found where it is, by one run at most", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const found = changePoints([...noisy(60, 30_000, seed), ...noisy(40, 39_000, seed + 100)]);
      expect(found).toHaveLength(1);
      expect(Math.abs(found[0]! - 60)).toBeLessThanOrEqual(1);
    }
  });

  test("two changes, up and down again", () => {
    const found = changePoints([...noisy(30, 10_000), ...noisy(30, 15_000, 9), ...noisy(30, 10_000, 11)]);
    expect(found).toHaveLength(2);
    expect(Math.abs(found[0]! - 30)).toBeLessThanOrEqual(1);
    expect(Math.abs(found[1]! - 60)).toBeLessThanOrEqual(1);
  });

  test("a run that is far from both levels stands with the nearer one", () => {
    const quick = [500, 510, 505, 495, 500, 800];
    const slow = [1690, 1700, 1680, 1695, 1700, 1690];
    expect(changePoints([...quick, ...slow])).toEqual([6]);
    expect(changePoints([...quick.slice(0, 5), 505, 1300, ...slow])).toEqual([6]);
    // Four runs at the new level are no level yet, whatever the run before them.
    expect(changePoints([...quick, ...slow.slice(0, 4)])).toEqual([]);
  });

  test("one slow run, or three, are no new level; too few runs say nothing", () => {
    expect(changePoints([...noisy(30, 10_000, 3), 40_000])).toEqual([]);
    expect(changePoints([...noisy(30, 10_000, 3), 40_000, 41_000, 39_000])).toEqual([]);
    expect(changePoints([1000, 9000, 1000])).toEqual([]);
    expect(changePoints([])).toEqual([]);
  });
});

describe("a stage's times", () => {
  const runs = (values: readonly number[]) =>
    values.map((durationMs, index) => ({ commit: `${String(index).padStart(7, "0")}abc`, durationMs }));

  test("the forecast follows the newest level, and the change names its first commit", () => {
    const times = stageTimes(runs([...Array(20).fill(31_000), ...Array(10).fill(52_000)]))!;
    expect(times).toMatchObject({ runs: 30, nextMs: 52_000, p90Ms: 52_000 });
    expect(changeText("test", times.change!)).toBe("test is slower since 0000020: 31 s → 52 s");
  });

  test("changes that are nobody's concern are not told", () => {
    expect(stageTimes(runs([...Array(20).fill(300), ...Array(20).fill(500)]))?.change).toBeUndefined();
    expect(stageTimes(runs([...Array(20).fill(60_000), ...Array(20).fill(64_000)]))?.change).toBeUndefined();
    expect(stageTimes([])).toBeUndefined();
  });
});
