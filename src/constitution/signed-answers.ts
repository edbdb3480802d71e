import { canonicalJson } from "../core/canonical.ts";
import type { Outcome } from "../core/diagnostic.ts";
import type { Approval, Vote } from "../swarm/approvals.ts";

/** Whether a person signed a text. */
export type VerifySignature = (signed: {
  readonly text: string;
  readonly person: string;
  readonly signature: string;
}) => Promise<Outcome<boolean>>;

/**
 * Where an organisation has its people sign: how a signature is verified; undefined where it does not, and an answer is
 * trusted by the account it came from. Handed in, since it takes a program and the organisation's repository. Asked only
 * when answers are counted.
 */
export type AnswerSigners = () => Promise<Outcome<VerifySignature | undefined>>;

/** The organisation's file of its people's public keys, in the format of ssh-keygen(1). */
export const ALLOWED_SIGNERS = ".codemonkeys/allowed_signers";

/** What a person signs: the question with its exact plan, who they are, and what they say to it. */
export function answerStatement(row: Approval, answer: Pick<Vote, "person" | "answer">): string {
  const { id, company, action, planHash, rule, requester } = row;
  const { person } = answer;
  return `${canonicalJson({ approval: id, company, action, plan: planHash, rule, requester, person, answer: answer.answer })}\n`;
}
