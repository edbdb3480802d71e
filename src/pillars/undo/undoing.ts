import type { Gate } from "../../constitution/gate.ts";
import type { ActionName, Target } from "../../core/action.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Permit } from "../../core/permit.ts";
import type { Session } from "../../pipeline/session.ts";
import type { RunRecord, StepRecord } from "../../swarm/journal.ts";
import type { Git, RemoteCredentials } from "../../tools/git/git.ts";
import { type Acting, permitFor } from "../acting.ts";
import type { UndoEffect } from "./report.ts";

/** What the undoing of one run works with. */
export interface Undoing {
  readonly session: Session;
  readonly git: Git;
  readonly credentials: RemoteCredentials | undefined;
  /** The run that is undone, with its steps. */
  readonly target: RunRecord;
  readonly steps: readonly StepRecord[];
  /** The gate for previews. */
  readonly gate: Gate;
  /** The undoing run's own; absent in a dry run. */
  readonly acting: Acting | undefined;
}

interface Reversal<A extends ActionName> {
  /** In words; also the journal's name of it. */
  readonly effect: string;
  readonly action: A;
  readonly target: Target<A>;
  readonly facts: Facts;
  /** Looks whether it is undone: what shows it (a commit, a message), undefined when it is not. */
  readonly probe: () => Promise<Outcome<string | undefined>>;
  readonly act: (permit: Permit<A>) => Promise<Outcome<unknown>>;
  /** How it was undone, from what the probe shows. */
  readonly words: (shown: string) => string;
}

/** Takes one effect back exactly once, under a permit, or says what the constitution would answer. */
export async function takeBack<A extends ActionName>(
  { acting, gate }: Undoing,
  reversal: Reversal<A>,
): Promise<Outcome<UndoEffect>> {
  const { effect, action, target, facts, probe, act, words } = reversal;
  const told = (state: UndoEffect["state"], reason: string, rule: string | null = null) =>
    succeed<UndoEffect>({ effect, action, state, reason, rule });
  if (!acting) {
    const there = await probe();
    if (!there.ok) return there;
    if (there.value !== undefined) return told("already", words(there.value));
    const { answer, reason, rule = null } = await gate.preview(action, target, facts);
    return told(answer === "deny" ? "refused" : "planned", answer === "ask" ? `asks first: ${reason}` : reason, rule);
  }
  let acted = false;
  const done = await acting.run.effect(effect, {
    probe,
    async act() {
      const permit = await permitFor(acting, action, target, facts);
      if (!permit.ok) return permit;
      acted = true;
      return await act(permit.value);
    },
  });
  if (done.ok) return told(acted ? "undone" : "already", words(done.value));
  if (acting.asked) return told("waiting", `waits for ${acting.asked.group}: ${acting.asked.reason}`);
  const refusal = done.diagnostics.find(({ code }) => code.startsWith("gate."));
  return refusal ? told("refused", refusal.message) : done;
}
