import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { warn } from "../org/warn.ts";
import { warnLines } from "../org/warn-lines.ts";
import { warnSchema } from "../org/warn-schema.ts";
import { defineStep } from "./definition.ts";

export const warnStep = defineStep({
  name: "warn",
  jenkinsName: "monkeysWarn",
  summary: "Say which products ask for dependencies that failed elsewhere",
  description:
    "Every dependency conflict, and every package that could not be had, that heal sees in a build is kept for its company. This reads the manifests and lock files of the fleet's products (npm, Python, cargo), each at the newest commit of its repository, or as it lies here where the command stands in its work tree, and tells which ask for the same, where, and what fixed it where it was seen. It warns and never fails.",
  examples: [
    { command: "codemonkeys warn", says: "all products" },
    { command: "codemonkeys warn reports", says: "one product" },
  ],
  params: z.object({ of: z.string().optional().describe("a product; all of the fleet without it") }),
  positional: ["of"],
  result: warnSchema,
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { of }) {
    const warned = await warn(session, of);
    if (!warned.ok) return warned;
    const lines = warnLines(warned.value);
    return succeed({ data: warned.value, summary: lines.join("\n"), display: lines }, warned.warnings);
  },
});
