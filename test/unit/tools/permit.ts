import type { Audit } from "../../../src/constitution/audit.ts";
import { issuePermit } from "../../../src/constitution/permits.ts";
import type { ActionName, Target } from "../../../src/core/action.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { type Outcome, succeed } from "../../../src/core/diagnostic.ts";
import type { Permit } from "../../../src/core/permit.ts";

/** What the audit log was told, in order. */
export const audited: { kind: string; data: unknown }[] = [];

const audit = {
  append(entry: { kind: string; data: unknown }) {
    audited.push(entry);
    return Promise.resolve(succeed(undefined));
  },
} as unknown as Audit;

/** A permit as the gate would issue it, with an audit log in memory. */
export function allow<A extends ActionName>(action: A, target: Target<A>): Permit<A> {
  return issuePermit(action, target, {
    clock: systemClock,
    audit,
    subject: {} as never,
    validMs: 60_000,
  });
}

/** The value of an outcome that must be a success. */
export function ok<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.diagnostics.map((d) => `${d.code}: ${d.message}\n${d.details ?? ""}`).join("\n"));
}

/** The codes of an outcome that must be a failure. */
export function codes(outcome: Outcome<unknown>): string[] {
  if (outcome.ok) throw new Error(`succeeded with ${JSON.stringify(outcome.value)}`);
  return outcome.diagnostics.map(({ code }) => code);
}
