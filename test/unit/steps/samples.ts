import * as z from "zod";
import { succeed } from "../../../src/core/diagnostic.ts";
import { defineStep, type StepDefinition } from "../../../src/steps/definition.ts";

/** A step with everything a definition can hold. */
export const mend = defineStep({
  name: "mend",
  jenkinsName: "monkeysMend",
  summary: "Mend what a log shows",
  description: "Reads a log.\n\nThen mends what it's about.",
  examples: [{ command: "codemonkeys mend build.log", says: "mend what build.log shows" }],
  params: z.object({
    log: z.string().describe("path of the log"),
    max_attempts: z.int().default(3).describe("attempts | tries"),
    mode: z.enum(["fast", "deep"]).optional().describe("how far to look"),
    only: z.array(z.string()).default([]).describe("rules to use"),
  }),
  positional: ["log"],
  result: z.object({ fixed: z.boolean(), attempts: z.int() }),
  credentials: [
    {
      variable: "MEND_TOKEN",
      credentialsId: "mend-token",
      kind: "string",
      summary: "pushes the fix",
      half: "act",
      optional: true,
    },
    {
      variable: "MEND_LOGIN",
      credentialsId: "mend's login",
      kind: "usernamePassword",
      summary: "logs in",
      half: "act",
      optional: false,
    },
  ],
  tools: ["git"],
  actions: ["git.commit", "git.push"],
  retryOnAgentLoss: true,
  needs: "product",
  run: async () => succeed({ data: { fixed: true, attempts: 1 }, summary: "mended" }),
}) as unknown as StepDefinition;

/** A step that is a command of two words and no Jenkins step. */
export const look = defineStep({
  name: "look around",
  summary: "Look around",
  description: "Looks.",
  examples: [],
  params: z.object({}),
  result: z.null(),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: false,
  needs: "nothing",
  run: async () => succeed({ data: null, summary: "" }),
}) as unknown as StepDefinition;
