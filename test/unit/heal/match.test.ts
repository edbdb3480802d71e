import { describe, expect, it } from "vitest";
import { makeCases } from "../../../bench/edits/cases.ts";
import { applySearchReplace } from "../../../src/pillars/heal/edit/match.ts";

const FILE = `import { a } from "./a.js";

function first(items) {
    const total = sum(items);

    return total;
}

function second(items) {
    return first(items).toFixed("2");
}
`;

const apply = (search: string, replace: string, original = FILE) => applySearchReplace(original, { search, replace });
const text = (search: string, replace: string, original = FILE) => {
  const got = apply(search, replace, original);
  return got.ok ? [got.layer, got.text] : [got.why];
};

describe("the layers, from exact to fuzzy", () => {
  it("takes an exact match, also of a part of a line", () => {
    expect(text("sum(items)", "sum(items, 0)")).toEqual(["exact", FILE.replace("sum(items)", "sum(items, 0)")]);
  });

  it("forgives white space at line ends", () => {
    expect(text("    return total;  \n}\t", "    return total + 1;  \n}\t")).toEqual([
      "whitespace",
      FILE.replace("return total;", "return total + 1;"),
    ]);
  });

  it("forgives another indentation and writes the new lines in the file's own", () => {
    expect(text("function second(items) {\n  return first(items)", "x")).toEqual(["absent"]);
    expect(
      text(
        'function second(items) {\n  return first(items).toFixed("2");\n}',
        'function second(items) {\n  if (!items) {\n    return "";\n  }\n  return first(items).toFixed("2");\n}',
      ),
    ).toEqual([
      "indentation",
      FILE.replace("    return first(", '    if (!items) {\n        return "";\n    }\n    return first('),
    ]);
  });

  it("forgives other quotes and blank lines and keeps the file's", () => {
    expect(
      text("const total = sum(items);\n    return total;", "const total = sum(items);\n    return total + 1;"),
    ).toEqual(["quotes", FILE.replace("return total;", "return total + 1;")]);
    expect(text("    return first(items).toFixed('2');", "    return second(items).toFixed('2');")).toEqual([
      "quotes",
      FILE.replace("return first", "return second"),
    ]);
  });

  it("forgives one slip and keeps the file's spelling of what the edit leaves alone", () => {
    expect(text("    const totl = sum(items);", "    const totl = sum(items, 0);")).toEqual([
      "fuzzy",
      FILE.replace("sum(items)", "sum(items, 0)"),
    ]);
  });

  it("keeps Windows line ends", () => {
    const windows = FILE.replaceAll("\n", "\r\n");
    expect(text("    return total;\n}", "    return total + 1;\n}", windows)).toEqual([
      "exact",
      windows.replace("return total;", "return total + 1;"),
    ]);
  });
});

describe("what is refused", () => {
  it("never guesses between two places", () => {
    const twice = "a();\n  run(1);\nb();\n  run(1);\n";
    expect(text("  run(1);", "  run(2);", twice)).toEqual(["ambiguous"]);
    expect(text("run(1);", "run(2);", twice)).toEqual(["ambiguous"]);
    expect(text("rate1 = read()", "x", "rate2 = read()\nrate3 = read()\n")).toEqual(["ambiguous"]);
    expect(text("return 1;", "return 2;", "return 1;\nif (x) return 1;\nreturn 1;\n")).toEqual(["ambiguous"]);
  });

  it("does not take the inside of a word for a match", () => {
    expect(text("xport default run", "xport default walk", "export default run\n")).toEqual([
      "fuzzy",
      "export default walk\n",
    ]);
  });

  it("tells what was probably meant", () => {
    const got = apply("function secnod(itemz, more) {", "x");
    expect(got).toMatchObject({ ok: false, why: "absent" });
    expect(apply("function secnd(itemsss) {\n  nothing of it\n}", "x")).toMatchObject({
      feedback: expect.stringMatching(/did you mean the line: function second\(items\) \{/),
    });
    expect(text("", "x")).toEqual(["empty"]);
  });
});

describe("over cases made from this repository", () => {
  it("is right on noise (≥ 99 %) and slips (≥ 95 %), and hardly ever wrong (≤ 0.1 %)", async () => {
    const cases = await makeCases(7, 3000);
    let wrong = 0;
    const right = { noise: 0, typo: 0 };
    const all = { noise: 0, typo: 0 };
    for (const one of cases) {
      const group = one.kind?.startsWith("typo") ? "typo" : "noise";
      const got = applySearchReplace(one.original, one);
      all[group]++;
      if ((got.ok ? got.text : null) === one.expected) right[group]++;
      else if (got.ok) wrong++;
    }
    expect(cases).toHaveLength(3000);
    expect(right.noise / all.noise).toBeGreaterThanOrEqual(0.99);
    expect(right.typo / all.typo).toBeGreaterThanOrEqual(0.95);
    expect(wrong / cases.length).toBeLessThanOrEqual(0.001);
  }, 60_000);
});
