import { describe, expect, it } from "vitest";
import { mutate, mutationsOf } from "../../../src/pillars/heal/search/mutations.ts";

/** Every text that a line of a source may become. */
function variants(path: string, text: string, line: number): string[] {
  return mutationsOf(path, text, new Set([line])).map((mutation) => mutate(text, mutation).split("\n")[line - 1] ?? "");
}

describe("mutations lead back from a slip", () => {
  const slips: readonly (readonly [name: string, path: string, text: string, line: number, right: string])[] = [
    ["a boundary", "a.js", "if (a < b) return;\n", 1, "if (a <= b) return;"],
    ["a direction", "a.ts", "if (a < b) return;\n", 1, "if (a > b) return;"],
    ["an equality", "a.js", "return a === b;\n", 1, "return a !== b;"],
    ["plus for minus", "a.js", "return a + b;\n", 1, "return a - b;"],
    ["an assignment", "a.py", "x -= 1\n", 1, "x += 1"],
    ["or for and", "a.py", "if a or b:\n    pass\n", 1, "if a and b:"],
    ["&& for ||", "a.js", "return a && b;\n", 1, "return a || b;"],
    ["a boolean", "a.py", "    return True\n", 1, "    return False"],
    ["a negation too many", "a.js", "if (!ok) go();\n", 1, "if (ok) go();"],
    ["a negation missing", "a.js", "if (ok) go();\n", 1, "if (!(ok)) go();"],
    ["a Python negation missing", "a.py", "if ok:\n    go()\n", 1, "if not (ok):"],
    ["is not", "a.py", "if x is None:\n    go()\n", 1, "if x is not None:"],
    ["one too many", "a.js", "return list[2];\n", 1, "return list[1];"],
    ["one too few", "a.py", "return xs[0]\n", 1, "return xs[1]"],
    ["one off at the end", "a.js", "return pad(width - 1);\n", 1, "return pad(width);"],
    ["a missing - 1", "a.js", "return list[list.length];\n", 1, "return list[list.length - 1];"],
    ["a - 1 too many", "a.js", "for (; i < list.length - 1; ) go(i);\n", 1, "for (; i < list.length; ) go(i);"],
    ["a short range", "a.py", "for i in range(n):\n    go(i)\n", 1, "for i in range(n + 1):"],
    ["a boundary of Go", "a.go", "\tif n > 10 {\n", 1, "\tif n >= 10 {"],
    ["another assignment of Go", "a.go", "\tprice += 1.5\n", 1, "\tprice *= 1.5"],
    ["a negation missing in Go", "a.go", "\tif done {\n", 1, "\tif !done {"],
    ["a negation too many in Rust", "a.rs", "    if !line.is_empty() {\n", 1, "    if line.is_empty() {"],
    ["a short range of Rust", "a.rs", "    for n in 0..count {\n", 1, "    for n in 0..=count {"],
    ["the smallest for the largest in Rust", "a.rs", "    all.max_by_key(size)\n", 1, "    all.min_by_key(size)"],
    ["a boundary of Java", "A.java", "        if (nights > 7) {\n", 1, "        if (nights >= 7) {"],
    ["or for and in Java", "A.java", "        return a || b;\n", 1, "        return a && b;"],
    ["before for after in Java", "A.java", "        return from.isAfter(x);\n", 1, "        return from.isBefore(x);"],
    ["min for max", "a.js", "return Math.min(a, b);\n", 1, "return Math.max(a, b);"],
    ["swapped arguments", "a.py", "return power(2, base)\n", 1, "return power(base, 2)"],
    ["swapped elements", "a.py", "book.append((amount, account))\n", 1, "book.append((account, amount))"],
    ["swapped elements of a list", "a.js", "return [b, a];\n", 1, "return [a, b];"],
    ["a method that is not called", "a.py", "if amount.is_zero:\n    go()\n", 1, "if amount.is_zero():"],
    [
      "a method that is not called in a condition",
      "a.js",
      "if (order.isOpen && a) go();\n",
      1,
      "if (order.isOpen() && a) go();",
    ],
    ["an end that comes too early", "a.py", "    break\n", 1, "    pass"],
    [
      "a wrong variable",
      "a.js",
      "function f(first, second) {\n  return first + first;\n}\n",
      2,
      "  return first + second;",
    ],
    ["a wrong property", "a.js", "x(user.last);\nreturn user.first;\n", 2, "return user.last;"],
    ["a missing await", "a.js", "async function f() {\n  return all(g());\n}\n", 2, "  return all(await g());"],
    ["a missing return", "a.js", "function f() {\n  a + b;\n}\n", 2, "  return a + b;"],
    [
      "a missing return in an arrow",
      "a.js",
      "const f = (x) => { x + 1; };\n",
      1,
      "const f = (x) => { return x + 1; };",
    ],
    ["a missing return in Python", "a.py", "def f(x):\n    x + 1\n\n\ny = 1\n", 2, "    return x + 1"],
    ["a missing null check", "a.ts", "return user.name;\n", 1, "return user?.name;"],
    ["a missing key", "a.py", 'return d["k"]\n', 1, 'return d.get("k")'],
    ["an empty list", "a.js", "return sum / list.length;\n", 1, "return sum / (list.length || 1);"],
  ];
  it.each(slips)("%s", (_name, path, text, line, right) => {
    expect(variants(path, text, line)).toContain(right);
  });
});

it("leaves strings, comments and regular expressions alone", () => {
  const text = 'const a = "x < 1"; // a < b\nconst b = /a+b/;\n/* c < d */\n';
  for (const line of [1, 2, 3]) {
    for (const variant of variants("a.js", text, line)) {
      expect(variant).toMatch(/"x < 1"; \/\/ a < b|\/a\+b\/|\/\* c < d \*\//);
    }
  }
});

it("knows no other language", () => {
  expect(mutationsOf("a.rb", "if a < b\n", new Set([1]))).toEqual([]);
});

it("is the same each time, and nothing twice", () => {
  const text = "function f(a, b) {\n  return a < b ? f(a, b) : b - 1;\n}\n";
  const [once, twice] = [variants("a.js", text, 2), variants("a.js", text, 2)];
  expect(once).toEqual(twice);
  expect(new Set(once).size).toBe(once.length);
});

it("takes a word that every object has as a property for a word", () => {
  expect(variants("a.js", "  constructor(cents) {\n", 1)).toEqual([]);
  expect(variants("a.js", "toString(1);\n", 1)).toContain("toString(2);");
});
