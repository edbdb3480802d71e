import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Counts, evidenceAgainst } from "../../../src/pillars/canary/evidence.ts";
import { judgeRung, type RungQuestion } from "../../../src/pillars/canary/judge.ts";
import { type Look, thinned } from "../../../src/pillars/canary/look.ts";
import { rankTest, upperTail } from "../../../src/pillars/canary/ranks.ts";

/** A generator of the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function counts(random: () => number, of: { stable: number; canary: number }, rate: typeof of): Counts {
  const bad = (n: number, p: number) => Array.from({ length: n }, random).filter((one) => one < p).length;
  return {
    stable: { bad: bad(of.stable, rate.stable), of: of.stable },
    canary: { bad: bad(of.canary, rate.canary), of: of.canary },
  };
}

describe("evidence about two rates", () => {
  test("is an e-variable on and within the limit: its mean over all outcomes of one look is at most 1", () => {
    // With four requests on each side all outcomes can be summed up exactly.
    const n = 4;
    const choose = [1, 4, 6, 4, 1];
    const rates = fc.double({ min: 0.001, max: 0.95, noNaN: true });
    fc.assert(
      fc.property(rates, rates, fc.double({ min: 0.005, max: 0.4, noNaN: true }), (stable, gap, margin) => {
        const canary = Math.min(0.999, stable + Math.min(gap, margin));
        let mean = 0;
        for (let s = 0; s <= n; s += 1) {
          for (let c = 0; c <= n; c += 1) {
            const look = { stable: { bad: s, of: n }, canary: { bad: c, of: n } };
            const claim = { claim: "worse_at_most", limit: { above_stable: margin } } as const;
            const weight =
              (choose[s] ?? 0) *
              stable ** s *
              (1 - stable) ** (n - s) *
              (choose[c] ?? 0) *
              canary ** c *
              (1 - canary) ** (n - c);
            mean += weight * Math.exp(evidenceAgainst([look], claim, "anywhere"));
          }
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-6);
      }),
      { numRuns: 200 },
    );
  });

  test("raises few alarms over many looks when the versions are alike, and soon one when they are not", () => {
    const walk = (seed: number, canary: number) => {
      const random = seeded(seed);
      const looks: Counts[] = [];
      for (let look = 1; look <= 30; look += 1) {
        looks.push(counts(random, { stable: 190, canary: 30 }, { stable: 0.02, canary }));
        const claim = { claim: "worse_at_most", limit: { above_stable: 0.02 } } as const;
        if (evidenceAgainst(looks, claim, "anywhere") >= Math.log(100)) return look;
      }
      return undefined;
    };
    const alike = Array.from({ length: 60 }, (_, seed) => walk(seed, 0.04)).filter((at) => at !== undefined);
    expect(alike.length).toBeLessThanOrEqual(2);
    const worse = Array.from({ length: 20 }, (_, seed) => walk(seed, 0.3));
    expect(worse.every((at) => at !== undefined && at <= 4)).toBe(true);
  });
});

describe("the rank test", () => {
  test("gives the p-values that tables and scipy have", () => {
    // scipy.stats.mannwhitneyu([19, 22, 16, 29, 24], [20, 11, 17, 12], method="asymptotic"): 0.11134688653 two-sided
    expect(rankTest([19, 22, 16, 29, 24], [20, 11, 17, 12]).larger).toBeCloseTo(0.0556734, 6);
    expect(upperTail(1.959964)).toBeCloseTo(0.025, 6);
    expect(upperTail(6)).toBeCloseTo(9.8659e-10, 13);
  });

  test("sees nothing where all values are one, and does not mind the order", () => {
    expect(rankTest([3, 3, 3], [3, 3])).toEqual({ larger: 1, smaller: 1 });
    expect(rankTest([1, 5, 9], [2, 4])).toEqual(rankTest([9, 1, 5], [4, 2]));
  });
});

const QUESTION: Omit<RungQuestion, "looks"> = {
  before: [],
  share: 50,
  criteria: { errors: { bad: "b", of: "n", worse_by: 0.02 } },
  confidence: 0.99,
  rungs: 3,
};
const rate = (bad: number, of: number) => ({ errors: { bad, of } });
const look = (canary: Look["canary"], stable: Look["stable"]): Look => ({ rung: 2, from: 0, to: 1, canary, stable });
const repeated = (times: number, one: Look) => Array.from({ length: times }, () => one);

describe("a rung", () => {
  test.each([
    ["no look", [], "no_data"],
    ["too few requests", [look(rate(0, 20), rate(0, 20))], "no_data"],
    ["as the stable version", repeated(4, look(rate(1, 300), rate(1, 300))), "pass"],
    ["not sure yet", repeated(2, look(rate(2, 60), rate(1, 60))), "marginal"],
    ["much worse", repeated(2, look(rate(30, 100), rate(1, 100))), "fail"],
    [
      "much worse in the newest look alone",
      [...repeated(30, look(rate(1, 300), rate(1, 300))), look(rate(150, 300), rate(1, 300))],
      "fail",
    ],
    [
      "silent in the newest look",
      [...repeated(4, look(rate(1, 300), rate(1, 300))), look({}, rate(1, 300))],
      "no_data",
    ],
    [
      "without requests in the newest look",
      [...repeated(4, look(rate(1, 300), rate(1, 300))), look(rate(0, 0), rate(1, 300))],
      "no_data",
    ],
  ])("%s", (_, looks, verdict) => {
    expect(judgeRung({ ...QUESTION, looks }).verdict).toBe(verdict);
  });

  test("over an absolute limit is bad, unless the stable version is over it as well", () => {
    const criteria = { errors: { bad: "b", of: "n", at_most: 0.05 } };
    const bad = (stable: number) => repeated(3, look(rate(60, 200), rate(stable, 200)));
    expect(judgeRung({ ...QUESTION, criteria, looks: bad(1) }).verdict).toBe("fail");
    expect(judgeRung({ ...QUESTION, criteria, looks: bad(60) }).verdict).toBe("baseline_bad");
  });

  test("with all traffic is compared with what the stable version was like on the rung before", () => {
    const alone = { ...QUESTION, share: 100, before: repeated(3, look(rate(1, 300), rate(1, 300))) };
    expect(judgeRung({ ...alone, looks: repeated(3, look(rate(1, 600), {})) }).verdict).toBe("pass");
    expect(judgeRung({ ...alone, looks: repeated(3, look(rate(90, 600), {})) }).verdict).toBe("fail");
  });

  test("measurements that are a third more fail where a tenth is allowed, whatever single ones do", () => {
    const criteria = { latency: { values: "ms", worse_by: 0.1 } };
    const random = seeded(7);
    const ms = (mean: number) => ({
      latency: { values: Array.from({ length: 40 }, () => mean * (0.8 + 0.4 * random())) },
    });
    const looks = (mean: number) => Array.from({ length: 6 }, () => look(ms(mean), ms(100)));
    expect(judgeRung({ ...QUESTION, criteria, looks: looks(100) }).verdict).toBe("pass");
    expect(judgeRung({ ...QUESTION, criteria, looks: looks(133) }).verdict).toBe("fail");
    const outlier = looks(100).map(({ canary: { latency }, ...one }) => ({
      ...one,
      canary: { latency: { values: [...(latency && "values" in latency ? latency.values : []), 60_000] } },
    }));
    expect(judgeRung({ ...QUESTION, criteria, looks: outlier }).verdict).toBe("pass");
  });
});

test("a thinned list keeps its quantiles", () => {
  const list = Array.from({ length: 5001 }, (_, index) => (index * 7919) % 5001);
  const thin = thinned(list);
  expect(thin).toHaveLength(200);
  expect(thin[100]).toBeCloseTo(2500, -2);
  expect(thinned([3, 1, 2])).toEqual([1, 2, 3]);
});
