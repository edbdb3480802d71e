import * as z from "zod";
import { answerApproval } from "../constitution/approvals.ts";
import { succeed } from "../core/diagnostic.ts";
import { defineStep } from "./definition.ts";

export const approveStep = defineStep({
  name: "approve",
  summary: "Answer a question that a gate asked",
  description:
    "An approval is bound to the exact plan that was shown; when the plan changes it is void. Only members of the asked group count, each once, and never the requester. `--refuse` says no.",
  examples: [
    { command: "codemonkeys approve a-1b2c3d4e", says: "yes" },
    { command: "codemonkeys approve a-1b2c3d4e --refuse", says: "no" },
  ],
  params: z.object({
    id: z.string().describe("the approval's id, as status and the waiting command show it"),
    refuse: z.boolean().default(false).describe("say no"),
  }),
  positional: ["id"],
  result: z.object({ id: z.string(), state: z.enum(["open", "granted", "denied"]), people: z.array(z.string()) }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { id, refuse }) {
    const answer = refuse ? ("no" as const) : ("yes" as const);
    const answered = await answerApproval(
      {
        swarm: session.swarm,
        audit: session.audit,
        constitution: session.organisation.constitution,
        now: session.clock.now(),
      },
      { id, person: session.requester, answer, source: { kind: "cli" } },
    );
    if (!answered.ok) return answered;
    const { state, people } = answered.value;
    return succeed({
      data: { id, state, people: [...people] },
      summary: `${session.requester} said ${answer} to ${id}; the question is ${state}`,
    });
  },
});
