import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { readStatus, statusLines } from "../org/status.ts";
import { statusSchema } from "../org/status-schema.ts";
import { defineStep } from "./definition.ts";

export const statusStep = defineStep({
  name: "status",
  jenkinsName: "monkeysStatus",
  summary: "Show how every product of the fleet stands, and what waits for whom",
  description:
    "One line a product (last build, last release, heals, pauses), then the runs that wait for CI, a person or a registry, open approvals and messages that could not be delivered.",
  examples: [{ command: "codemonkeys status", says: "the whole fleet" }],
  params: z.object({}),
  result: statusSchema,
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "overview",
  async run(session) {
    const status = await readStatus(session);
    if (!status.ok) return status;
    const lines = statusLines(status.value);
    return succeed({ data: status.value, summary: lines.join("\n"), display: lines });
  },
});
