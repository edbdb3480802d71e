import { expect, test } from "vitest";
import { targetWords } from "../../../src/constitution/target-words.ts";
import { ACTION_NAMES, ACTIONS } from "../../../src/core/action.ts";

test.each(ACTION_NAMES)("%s: its words are made of what its target has", (action) => {
  const target = Object.fromEntries(Object.keys(ACTIONS[action]().shape).map((key) => [key, `<${key}>`]));
  expect(targetWords(action, target)).toMatch(/<\w+>/);
});

test("a long list is cut, and what is not there leaves no gap", () => {
  expect(targetWords("secret.read", { names: ["A", "B", "C", "D", "E"] })).toBe("A, B, C and 2 more");
  expect(targetWords("git.push", { ref: "main" })).toBe("");
  expect(targetWords("gone.action", { ref: "main" })).toBe("");
});
