import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { decide } from "../../../src/constitution/decide.ts";
import { supposedFacts } from "../../../src/constitution/probe.ts";
import type { FactName, Facts } from "../../../src/core/facts.ts";
import { must } from "./support.ts";

const ACTIONS = ["git.push", "git.commit", "release.tag"] as const;
const PARTS = [
  "ci.green",
  "scans.clean",
  "product.tier <= 1",
  "product.tier == 2",
  'source.branch == "main"',
  'source.branch in ["dev", "x"]',
  "size(change.paths) > 1",
  'change.paths.exists(p, p == "a")',
  'change.paths[1] == "b"',
] as const;

const leaf = fc.constantFrom(...PARTS);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    tie("condition").map((inner) => `!(${inner})`),
    fc
      .tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
  ),
}));

interface Draft {
  readonly effect: "allow" | "deny" | "ask";
  readonly actions: readonly string[];
  readonly when: string | undefined;
}
const rule: fc.Arbitrary<Draft> = fc.record({
  effect: fc.constantFrom("allow", "deny", "ask"),
  actions: fc.subarray([...ACTIONS, "git.*", "*"], { minLength: 1 }),
  when: fc.option(condition, { nil: undefined }),
});
const rules = fc.array(rule, { maxLength: 8 });

const known: fc.Arbitrary<readonly (readonly [FactName, unknown])[]> = fc
  .record({
    "ci.green": fc.boolean(),
    "scans.clean": fc.boolean(),
    "product.tier": fc.integer({ min: 0, max: 3 }),
    "source.branch": fc.constantFrom("main", "dev", "y"),
    "change.paths": fc.subarray(["a", "b", "c"]),
  })
  .map((record) => Object.entries(record) as [FactName, unknown][]);

function policy(drafts: readonly (Draft & { readonly id?: string })[]) {
  const document = {
    version: 1,
    groups: { g: ["ann"] },
    rules: drafts.map(({ effect, actions, when, id }, index) => ({
      id: id ?? `r${index}`,
      [effect]: actions,
      ...(when === undefined ? {} : { when }),
      ...(effect === "ask" ? { of: { group: "g" } } : {}),
    })),
  };
  // JSON is YAML.
  return must(readConstitution(JSON.stringify(document), { file: "constitution.yaml" }));
}

const RANK = { deny: 0, ask: 1, allow: 2 } as const;
const answer = (drafts: readonly Draft[], facts: Facts, action: (typeof ACTIONS)[number]) =>
  decide(policy(drafts), action, facts).answer;

describe("for any rules and facts", () => {
  test("the order of rules does not change the answer, nor the set of rules asked", () => {
    fc.assert(
      fc.property(
        rules.chain((drafts) => {
          const named = drafts.map((draft, index) => ({ ...draft, id: `r${index}` }));
          return fc.tuple(fc.constant(named), fc.shuffledSubarray(named, { minLength: named.length }));
        }),
        known.chain((all) => fc.subarray([...all])),
        fc.constantFrom(...ACTIONS),
        ([drafts, shuffled], facts, action) => {
          const one = decide(policy(drafts), action, supposedFacts(facts));
          const other = decide(policy(shuffled), action, supposedFacts(facts));
          expect(other.answer).toBe(one.answer);
          expect(other.asks.map(({ id }) => id).sort()).toEqual(one.asks.map(({ id }) => id).sort());
          expect(other.certain).toBe(one.certain);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a matching deny wins, whatever else there is", () => {
    fc.assert(
      fc.property(rules, known, fc.constantFrom(...ACTIONS), (drafts, facts, action) => {
        const deny = { effect: "deny", actions: [action], when: "product.tier >= 0" } as const;
        expect(answer([...drafts, deny], supposedFacts(facts), action)).toBe("deny");
      }),
      { numRuns: 200 },
    );
  });

  test("adding a deny or an ask never makes an answer laxer; adding an allow never makes it stricter", () => {
    fc.assert(
      fc.property(
        rules,
        rule,
        known.chain((all) => fc.subarray([...all])),
        fc.constantFrom(...ACTIONS),
        (drafts, more, facts, action) => {
          const before = RANK[answer(drafts, supposedFacts(facts), action)];
          const after = RANK[answer([...drafts, more], supposedFacts(facts), action)];
          if (more.effect === "deny") expect(after).toBeLessThanOrEqual(before);
          if (more.effect === "allow") expect(after).toBeGreaterThanOrEqual(before);
          // An ask turns an allow into a question, or gives a chance where nothing matched; it never lifts a deny rule.
          if (more.effect === "ask" && before === RANK.allow) expect(after).toBeLessThanOrEqual(before);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("knowing less never makes the answer laxer", () => {
    fc.assert(
      fc.property(
        rules,
        known.chain((all) => fc.tuple(fc.constant(all), fc.subarray([...all]))),
        fc.constantFrom(...ACTIONS),
        (drafts, [all, fewer], action) => {
          const full = decide(policy(drafts), action, supposedFacts(all));
          const partial = decide(policy(drafts), action, supposedFacts(fewer));
          // A deny rule that holds on the full facts is never lost; and nothing is allowed that was not before.
          if (full.answer === "deny" && full.rule) expect(partial.answer).toBe("deny");
          if (full.answer !== "allow") expect(partial.answer).not.toBe("allow");
          if (partial.answer === "allow") expect(full.answer).toBe("allow");
        },
      ),
      { numRuns: 500 },
    );
  });
});
