import type { ActionName, Target } from "../core/action.ts";
import { messageOf, type Outcome, succeed } from "../core/diagnostic.ts";
import type { Permit } from "../core/permit.ts";
import { redeemPermit } from "./permits.ts";

/**
 * Carries out one effect under a permit: redeems the permit, logs `effect.started`, acts, and logs `effect.done` or
 * `effect.failed`. Nothing is done when the permit is refused or the start cannot be logged. When the effect happened
 * but its end cannot be logged, the effect's value comes back with a warning.
 *
 * Every function under tools/ that changes anything outside scratch space takes a permit and acts in here.
 */
export async function perform<A extends ActionName, T>(
  permit: Permit<A>,
  // Not inferred from: else a permit for one action and the name of another would agree on "either of them".
  action: NoInfer<A>,
  target: Target<NoInfer<A>>,
  act: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const redeemed = redeemPermit(permit, action, target);
  if (!redeemed.ok) return redeemed;
  const { audit, subject } = redeemed.value;
  const about = { permit: permit.id, action, target_hash: permit.targetHash };
  const started = await audit.append({ ...subject, kind: "effect.started", data: about });
  if (!started.ok) return started;
  let outcome: Outcome<T>;
  try {
    outcome = await act();
  } catch (error) {
    // A programming error: what was done is not known, and the log says so before the error goes on its way.
    await audit.append({ ...subject, kind: "effect.failed", data: { ...about, thrown: messageOf(error) } });
    throw error;
  }
  if (!outcome.ok) {
    const failures = outcome.diagnostics.map(({ code, message }) => ({ code, message }));
    const logged = await audit.append({ ...subject, kind: "effect.failed", data: { ...about, failures } });
    return logged.ok ? outcome : { ok: false, diagnostics: [...outcome.diagnostics, ...logged.diagnostics] };
  }
  const logged = await audit.append({ ...subject, kind: "effect.done", data: about });
  if (logged.ok) return outcome;
  const unlogged = logged.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: "warning" as const }));
  return succeed(outcome.value, [...outcome.warnings, ...unlogged]);
}
