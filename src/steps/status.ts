import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { readTimes, timesLines } from "../org/stage-times.ts";
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
    const read = times ? await readTimes(session.state, session.organisation.fleet) : succeed(undefined);
    if (!read.ok) return read;
    const lines = [...statusLines(status.value), ...(read.value ? ["", ...timesLines(read.value)] : [])];
    const data = { ...status.value, ...(read.value ? { times: read.value } : {}) };
    return succeed({ data, summary: lines.join("\n"), display: lines });
  },
});
