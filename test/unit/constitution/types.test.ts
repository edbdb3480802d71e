import { expect, test } from "vitest";
import { perform } from "../../../src/constitution/effect.ts";
import { permitOf } from "../../../src/constitution/gate.ts";
import { act, writtenPermit, wrongFacts } from "./must-not-compile.ts";
import { COMMIT_TARGET, codeOf } from "./support.ts";

// That must-not-compile.ts does not compile without its markers is what `npm run typecheck` holds.
test("what the types forbid is refused at run time as well", async () => {
  expect(codeOf(await perform(undefined as never, "git.commit", COMMIT_TARGET, act))).toBe("permit.forged");
  expect(codeOf(await perform(writtenPermit(), "git.commit", COMMIT_TARGET, act))).toBe("permit.forged");
  expect(wrongFacts).toThrow(TypeError);
  const planned = { answer: "allow", planned: true, rule: "r", reason: "" } as const;
  expect(codeOf(permitOf(planned))).toBe("gate.planned");
});
