import { expect, test } from "vitest";
import { STEPS } from "../../../src/steps/index.ts";
import { loadSteps, STEP_NAMES } from "../../../src/steps/lazy.ts";

test("every step can be loaded by its name, in the order of the help", async () => {
  expect(STEP_NAMES).toEqual(STEPS.map(({ name }) => name));
  for (const step of STEPS) {
    const found = (await loadSteps(step.name.split(" "))).find(({ name }) => name === step.name);
    expect(found).toBe(step);
  }
});

test("a word that begins no step loads them all, for help and suggestions", async () => {
  expect(await loadSteps(["rn"])).toHaveLength(STEPS.length);
  expect(await loadSteps([])).toHaveLength(STEPS.length);
});

test("two words that name a step load it alone, the first one alone all of its group", async () => {
  expect((await loadSteps(["constitution", "check", "x.yaml"])).map(({ name }) => name)).toEqual([
    "constitution check",
  ]);
  expect(await loadSteps(["constitution"])).toHaveLength(3);
});
