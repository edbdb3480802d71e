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
  examples: [
    { command: "codemonkeys status", says: "the whole fleet" },
    { command: "codemonkeys status --times", says: "also how long stages take, and since which commit" },
  ],
  params: z.object({
    times: z.boolean().default(false).describe("also how long each stage takes, and since which commit it is slower"),
  }),
  result: statusSchema,
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "overview",
  async run(session, { times }) {
    const status = await readStatus(session);
    if (!status.ok) return status;
    const lines = statusLines(status.value);
    if (!times) return succeed({ data: status.value, summary: lines.join("\n"), display: lines });
    // Loaded when it is asked for: `status` is what people start most.
    const { readTimes, timesLines } = await import("../org/stage-times.ts");
    const read = await readTimes(session.state, session.organisation.fleet);
    if (!read.ok) return read;
    const display = [...lines, "", ...timesLines(read.value)];
    return succeed({ data: { ...status.value, times: read.value }, summary: display.join("\n"), display });
  },
});
