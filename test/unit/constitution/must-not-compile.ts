import { perform } from "../../../src/constitution/effect.ts";
import type { Decision } from "../../../src/constitution/gate.ts";
import { establish } from "../../../src/constitution/probe.ts";
import { succeed } from "../../../src/core/diagnostic.ts";
import type { Facts } from "../../../src/core/facts.ts";
import type { Permit } from "../../../src/core/permit.ts";
import { COMMIT_TARGET } from "./support.ts";

// What must not compile: `tsc` reads this file, and a @ts-expect-error that is not needed fails it.

export const act = async () => succeed(1);

export function withoutPermit() {
  // @ts-expect-error an effect needs a permit
  void perform(undefined, "git.commit", COMMIT_TARGET, act);
}

export function writtenPermit(): Permit<"git.commit"> {
  // @ts-expect-error a permit cannot be written: its brand is not exported
  return { id: "p", action: "git.commit", targetHash: "", expiresAt: 0 };
}

export function otherAction(permit: Permit<"git.push">) {
  // @ts-expect-error a permit for one action is none for another
  void perform(permit, "git.commit", COMMIT_TARGET, act);
}

export function otherTarget(permit: Permit<"git.push">) {
  // @ts-expect-error the target must be the action's
  void perform(permit, "git.push", COMMIT_TARGET, act);
}

export function decisionIsNoPermit(decision: Decision<"git.commit">) {
  // @ts-expect-error only an allow that is not just planned has a permit
  const permit: Permit<"git.commit"> = decision.permit;
  return permit;
}

export function plannedHasNone(decision: Decision<"git.commit"> & { answer: "allow"; planned: true }) {
  // @ts-expect-error a plan has no permit
  const permit: Permit<"git.commit"> = decision.permit;
  return permit;
}

export function writtenFact(): Facts {
  return {
    // @ts-expect-error a fact cannot be written: only `establish` makes one
    "ci.green": { name: "ci.green", value: true, source: { probe: "me", evidence: "" } },
  };
}

export function wrongFacts() {
  // @ts-expect-error ci.green is true or false
  establish("probe", "", { "ci.green": "yes" });
  // @ts-expect-error there is no such fact
  establish("probe", "", { "ci.gren": true });
}
