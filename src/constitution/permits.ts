import { randomBytes } from "node:crypto";
import type { ActionName, Target } from "../core/action.ts";
import { digestOf, type Json } from "../core/canonical.ts";
import type { Clock } from "../core/clock.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Permit } from "../core/permit.ts";
import type { Audit, AuditSubject } from "./audit.ts";

/** How long a permit may wait for its effect, unless the gate was made with another time. */
export const PERMIT_MS = 5 * 60_000;

/** What the constitution knows of a permit it issued; kept by the permit's identity, out of reach of its holder. */
interface Issued {
  readonly action: ActionName;
  readonly targetHash: string;
  readonly expiresAt: number;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly subject: AuditSubject;
  redeemed: boolean;
}

const issued = new WeakMap<object, Issued>();

/** SHA-256 that names an action on a target; what permits and approvals are bound to. */
export function targetHash<A extends ActionName>(action: A, target: Target<A>): string {
  return digestOf({ action, target: target as unknown as Json });
}

/** Issues a permit. Only the gate calls it (a test of the house's rules holds that). */
export function issuePermit<A extends ActionName>(
  action: A,
  target: Target<A>,
  terms: { readonly clock: Clock; readonly audit: Audit; readonly subject: AuditSubject; readonly validMs: number },
): Permit<A> {
  const hash = targetHash(action, target);
  const expiresAt = terms.clock.now() + terms.validMs;
  const permit = Object.freeze({
    id: `p-${randomBytes(8).toString("hex")}`,
    action,
    targetHash: hash,
    expiresAt,
  }) as unknown as Permit<A>;
  issued.set(permit, {
    action,
    targetHash: hash,
    expiresAt,
    clock: terms.clock,
    audit: terms.audit,
    subject: terms.subject,
    redeemed: false,
  });
  return permit;
}

/** The audit and the subject under which a redeemed permit's effect is logged. */
export interface Redeemed {
  readonly audit: Audit;
  readonly subject: AuditSubject;
}

/**
 * Takes a permit for one effect. Refused, as a policy failure: one that no gate issued (forged or copied), one that was
 * used, one that expired, and one for another action or target.
 */
export function redeemPermit<A extends ActionName>(permit: Permit<A>, action: A, target: Target<A>): Outcome<Redeemed> {
  const known = typeof permit === "object" && permit !== null ? issued.get(permit) : undefined;
  const refuse = (code: string, message: string, next: string) =>
    fail<never>(problem("policy", `permit.${code}`, message, { next }));
  if (!known) {
    return refuse(
      "forged",
      `no gate issued this permit for ${action}`,
      "ask the gate for the permit, and pass it on as it is",
    );
  }
  if (known.action !== action || known.targetHash !== targetHash(action, target)) {
    return refuse(
      "re_aimed",
      `the permit is for another ${known.action === action ? "target" : "action"} than this ${action}`,
      "ask the gate for exactly what is to be done",
    );
  }
  if (known.redeemed) {
    return refuse(
      "reused",
      `the permit for ${action} was used before`,
      "ask the gate again: a permit is for one effect",
    );
  }
  if (known.clock.now() >= known.expiresAt) {
    return refuse("expired", `the permit for ${action} has expired`, "ask the gate again, right before the effect");
  }
  known.redeemed = true;
  return succeed({ audit: known.audit, subject: known.subject });
}
