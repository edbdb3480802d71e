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
/** Conditions that our own programs answer, and the facts that they need. */
const OWN = [
  "product.tier + change.files > 2",
  "change.files > product.tier",
  "(change.files - 1) * -product.tier <= change.files % 2",
  "coverage.percent / 2.0 + fix.trust * -1.0 >= 0.5 - fix.trust",
  "coverage.percent / fix.trust > 1.0",
  "coverage.percent > fix.trust",
  'source.branch < "m"',
  "source.branch + '/x' != target.branch.name",
  'source.branch.startsWith("m") || source.branch.endsWith(target.branch.name)',
  "source.branch.contains('i') == ci.green",
  "source.branch.matches('^[md]') && !scans.clean",
  "size(source.branch) > 1",
  "source.branch.size() == size(change.paths)",
  "(ci.green ? product.tier : change.files) in [1, product.tier, -1]",
  'target.branch.name in ["main", source.branch]',
  'source.branch in change.paths || "a" in change.paths',
  "change.paths.all(p, p == 'a' || p.size() > product.tier)",
  "change.paths.exists(p, change.paths.all(other, other >= p) && p != source.branch)",
  "change.paths.exists(product, product == 'b')",
  "!change.paths.exists(p, p in ['a'])",
  "ci.green == (change.files < 2)",
];
/** Those that can fail: our own program may give such a one to the library. */
const FAILING = [
  'change.paths[1] == "b"',
  "change.paths[change.files] != source.branch",
  "change.files / product.tier > 0",
  "product.tier % change.files == 0",
  "product.tier * 9007199254740991 > change.files",
  "change.files * 9223372036854775807 < 1",
  "change.paths.all(p, product.tier / change.files > 0)",
  "change.paths.exists(p, p == 'a' || product.tier / change.files > 0)",
  "source.branch.matches('[')",
  "change.files / product.tier > 0 || ci.green",
  "ci.green ? change.paths[0] == 'a' : scans.clean",
];
const LIBRARY = [
  "change.paths.exists_one(p, p == 'a')",
  "change.paths.filter(p, p != 'a') == ['b']",
  "int(source.branch) == product.tier",
  "product.tier - (change.files - int('1')) > 0",
  "source.branch.lowerAscii() == 'main'",
  "double(product.tier) < coverage.percent",
  "{'main': ci.green}[source.branch]",
  "change.files == product.tier ? true : type(ci.green) == bool",
];
/** Those of which each part is computed, so that the library misses a fact as we do. */
const slow = fc.constantFrom(...[...OWN.slice(0, 5), ...FAILING.slice(0, 6), ...LIBRARY.slice(2, 6)]);
const { single } = fc.letrec<{ single: string }>((tie) => ({
  single: fc.oneof(
    { maxDepth: 2 },
    { weight: 2, arbitrary: fc.constantFrom(...OWN, ...FAILING, ...LIBRARY) },
    fc.tuple(tie("single"), tie("single"), tie("single")).map(([a, b, c]) => `((${a}) ? (${b}) : (${c}))`),
    fc.tuple(tie("single"), fc.constantFrom("==", "!="), tie("single")).map(([a, op, b]) => `((${a}) ${op} (${b}))`),
    fc
      .tuple(tie("single"), fc.constantFrom("&&", "||"), tie("single"))
      .map(([a, op, b]) => `((${a}) ${op} !(${b})) == true`),
  ),
}));
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
const VALUES = {
  "product.tier": ints,
  "change.files": ints,
  "coverage.percent": fc.constantFrom(-1.5, 0, 0.25, 1, 80, 1000),
  "fix.trust": fc.constantFrom(0, 0.25, 1),
  "source.branch": fc.constantFrom("main", "dev", 'a"b', "x\\y", "", "ä", "1", "\u{1f435}"),
  "target.branch.name": fc.constantFrom("main", "dev", "ä"),
  "ci.green": fc.boolean(),
  "scans.clean": fc.boolean(),
  "target.branch.protected": fc.boolean(),
  "change.paths": fc.subarray(["a", "b", "main"]),
};
const supposed = (record: object) => supposedFacts(Object.entries(record) as [FactName, unknown][]);
const allKnown = fc.record(VALUES).map(supposed);
const known = fc.record(VALUES, { requiredKeys: [] }).map(supposed);

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

  test.each([
    ["product.tier == 1", { "product.tier": 1.5 }],
    ["product.tier != 1", { "product.tier": Number.NaN }],
    ["coverage.percent < 1.0", { "coverage.percent": Number.NEGATIVE_INFINITY }],
  ])("says that %s is unknown for a fact of another type", (text, values) => {
    const facts = supposedFacts(Object.entries(values) as unknown as [FactName, unknown][]);
    expect(evaluate(compiled(text).root, factValues(facts))).toBeUndefined();
  });
});

describe("our own programs", () => {
  test("give the library's own answer", () => {
    fc.assert(
      fc.property(single, allKnown, (text, facts) => {
        expect(evaluate(compiled(text).root, factValues(facts))).toBe(libraryAnswer(text, facts));
      }),
      { numRuns: 1500 },
    );
  });

  const all = supposedFacts([
    ["product.tier", 1],
    ["change.files", 2],
    ["coverage.percent", 80],
    ["fix.trust", 0.25],
    ["source.branch", "\u{1f435}main"],
    ["target.branch.name", "main"],
    ["ci.green", true],
    ["scans.clean", false],
    ["change.paths", ["b", "\u{1f435}main"]],
  ]);
  const programs = (text: string) => subConditions(compiled(text).root).map((part) => part.quick ?? part.own());

  test.each(OWN)("answer %s without the library", (text) => {
    for (const program of programs(text)) expect(typeof program?.(all)).toBe("boolean");
    expect(evaluate(compiled(text).root, factValues(all))).toBe(libraryAnswer(text, all));
  });

  test.each([
    ["change.paths[7] == 'b'", undefined],
    ["change.paths[-1] == 'b'", undefined],
    ["change.files / (product.tier - 1) > 0", undefined],
    ["change.files * 9223372036854775807 > 0", undefined],
    ["change.files * 9007199254740991 == 18014398509481982", true],
    ["product.tier + 9007199254740992 > 9007199254740992", true],
    ["change.paths.exists(p, p == 'b' || change.files / (product.tier - 1) > 0)", true],
    ["change.paths.all(p, change.files / (product.tier - 1) > 0 && p == 'c')", false],
  ])("leave %s to the library", (text, answer) => {
    const part = subConditions(compiled(text).root)[0];
    if (!answer || text.includes("9007199254740992")) expect(part?.own()?.(all)).toBeUndefined();
    expect(evaluate(compiled(text).root, factValues(all))).toBe(answer);
    expect(libraryAnswer(text, all)).toBe(answer);
  });

  test("and what the library is handed of a condition keeps its parentheses", () => {
    const text = "ci.green && product.tier - (change.files - int('2')) > 0";
    expect(programs(text)).toContain(undefined);
    expect(evaluate(compiled(text).root, factValues(all))).toBe(true);
  });

  test.each(LIBRARY)("are not made of %s", (text) => {
    expect(programs(text)).toContain(undefined);
  });
});
