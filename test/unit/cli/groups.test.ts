import { expect, test } from "vitest";
import { GROUPS } from "../../../src/cli/program.ts";
import { STEP_NAMES } from "../../../src/steps/lazy.ts";

test("the help says what each word gathers that is no command itself", () => {
  const words = STEP_NAMES.filter((name) => name.includes(" ")).map((name) => name.split(" ")[0] as string);
  const gathering = [...new Set(words)].filter((word) => !STEP_NAMES.includes(word));
  expect(Object.keys(GROUPS).sort()).toEqual(gathering.sort());
});
