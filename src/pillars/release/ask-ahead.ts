import type { Gate } from "../../constitution/gate.ts";
import type { ActionName, Target } from "../../core/action.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Acting } from "../acting.ts";
import { type Ahead, effectsAhead, type Look } from "./effects-ahead.ts";
import { draftRelease, type Landing } from "./land.ts";
import type { ReleaseWork } from "./work.ts";

/**
 * Asks before the first effect what the constitution says to every later one. A release that it refuses changes nothing,
 * and is told everything that stands against it at once. Where people are to be asked, they are asked now, for all that
 * is still to come: nothing is in the world yet that a no would have to take back. Their answers are bound to the very
 * targets of the effects (the release commit's id is known before the commit is made), so that each effect finds its
 * answer when it asks again for itself.
 */
export async function askAhead(
  acting: Acting,
  landing: Landing,
  work: ReleaseWork,
  options: Pick<Ahead, "papers" | "tag">,
): Promise<Outcome<void>> {
  const done = await acting.run.finished();
  if (!done.ok) return done;
  const { git, plan } = landing;
  const { session, run } = acting;
  const ahead: Ahead = { ...options, session, git, plan, work, deliveryKey: run.deliveryKey };
  const stands: Stands = { against: new Map(), questions: new Map() };
  const gate = acting.gate.bound({ together: new Set() });
  const looking = (inEarnest: boolean) => lookWith({ acting, gate, done: done.value, stands, inEarnest });
  const seen = await effectsAhead(ahead, { commit: plan.commit }, looking(false));
  if (!seen.ok) return seen;
  if (stands.against.size > 0) return fail(...stands.against.values());
  if (stands.questions.size === 0) return succeed(undefined);
  stands.questions.clear();
  const commit = await draftRelease(acting, landing, work);
  if (!commit.ok) return commit;
  const asked = await effectsAhead(ahead, commit.value, looking(true));
  if (!asked.ok) return asked;
  if (stands.against.size > 0) return fail(...stands.against.values());
  const questions = [...stands.questions.values()];
  if (questions.length === 0) return succeed(undefined);
  return questions.length === 1 ? fail(...questions) : fail(...questions, allAtOnce(run.id, questions.length));
}

/** What there is to say, each once: several effects may be refused, or asked about, by one rule. */
interface Stands {
  readonly against: Map<string, Diagnostic>;
  readonly questions: Map<string, Diagnostic>;
}

function allAtOnce(run: string, questions: number): Diagnostic {
  return problem("policy", "release.questions", `${questions} questions are to be answered before anything is done`, {
    severity: "note",
    next: `codemonkeys approve ${run} answers all of them that are put to you`,
  });
}

interface Looking {
  readonly acting: Acting;
  readonly gate: Gate;
  readonly done: ReadonlySet<string>;
  readonly stands: Stands;
  /** Whether people are asked. */
  readonly inEarnest: boolean;
}

/**
 * Looks at effects that are not done yet. A refusal is asked for in earnest, so that it is in the audit log; a question
 * only once its target is the effect's own.
 */
function lookWith({ acting, gate, done, stands, inEarnest }: Looking): Look {
  return async <A extends ActionName>(step: string, action: A, target: Target<A>, facts: Facts = {}) => {
    if (done.has(step)) return;
    const seen = await gate.preview(action, target, facts);
    if (seen.answer === "allow") return;
    if (seen.answer === "ask" && !inEarnest) {
      stands.questions.set(step, seen.diagnostic);
      return;
    }
    const decision = await gate(action, target, facts);
    if (decision.answer === "deny") stands.against.set(reasonOf(action, decision), decision.diagnostic);
    if (decision.answer !== "ask") return;
    acting.asked ??= decision.approval;
    stands.questions.set(decision.approval.id, decision.diagnostic);
  };
}

/** What holds everything is one reason, however many effects it holds. */
function reasonOf(
  action: ActionName,
  { rule, diagnostic }: { readonly rule?: string; readonly diagnostic: Diagnostic },
) {
  return diagnostic.code === "gate.paused" ? diagnostic.code : `${action} ${rule ?? ""}`;
}
