import type { ActionName, Target } from "../core/action.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { silent } from "../core/events.ts";
import type { Facts } from "../core/facts.ts";
import type { Permit } from "../core/permit.ts";
import type { ApprovalAsked } from "../core/result.ts";
import { type ApprovalStanding, approvalStanding, planHash } from "./approvals.ts";
import type { AskedApproval } from "./asked-approval.ts";
import type { AuditSubject } from "./audit.ts";
import { decide, type RuleAnswer } from "./decide.ts";
import { recordDecision } from "./decision-record.ts";
import { explain } from "./explain.ts";
import { explanationLines } from "./explain-text.ts";
import { asks, denied, misused } from "./gate-diagnostics.ts";
import { clockFacts, modelFacts, runFacts, targetFacts } from "./gate-facts.ts";
import type { GateContext, GateOptions } from "./gate-options.ts";
import { pauseReason } from "./pausing.ts";
import { issuePermit, PERMIT_MS, targetHash } from "./permits.ts";
import { mergeFacts } from "./probe.ts";
import type { Rule } from "./rules.ts";

/** A question as events and results tell it. */
export function approvalAsked({ id, group, people, count, until, reason }: AskedApproval): ApprovalAsked {
  return { id, group, people: [...people], count, until: new Date(until).toISOString(), reason };
}

/** What a gate answers. `planned` marks an answer that was only looked at: then there is never a permit. */
export type Decision<A extends ActionName = ActionName> =
  | {
      readonly answer: "allow";
      readonly planned: false;
      readonly permit: Permit<A>;
      readonly rule: string;
      readonly reason: string;
      /** A rule asked people, and they agreed. */
      readonly agreed?: true;
    }
  | {
      readonly answer: "allow";
      readonly planned: true;
      readonly permit?: never;
      readonly rule: string;
      readonly reason: string;
      readonly agreed?: true;
    }
  | {
      readonly answer: "deny";
      readonly planned: boolean;
      readonly rule?: string;
      readonly reason: string;
      readonly diagnostic: Diagnostic;
    }
  | {
      readonly answer: "ask";
      readonly planned: boolean;
      readonly rule: string;
      readonly reason: string;
      readonly approval: AskedApproval;
      readonly diagnostic: Diagnostic;
    };

/** The only maker of permits. */
export interface Gate {
  /** Judges, logs, and issues a permit when the answer is allow and the mode is `act`. */
  <A extends ActionName>(action: A, target: Target<A>, facts: Facts): Promise<Decision<A>>;
  /**
   * The same answer without a permit or a question to anybody: for `--dry-run`, and to choose between ways before acting.
   * Logged only in `observe` mode, where it is all that happens; told only where nothing acts, since an acting session
   * tells the answer when it asks for the permit.
   */
  preview<A extends ActionName>(action: A, target: Target<A>, facts: Facts): Promise<Decision<A>>;
  /** The gate for one run or pillar, or with further facts that hold for all that follows. */
  bound(context: GateContext): Gate;
}

/** The company of rows that concern no product. */
export const ORGANISATION = "organisation";

/** Makes the gate of a session. */
export function createGate(options: GateOptions): Gate {
  const ask = <A extends ActionName>(action: A, target: Target<A>, facts: Facts) =>
    judge(options, options.mode, action, target, facts);
  const looking = options.mode === "act" ? { ...options, emit: silent } : options;
  return Object.assign(ask, {
    preview: <A extends ActionName>(action: A, target: Target<A>, facts: Facts) =>
      judge(looking, options.mode === "observe" ? "observe" : "plan", action, target, facts),
    bound: (context: GateContext) =>
      createGate({
        ...options,
        ...context,
        facts: mergeFacts(options.facts ?? {}, context.facts ?? {}),
      }),
  });
}

/** The permit of a decision, or why there is none as a failure: the usual next step after asking a gate. */
export function permitOf<A extends ActionName>(decision: Decision<A>): Outcome<Permit<A>> {
  if (decision.answer !== "allow") return fail(decision.diagnostic);
  if (decision.permit) return succeed(decision.permit);
  return fail(problem("policy", "gate.planned", "nothing is done here: this run only shows what it would do"));
}

async function judge<A extends ActionName>(
  options: GateOptions,
  mode: GateOptions["mode"],
  action: A,
  target: Target<A>,
  given: Facts,
): Promise<Decision<A>> {
  const { constitution, clock, audit } = options;
  const planned = mode !== "act";
  const refuse = (diagnostic: Diagnostic): Decision<A> => {
    const reason = options.redactor.redact(diagnostic.message);
    options.emit({ type: "gate", gate: { action, answer: "deny", reason } });
    return { answer: "deny", planned, reason, diagnostic: { ...diagnostic, message: reason } };
  };
  const subject = subjectOf(options);
  const misuse = misused({ ...options, mode }, action, target, given);
  if (misuse) {
    // Not a decision that could be made again, but somebody who reads the log wants to know that it was tried.
    const data = { action, code: misuse.code, message: misuse.message };
    const logged = planned ? undefined : await audit.append({ ...subject, kind: "gate.refused", data });
    return refuse(logged && !logged.ok ? (logged.diagnostics[0] as Diagnostic) : misuse);
  }

  const now = clock.now();
  const counted = await modelFacts(options, action, now, { planned });
  if (!counted.ok) return refuse(counted.diagnostics[0] as Diagnostic);
  const facts = mergeFacts(
    options.facts ?? {},
    given,
    runFacts(options, now, { planned }),
    counted.value,
    targetFacts(constitution, action, target, mergeFacts(options.facts ?? {}, given)),
    clockFacts(now, constitution.timeZone),
  );

  const paused = await pauseReason(options.swarm, options.product);
  if (!paused.ok) return refuse(paused.diagnostics[0] as Diagnostic);
  const answer = decide(constitution, action, facts);
  const settled = paused.value
    ? { answer: "deny" as const, reason: paused.value, code: "gate.paused" }
    : await settle(options, mode, action, target, answer, subject);
  if ("failure" in settled) return refuse(settled.failure);

  const permit =
    settled.answer === "allow" && mode === "act"
      ? issuePermit(action, target, { clock, audit, subject, validMs: options.permitMs ?? PERMIT_MS })
      : undefined;
  const rule = "rule" in settled ? settled.rule : undefined;
  if (mode !== "plan") {
    const logged = await audit.append({
      ...subject,
      kind: "decision",
      data: recordDecision({
        constitution,
        commit: options.organisationCommit,
        action,
        target,
        targetHash: targetHash(action, target),
        answer: settled.answer,
        mode,
        reason: settled.reason,
        rule,
        facts,
        permit: permit?.id,
        approval: "approval" in settled ? settled.approval?.id : undefined,
      }),
    });
    // What cannot be logged does not happen; the permit is dropped unused.
    if (!logged.ok) return refuse(logged.diagnostics[0] as Diagnostic);
  }
  const reason = options.redactor.redact(settled.reason);
  options.emit({
    type: "gate",
    gate: { action, answer: settled.answer, ...(rule ? { rule: rule.id } : {}), reason },
    ...(settled.answer === "ask" && !planned ? { approval: approvalAsked(settled.approval) } : {}),
  });
  switch (settled.answer) {
    case "allow": {
      const agreed = settled.approval ? { agreed: true as const } : {};
      return permit
        ? { answer: "allow", planned: false, permit, rule: settled.rule.id, reason, ...agreed }
        : { answer: "allow", planned: true, rule: settled.rule.id, reason, ...agreed };
    }
    case "ask":
      return {
        answer: "ask",
        planned,
        rule: settled.rule.id,
        reason,
        approval: settled.approval,
        diagnostic: asks(options, action, settled.rule, settled.approval),
      };
    case "deny":
      return {
        answer: "deny",
        planned,
        ...(rule ? { rule: rule.id } : {}),
        reason,
        diagnostic: denied(options, action, rule, reason, settled.code, whyOf(options, action, facts, settled.code)),
      };
  }
}

type Settled =
  | { readonly answer: "allow"; readonly rule: Rule; readonly reason: string; readonly approval?: AskedApproval }
  | { readonly answer: "ask"; readonly rule: Rule; readonly reason: string; readonly approval: AskedApproval }
  | { readonly answer: "deny"; readonly rule?: Rule; readonly reason: string; readonly code: string }
  | { readonly failure: Diagnostic };

/** Turns the rules' answer into the gate's: where they ask, what people have answered by now counts. */
async function settle<A extends ActionName>(
  options: GateOptions,
  mode: GateOptions["mode"],
  action: A,
  target: Target<A>,
  answer: RuleAnswer,
  subject: AuditSubject,
): Promise<Settled> {
  const { rule, reason } = answer;
  if (answer.answer === "deny") {
    return { answer: "deny", reason, code: rule ? "gate.denied" : "gate.no_match", ...(rule ? { rule } : {}) };
  }
  if (answer.answer === "allow") return { answer: "allow", rule: rule as Rule, reason };
  const agreed: string[] = [];
  let last: AskedApproval | undefined;
  for (const asking of answer.asks) {
    const standing: Outcome<ApprovalStanding> = await approvalStanding(
      {
        swarm: options.swarm,
        audit: options.audit,
        constitution: options.constitution,
        now: options.clock.now(),
        requester: options.requester,
        signers: options.signers,
        together: options.together,
      },
      {
        company: options.product?.company ?? ORGANISATION,
        product: options.product?.name,
        run: options.run?.id,
        action,
        planHash: planHash(targetHash(action, target), asking.id),
        rule: asking,
        reason: asking === rule ? reason : asking.reason,
        subject,
      },
      { open: mode === "act" },
    );
    if (!standing.ok) return { failure: standing.diagnostics[0] as Diagnostic };
    const { state, people, approval } = standing.value;
    if (state === "denied") {
      return { answer: "deny", rule: asking, reason: `${people.join(", ")} said no.`, code: "gate.refused" };
    }
    if (state === "open") return { answer: "ask", rule: asking, reason: approval.reason, approval };
    agreed.push(...people);
    last = approval;
  }
  const reasonWithPeople = `${[...new Set(agreed)].join(", ")} agreed. ${reason}`;
  return { answer: "allow", rule: rule as Rule, reason: reasonWithPeople, ...(last ? { approval: last } : {}) };
}

/** What the rules looked at and from when on the answer is another one, for a denial that the rules made. */
function whyOf(options: GateOptions, action: ActionName, facts: Facts, code: string): string | undefined {
  if (code !== "gate.denied" && code !== "gate.no_match") return undefined;
  const explanation = explain(options.constitution, action, facts, { now: options.clock.now() });
  // The first line is the message itself.
  const [, ...lines] = explanationLines(explanation);
  return lines.length > 0 ? options.redactor.redact(lines.join("\n")) : undefined;
}

function subjectOf(options: GateOptions): AuditSubject {
  return {
    ...(options.product ? { company: options.product.company, product: options.product.name } : {}),
    ...(options.run ? { run: options.run.id } : {}),
    requester: options.requester,
  };
}
