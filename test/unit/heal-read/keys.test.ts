import { describe, expect, test } from "vitest";
import { read } from "./logs.ts";

const python = (o: { dir: string; line: number; stamp: string; name: string }) =>
  [
    `${o.stamp}building`,
    `${o.stamp}Traceback (most recent call last):`,
    `${o.stamp}  File "${o.dir}/src/pay.py", line ${o.line}, in charge`,
    `${o.stamp}    ${o.name}()`,
    `${o.stamp}NameError: name '${o.name}' is not defined`,
  ].join("\n");

describe("occurrence", () => {
  const base = { dir: "/home/runner/work/pay/pay", line: 12, stamp: "2026-02-03T10:11:12.1Z ", name: "refnd" };
  const keyOf = async (log: string, product = "pay") => (await read(log, { product })).root!.occurrence;

  test("is stable over times, machines and line shifts", async () => {
    const key = await keyOf(python(base));
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(await keyOf(python({ ...base, stamp: "[2027-01-01T00:00:00.123Z] " }))).toBe(key);
    expect(await keyOf(python({ ...base, line: 99 }))).toBe(key);
    expect(await keyOf(python({ ...base, dir: "/var/jenkins/workspace/pay-main" }))).toBe(key);
    expect(await keyOf(`a\nb\nc\n${python(base)}`)).toBe(key);
  });

  test("is stable over the order of failures", async () => {
    const a = "src/a.ts(3,5): error TS2304: Cannot find name 'x'.";
    const b = "src/b.ts(4,5): error TS2304: Cannot find name 'y'.";
    const keys = async (log: string) => (await read(log)).failures.map(({ occurrence }) => occurrence).sort();
    expect(await keys(`${a}\n${b}`)).toEqual(await keys(`${b}\n${a}`));
  });

  test("tells products, files and causes apart", async () => {
    const key = await keyOf(python(base));
    expect(await keyOf(python(base), "shop")).not.toBe(key);
    expect(await keyOf(python({ ...base, name: "other" }))).not.toBe(key);
    expect(await keyOf(python(base).replace("pay.py", "shop.py"))).not.toBe(key);
  });
});

describe("pattern", () => {
  const patternOf = async (log: string, product: string) => (await read(log, { product })).root!.pattern;

  test("is the same for the same cause in another product, file and name", async () => {
    const here = python({ dir: "/home/runner/work/pay/pay", line: 1, stamp: "", name: "refundAll" });
    const there = python({ dir: "/srv/shop", line: 7, stamp: "", name: "ship_it" }).replace("pay.py", "cart.py");
    const pattern = await patternOf(here, "pay");
    expect(await patternOf(there, "shop")).toBe(pattern);
    expect(pattern).toMatch(/^python:compilation:[0-9a-f]{12}$/);
  });

  test("keeps words of the language: two unexpected identifiers are two causes", async () => {
    const error = (word: string, product: string) =>
      `file:///srv/${product}/a.js:1\nx ${word} y\n  ^^^^\n\nSyntaxError: Unexpected identifier '${word}'\n    at f (node:internal/x:1:1)\n\nNode.js v24.0.0\n`;
    const assert = await patternOf(error("assert", "pay"), "pay");
    expect(await patternOf(error("assert", "shop"), "shop")).toBe(assert);
    expect(await patternOf(error("foo", "shop"), "shop")).not.toBe(assert);
    expect(await patternOf(error("bar", "shop"), "shop")).toBe(await patternOf(error("foo", "pay"), "pay"));
  });

  test("keeps public packages: each missing package is a cause of its own", async () => {
    const missing = (name: string) =>
      `npm error code ETARGET\nnpm error notarget No matching version found for ${name}@99.0.0.\n`;
    const ms = await patternOf(missing("ms"), "pay");
    expect(await patternOf(missing("ms").replace("99.0.0", "98.1.0"), "shop")).toBe(ms);
    expect(await patternOf(missing("left-pad"), "pay")).not.toBe(ms);
  });

  test("does not depend on the product's name where the message holds it", async () => {
    const log = (product: string) => `ERROR: schema of ${product} is not up-to-date\n`;
    expect(await patternOf(log("pay"), "pay")).toBe(await patternOf(log("shop"), "shop"));
  });
});

describe("pattern of what V8 says", () => {
  const patternOf = async (message: string) =>
    (await read(`test at test/a.test.js:5:1\n✖ adds (0.8ms)\n  TypeError: ${message}\n      at f (src/a.js:2:17)`))
      .root!.pattern;

  test.each([
    ["rates is not iterable", "marks is not iterable"],
    ["rates is not iterable", "this.votes is not iterable"],
    [
      "Class constructor Money cannot be invoked without 'new'",
      "Class constructor Ticket cannot be invoked without 'new'",
    ],
    ["seen.sort is not a function", "ports.sort is not a function"],
  ])("leaves out names: %s", async (one, other) => {
    expect(await patternOf(one)).toBe(await patternOf(other));
  });

  test("tells causes apart", async () => {
    expect(await patternOf("rates is not iterable")).not.toBe(await patternOf("rates is not a function"));
    expect(await patternOf("undefined is not iterable")).not.toBe(await patternOf("rates is not iterable"));
  });
});
