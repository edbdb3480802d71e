import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparisonOf } from "../../../src/constitution/comparison.ts";
import { compileCondition, evaluate, subConditions } from "../../../src/constitution/condition.ts";
import { celContext, environment, factValues } from "../../../src/constitution/fact-values.ts";
import { supposedFacts } from "../../../src/constitution/probe.ts";
import type { FactName } from "../../../src/core/facts.ts";

const compiled = (text: string) => {
  const result = compileCondition(text);
  if ("errors" in result) throw new Error(`${text}: ${result.errors[0]?.message}`);
  return result.condition;
};

const orders = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const ints = fc.integer({ min: -3, max: 3 });
const doubles = fc.constantFrom("-1.5", "0.0", "0.25", "1.0", "80.0", "1e3");
const texts = fc.constantFrom('"main"', "'dev'", '"a\\"b"', 'r"x\\y"', '""', '"ä"');
const quick = fc.oneof(
  fc.tuple(fc.constant("product.tier"), orders, ints).map((part) => part.join(" ")),
  fc.tuple(ints, orders, fc.constant("change.files")).map((part) => part.join(" ")),
  fc.tuple(fc.constant("coverage.percent"), orders, doubles).map((part) => part.join(" ")),
  fc.tuple(doubles, orders, fc.constant("fix.trust")).map((part) => part.join(" ")),
  fc.tuple(fc.constant("source.branch"), fc.constantFrom("==", "!="), texts).map((part) => part.join(" ")),
  fc.array(texts, { minLength: 1, maxLength: 3 }).map((list) => `target.branch.name in [${list.join(", ")}]`),
  fc.array(ints, { minLength: 1, maxLength: 3 }).map((list) => `product.tier in [${list.join(", ")}]`),
  fc.constantFrom("ci.green", "target.branch.protected", "ci.green == true", "scans.clean != false"),
);
const slow = fc.constantFrom(
  "product.tier + change.files > 2",
  "change.files > product.tier",
  'source.branch < "m"',
  'source.branch.startsWith("m")',
  'change.paths[1] == "b"',
  "coverage.percent > fix.trust",
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small" },
    { weight: 3, arbitrary: quick },
    slow,
    tie("condition").map((inner) => `!(${inner})`),
    fc
      .tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
  ),
}));
const known = fc
  .record(
    {
      "product.tier": ints,
      "change.files": ints,
      "coverage.percent": fc.constantFrom(-1.5, 0, 0.25, 1, 80, 1000),
      "fix.trust": fc.constantFrom(0, 0.25, 1),
      "source.branch": fc.constantFrom("main", "dev", 'a"b', "x\\y", "", "ä"),
      "target.branch.name": fc.constantFrom("main", "dev", "ä"),
      "ci.green": fc.boolean(),
      "scans.clean": fc.boolean(),
      "target.branch.protected": fc.boolean(),
      "change.paths": fc.subarray(["a", "b"]),
    },
    { requiredKeys: [] },
  )
  .map((record) => supposedFacts(Object.entries(record) as [FactName, unknown][]));

/** What the library makes of the whole text; undefined when it fails, as it does for what is missing. */
function libraryAnswer(text: string, facts: Parameters<typeof factValues>[0]): boolean | undefined {
  try {
    return environment.evaluate(text, celContext(factValues(facts))) === true;
  } catch {
    return undefined;
  }
}

describe("the short way of plain comparisons", () => {
  test("is taken by them", () => {
    fc.assert(
      fc.property(quick, (text) => {
        expect(subConditions(compiled(text).root).map((part) => part.quick !== undefined)).toEqual([true]);
      }),
    );
  });

  test("and splitting at && and || give the library's own answer, known facts or not", () => {
    fc.assert(
      fc.property(condition, known, (text, facts) => {
        expect(evaluate(compiled(text).root, factValues(facts))).toBe(libraryAnswer(text, facts));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    "source.branch < 'm'",
    "ci.green == scans.clean",
    "size(change.paths) > 1",
    "'a' in change.paths",
    "9007199254740993 > product.tier",
  ])("is not taken by %s", (text) => {
    expect(comparisonOf(environment.parse(text).ast)).toBeUndefined();
  });
});
