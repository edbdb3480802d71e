import { expect, test } from "vitest";
import { STEPS } from "../../../src/steps/index.ts";
import { loadSteps, STEP_NAMES } from "../../../src/steps/lazy.ts";

test("every step can be loaded by its name, in the order of the help", async () => {
  expect(STEP_NAMES).toEqual(STEPS.map(({ name }) => name));
  for (const step of STEPS) {
    const found = (await loadSteps(step.name.split(" ")[0])).find(({ name }) => name === step.name);
    expect(found).toBe(step);
  }
});

test("a word that begins no step loads them all, for help and suggestions", async () => {
  expect(await loadSteps("rn")).toHaveLength(STEPS.length);
  expect(await loadSteps(undefined)).toHaveLength(STEPS.length);
});
