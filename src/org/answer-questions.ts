import { answerApproval } from "../constitution/approvals.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Session } from "../pipeline/session.ts";
import { listApprovals } from "../swarm/approvals.ts";
import { answeringIn, signAnswer } from "./answer-signers.ts";

/** How one question stands after an answer. */
export interface Answered {
  readonly id: string;
  readonly state: "open" | "granted" | "denied";
  /** Those whose answer made it so. */
  readonly people: readonly string[];
  /** How many have to agree. */
  readonly count: number;
}

/**
 * Takes the answer of this session's person to a question, or, given a run's id, to every open question of that run which
 * is put to a group of theirs. Each answer is signed and counted for itself.
 */
export async function answerQuestions(
  session: Session,
  said: { readonly id: string; readonly answer: "yes" | "no"; readonly key: string | undefined },
): Promise<Outcome<Answered[]>> {
  const ids = said.id.startsWith("r-") ? await questionsOf(session, said.id) : succeed([said.id]);
  if (!ids.ok) return ids;
  const answered: Answered[] = [];
  for (const id of ids.value) {
    const signature = await signAnswer(session, { ...said, id });
    if (!signature.ok) return signature;
    const taken = await answerApproval(answeringIn(session), {
      id,
      person: session.requester,
      answer: said.answer,
      signature: signature.value,
      source: { kind: "cli" },
    });
    if (!taken.ok) return taken;
    const { state, people, approval } = taken.value;
    answered.push({ id, state, people, count: approval.count });
  }
  return succeed(answered);
}

async function questionsOf(session: Session, run: string): Promise<Outcome<string[]>> {
  const open = await listApprovals(session.swarm, { run, state: "open" });
  if (!open.ok) return open;
  const { groups } = session.organisation.constitution.document;
  const isTheirs = (group: string) => Object.hasOwn(groups, group) && groups[group]?.includes(session.requester);
  const theirs = open.value.filter(({ group }) => isTheirs(group));
  if (theirs.length > 0) return succeed(theirs.map(({ id }) => id));
  const others = [...new Set(open.value.map(({ group }) => group))];
  return fail(
    problem(
      "policy",
      "approval.none_open",
      others.length === 0
        ? `no question of ${run} is open`
        : `the open questions of ${run} are put to ${others.join(", ")}, and ${session.requester} is not of them`,
      { next: "codemonkeys status lists what is open, and who is asked" },
    ),
  );
}
