import type { ActionName, Target } from "../core/action.ts";
import { sha256 } from "../core/canonical.ts";
import { messageOf, type Outcome, succeed } from "../core/diagnostic.ts";
import type { Permit } from "../core/permit.ts";
import { redeemPermit } from "./permits.ts";

/**
 * Carries out one effect under a permit: redeems the permit, logs `effect.started`, acts, and logs `effect.done` with
 * the digest of what came of it, or `effect.failed`. Nothing is done when the permit is refused or the start cannot be logged. When the effect happened
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
  const result = resultDigest(action, outcome.value);
  const logged = await audit.append({
    ...subject,
    kind: "effect.done",
    data: { ...about, ...(result ? { result } : {}) },
  });
  if (logged.ok) return outcome;
  const unlogged = logged.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: "warning" as const }));
  return succeed(outcome.value, [...outcome.warnings, ...unlogged]);
}

/**
 * SHA-256 of what an effect answered, as JSON: a commit's id, a registry's answer. Of a secret there is none, since the
 * digest of a short one tells it to whoever tries them all.
 */
function resultDigest(action: ActionName, value: unknown): string | undefined {
  const text = action === "secret.read" ? undefined : JSON.stringify(value);
  return text === undefined ? undefined : sha256(text);
}
