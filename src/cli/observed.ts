import type { Diagnostic } from "../core/diagnostic.ts";
import type { StepResult } from "../core/result.ts";

/**
 * The result of a step that only observed: it says so, and what the constitution would have refused or asked people
 * about is what the observer came for, not a failure of the command.
 */
export function asObserved(result: Omit<StepResult, "shown">, note: Diagnostic): Omit<StepResult, "shown"> {
  const { kind, ...rest } = result;
  const refused = result.verdict === "waiting" || (result.verdict === "failure" && kind === "policy");
  const diagnostics = result.diagnostics.map((one) =>
    refused && one.kind === "policy" ? { ...one, severity: "note" as const } : one,
  );
  return {
    ...rest,
    ...(kind && !refused ? { kind } : {}),
    verdict: refused ? "success" : result.verdict,
    observed: true,
    diagnostics: [...diagnostics, note],
  };
}
