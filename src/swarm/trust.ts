/** One use of a template: how it went, and when (milliseconds since the epoch). */
export interface TimedOutcome {
  readonly outcome: "worked" | "failed";
  readonly at: number;
}

/** After this time an outcome counts half: toolchains and code move on, and an old success proves less. */
export const HALF_LIFE_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * How far a template is trusted, 0 to 1: the mean of a Beta posterior over "it works", from a uniform prior Beta(1, 1)
 * and outcomes that fade with age: (1 + Σ worked) / (2 + Σ worked + Σ failed), each weighted 2^(−age / half-life). So an
 * untried one has 0.5, four fresh successes give 5/6, and what nobody used for long drifts back towards 0.5. (Bernoulli
 * bandits with discounting: Raj & Kalyani, "Taming Non-stationary Bandits", 2017.) An outcome from the future, which a
 * clock that jumped leaves behind, counts as fresh.
 */
export function trustOf(outcomes: readonly TimedOutcome[], now: number): number {
  let worked = 0;
  let failed = 0;
  for (const { outcome, at } of outcomes) {
    const weight = 2 ** (-Math.max(0, now - at) / HALF_LIFE_MS);
    if (outcome === "worked") worked += weight;
    else failed += weight;
  }
  return (1 + worked) / (2 + worked + failed);
}
