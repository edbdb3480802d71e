import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { answerQuestions } from "../org/answer-questions.ts";
import { defineStep } from "./definition.ts";

export const approveStep = defineStep({
  name: "approve",
  summary: "Answer a question that a gate asked",
  description:
    "An approval is bound to the exact plan that was shown; when the plan changes it is void. Only members of the asked group count, each once, and never the requester. `--refuse` says no. Where the organisation has `.codemonkeys/allowed_signers`, an answer is signed with your own SSH key and counts only with that signature; else it is trusted by the account it comes from.",
  examples: [
    { command: "codemonkeys approve a-1b2c3d4e", says: "yes" },
    { command: "codemonkeys approve r-809859f18e69", says: "yes to all that is asked for one run" },
    { command: "codemonkeys approve a-1b2c3d4e --refuse", says: "no" },
    { command: "codemonkeys approve a-1b2c3d4e --key ~/.ssh/work", says: "signed with another key than the usual one" },
  ],
  params: z.object({
    id: z
      .string()
      .describe(
        "the question's id, as status and the waiting command show it, or its run's for all that is put to you",
      ),
    refuse: z.boolean().default(false).describe("say no"),
    key: z.string().optional().describe("your SSH key to sign with; ~/.ssh/id_ed25519, id_ecdsa or id_rsa without it"),
  }),
  positional: ["id"],
  result: z.object({
    answered: z.array(
      z.object({
        id: z.string(),
        state: z.enum(["open", "granted", "denied"]),
        people: z.array(z.string()).describe("those whose answer made it so"),
        count: z.int().describe("how many have to agree"),
      }),
    ),
  }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { id, refuse, key }) {
    const answer = refuse ? ("no" as const) : ("yes" as const);
    const answered = await answerQuestions(session, { id, answer, key });
    if (!answered.ok) return answered;
    const lines = answered.value.map((one) => {
      const agreed = one.state === "open" ? `: ${one.people.length} of ${one.count} have agreed` : "";
      return `${session.requester} said ${answer} to ${one.id}; the question is ${one.state}${agreed}`;
    });
    return succeed({
      data: { answered: answered.value.map((one) => ({ ...one, people: [...one.people] })) },
      summary: lines.join("\n"),
    });
  },
});
