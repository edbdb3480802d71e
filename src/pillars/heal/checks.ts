import type { Constitution } from "../../constitution/constitution.ts";
import { limitsFor } from "../../constitution/limits.ts";
import { asksAboutProtected, protectedPaths } from "../../constitution/protect.ts";
import { changedLines, type FileChange } from "./candidate.ts";
import { weakenings } from "./guard.ts";
import { isSafePath } from "./tree.ts";

/** How far a heal may go before it asks; where the constitution says nothing, these hold. */
const DEFAULTS = {
  files: 10,
  lines: 200,
  attempts: 3,
  minutes: 20,
  model_calls: 6,
  // The configuration's `model.token_budget` counts as well, and has a default of its own.
  model_tokens: Number.MAX_SAFE_INTEGER,
} as const;
export type HealLimits = { readonly [K in keyof typeof DEFAULTS]: number };

export function healLimits(constitution: Constitution): HealLimits {
  const set = limitsFor(constitution, "heal");
  return {
    files: set.files ?? DEFAULTS.files,
    lines: set.lines ?? DEFAULTS.lines,
    attempts: set.attempts ?? DEFAULTS.attempts,
    minutes: set.minutes ?? DEFAULTS.minutes,
    model_calls: set.model_calls ?? DEFAULTS.model_calls,
    model_tokens: set.model_tokens ?? DEFAULTS.model_tokens,
  };
}

/**
 * Why an edit may not even be tried; undefined when it may. The gate asks the same questions again of the real diff.
 *
 * @param fixer the edit is a built-in fixer's: where a rule asks people about protected paths, it may be proposed to them
 */
export function refusalOf(
  changes: readonly FileChange[],
  constitution: Constitution,
  limits: HealLimits,
  fixer = false,
): string | undefined {
  const outside = changes.find((change) => !isSafePath(change.path));
  if (outside) return `${outside.path} lies outside the repository`;
  const guarded = protectedPaths(
    constitution,
    changes.map((change) => change.path),
  );
  if (guarded.length > 0 && !(fixer && asksAboutProtected(constitution)))
    return `${guarded.join(", ")} ${guarded.length === 1 ? "is" : "are"} protected`;
  const [weak] = weakenings(changes);
  if (weak) return `${weak.what} (${weak.path}:${weak.line})`;
  if (changes.length > limits.files) return `it changes ${changes.length} files; the limit is ${limits.files}`;
  const lines = changedLines(changes);
  if (lines > limits.lines) return `it changes ${lines} lines; the limit is ${limits.lines}`;
  return undefined;
}
