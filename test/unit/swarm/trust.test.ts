import fc from "fast-check";
import { expect, test } from "vitest";
import { HALF_LIFE_MS, type TimedOutcome, trustOf } from "../../../src/swarm/trust.ts";

const NOW = 1_800_000_000_000;
const history = fc.array(
  fc.record({
    outcome: fc.constantFrom("worked" as const, "failed" as const),
    at: fc.integer({ min: NOW - 10 * HALF_LIFE_MS, max: NOW + HALF_LIFE_MS }),
  }),
  { maxLength: 50 },
);
const fresh = (outcome: TimedOutcome["outcome"]): TimedOutcome => ({ outcome, at: NOW });

test("four fresh successes give 5/6, none at all one half", () => {
  expect(trustOf([], NOW)).toBe(0.5);
  expect(trustOf(Array(4).fill(fresh("worked")), NOW)).toBeCloseTo(5 / 6, 12);
  expect(trustOf([fresh("failed")], NOW)).toBeCloseTo(1 / 3, 12);
});

test("an outcome counts half after one half-life", () => {
  expect(trustOf([{ outcome: "worked", at: NOW - HALF_LIFE_MS }], NOW)).toBeCloseTo(1.5 / 2.5, 12);
});

test("trust stays between 0 and 1, rises with a success and falls with a failure", () => {
  fc.assert(
    fc.property(history, (outcomes) => {
      const trust = trustOf(outcomes, NOW);
      expect(trust).toBeGreaterThan(0);
      expect(trust).toBeLessThan(1);
      expect(trustOf([...outcomes, fresh("worked")], NOW)).toBeGreaterThan(trust);
      expect(trustOf([...outcomes, fresh("failed")], NOW)).toBeLessThan(trust);
    }),
  );
});

test("with time trust comes nearer to one half and never passes it", () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 2, max: 10 }), (outcomes, halfLives) => {
      const now = Math.abs(trustOf(outcomes, NOW + 2 * HALF_LIFE_MS) - 0.5);
      const later = Math.abs(trustOf(outcomes, NOW + (2 + halfLives) * HALF_LIFE_MS) - 0.5);
      expect(later).toBeLessThanOrEqual(now + 1e-12);
    }),
  );
});
