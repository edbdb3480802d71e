import * as z from "zod";
import { answerApproval } from "../constitution/approvals.ts";
import { succeed } from "../core/diagnostic.ts";
import { answeringIn, signAnswer } from "../org/answer-signers.ts";
import { defineStep } from "./definition.ts";

export const approveStep = defineStep({
  name: "approve",
  summary: "Answer a question that a gate asked",
  description:
    "An approval is bound to the exact plan that was shown; when the plan changes it is void. Only members of the asked group count, each once, and never the requester. `--refuse` says no. Where the organisation has `.codemonkeys/allowed_signers`, an answer is signed with your own SSH key and counts only with that signature; else it is trusted by the account it comes from.",
  examples: [
    { command: "codemonkeys approve a-1b2c3d4e", says: "yes" },
    { command: "codemonkeys approve a-1b2c3d4e --refuse", says: "no" },
    { command: "codemonkeys approve a-1b2c3d4e --key ~/.ssh/work", says: "signed with another key than the usual one" },
  ],
  params: z.object({
    id: z.string().describe("the approval's id, as status and the waiting command show it"),
    refuse: z.boolean().default(false).describe("say no"),
    key: z.string().optional().describe("your SSH key to sign with; ~/.ssh/id_ed25519, id_ecdsa or id_rsa without it"),
  }),
  positional: ["id"],
  result: z.object({ id: z.string(), state: z.enum(["open", "granted", "denied"]), people: z.array(z.string()) }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { id, refuse, key }) {
    const answer = refuse ? ("no" as const) : ("yes" as const);
    const signature = await signAnswer(session, { id, answer, key });
    if (!signature.ok) return signature;
    const answered = await answerApproval(answeringIn(session), {
      id,
      person: session.requester,
      answer,
      signature: signature.value,
      source: { kind: "cli" },
    });
    if (!answered.ok) return answered;
    const { state, people, approval } = answered.value;
    const agreed = state === "open" ? `: ${people.length} of ${approval.count} have agreed` : "";
    return succeed({
      data: { id, state, people: [...people] },
      summary: `${session.requester} said ${answer} to ${id}; the question is ${state}${agreed}`,
    });
  },
});
