import { expect, test } from "vitest";
import { establish, forgedFacts, mergeFacts, supposedFacts } from "../../../src/constitution/probe.ts";
import { sha256 } from "../../../src/core/canonical.ts";

test("a fact carries its probe and the digest of what was seen", () => {
  const facts = establish("git.state", "head abc", { "source.branch": "main" }, { file: ".git/HEAD" });
  expect(facts["source.branch"]).toMatchObject({
    name: "source.branch",
    value: "main",
    source: { probe: "git.state", evidence: sha256("head abc"), place: { file: ".git/HEAD" } },
  });
});

test("what could not be found out is unknown", () => {
  expect(establish("p", "", { "ci.green": undefined })).toEqual({});
});

test("a value of the wrong type is the probe's mistake", () => {
  expect(() => establish("p", "", { "change.lines": 1.5 })).toThrow("change.lines");
  expect(() => establish("p", "", { "coverage.percent": Number.NaN })).toThrow(TypeError);
  expect(() => establish("p", "", { "no.such": 1 } as never)).toThrow(TypeError);
});

test("facts and their lists cannot be changed afterwards", () => {
  const paths = ["a"];
  const facts = establish("p", "", { "change.paths": paths });
  paths.push("b");
  expect(facts["change.paths"]?.value).toEqual(["a"]);
  expect(() => Object.assign(facts["change.paths"] as object, { value: [] })).toThrow(TypeError);
  const kept = facts["change.paths"]?.value as string[];
  expect(() => kept.push("b")).toThrow("not extensible");
});

test("merged facts stay established, the later one counting; supposed or copied ones are not", () => {
  const one = establish("p", "", { "ci.green": false, "run.id": "r" });
  const two = establish("q", "", { "ci.green": true });
  const merged = mergeFacts(one, two);
  expect(merged["ci.green"]?.value).toBe(true);
  expect(forgedFacts(merged)).toEqual([]);
  expect(forgedFacts(supposedFacts([["ci.green", true]]))).toEqual(["ci.green"]);
  expect(forgedFacts({ "ci.green": { ...two["ci.green"] } as never })).toEqual(["ci.green"]);
});
