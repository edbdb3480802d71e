import { type Decision, type Gate, permitOf } from "../constitution/gate.ts";
import { mergeFacts } from "../constitution/probe.ts";
import type { ActionName, Target } from "../core/action.ts";
import { fail, type Outcome, succeed } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import type { Permit } from "../core/permit.ts";
import { type OpenProduct, productOf, type Session } from "../pipeline/session.ts";
import type { Run } from "../swarm/journal.ts";

export type Approval = Extract<Decision, { answer: "ask" }>["approval"];

/** What the act half works with: one run, its gate with the facts that hold for all of it. */
export interface Acting {
  readonly session: Session;
  readonly product: OpenProduct;
  readonly run: Run;
  readonly gate: Gate;
  /** The question that this run waits for, once a gate asked one. */
  asked: Approval | undefined;
}

/** Binds the session's gate to a run. */
export function actingFor(
  session: Session,
  run: Run,
  pillar: "release" | "publish" | "announce" | "deploy" | "infra" | "undo",
  facts: Facts,
): Acting {
  const gate = session.gate.bound({
    run: { id: run.id, startedAt: run.startedAt },
    pillar,
    attempt: run.attempt,
    trigger: session.trigger,
    facts,
  });
  return { session, product: productOf(session), run, gate, asked: undefined };
}

/**
 * Asks the gate for a permit, right before its effect. A question to people is remembered in `asked`: the run then
 * waits for the answer (`waitIfAsked`) and goes on from here when the command is given again.
 */
export async function permitFor<A extends ActionName>(
  acting: Acting,
  action: A,
  target: Target<A>,
  facts: Facts = {},
): Promise<Outcome<Permit<A>>> {
  const decision = await acting.gate(action, target, mergeFacts(facts));
  if (decision.answer === "ask") acting.asked = decision.approval;
  return permitOf(decision);
}

/**
 * How an act half ends: when a gate asked people, the run waits for their answer, its process ends, and the same command
 * goes on from there. The failure then says both what asked and that it waits. Any other end is passed on.
 */
export async function waitIfAsked<T>(acting: Acting, done: Outcome<T>): Promise<Outcome<T>> {
  if (done.ok || !acting.asked) return done;
  const waiting = await wait(acting.run, acting.asked);
  return waiting.ok ? done : fail(...done.diagnostics, ...waiting.diagnostics);
}

/**
 * Lets a run wait for people whose question its report shows by itself: it succeeds once the run waits. Fails when the
 * journal could not note that, or when the time to answer is over.
 */
export async function waitForPeople(run: Run, asked: Approval): Promise<Outcome<void>> {
  const waiting = await wait(run, asked);
  if (waiting.ok || waiting.diagnostics.every(({ code }) => code === "journal.waiting")) return succeed(undefined);
  return waiting;
}

function wait(run: Run, { id, group, until, reason }: Approval): Promise<Outcome<never>> {
  return run.wait({ for: "approval", key: id, until, detail: `${group}: ${reason}` });
}
