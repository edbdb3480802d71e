/**
 * Evidence about two failure rates that may be looked at any number of times: e-processes for two Bernoulli streams
 * (Turner, Ly, Grünwald 2024; Turner, Grünwald 2023; docs/decisions/canary-statistics.md has the proof). While the
 * hypothesis is true an e-process passes 1/α with probability α at most, whenever one stops to look (Ville 1939).
 */

/** What was counted between two looks; a side without requests has zeros. */
export interface Counts {
  readonly canary: { readonly bad: number; readonly of: number };
  readonly stable: { readonly bad: number; readonly of: number };
}

/** A claim about the canary's rate that evidence is gathered against. */
export interface Claim {
  /** `worse_at_most`: the canary is within the limit. `worse_at_least`: it is on the limit or beyond. */
  readonly claim: "worse_at_most" | "worse_at_least";
  /** The limit: a rate by itself, or what the stable version's rate may be exceeded by; both 0 to 1. */
  readonly limit: { readonly rate: number } | { readonly above_stable: number };
}

/** Rates stay this far from 0 and 1, where a single request could decide everything. */
const EDGE = 1e-4;

/** What is thought of the stable version before anything was seen: one failure in two hundred requests. */
const PRIOR = { bad: 0.5, of: 100 };

/** How the stable rate is guessed from what was seen, as factors. */
const GUESSES = [0.5, 1, 2] as const;

/** How far beyond the limit an alternative lies, as rates. */
const BEYOND = [0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7] as const;

/** How far below it, as shares of the way from nothing to the limit. */
const WITHIN = [0, 0.3, 0.6] as const;

/**
 * The logarithm of the evidence against a claim, after all looks. 0 is none; `Math.log(1 / alpha)` and more refutes it at
 * level alpha.
 *
 * @param looks counts between looks, oldest first; requests are taken as independent of each other
 * @param claim what is to be refuted
 * @param from `anywhere`: evidence that may begin at any look, so that a change late in a long rung is seen at once;
 *   `start`: all looks count alike
 */
export function evidenceAgainst(looks: readonly Counts[], claim: Claim, from: "start" | "anywhere"): number {
  const strategies = ratios(looks, claim);
  if (from === "start") return logMean(strategies.map((each) => each.reduce((sum, one) => sum + one, 0)));
  // A mixture over the look that the change came at; weights 1/(j(j+1)), and what is left has not begun: evidence 1.
  const count = looks.length;
  const terms = [-Math.log(count + 1)];
  const sums = strategies.map(() => 0);
  for (let begin = count - 1; begin >= 0; begin -= 1) {
    for (const [at, each] of strategies.entries()) sums[at] = (sums[at] ?? 0) + (each[begin] ?? 0);
    terms.push(logMean(sums) - Math.log((begin + 1) * (begin + 2)));
  }
  return logSum(terms);
}

/** For each strategy, the logarithm of each look's likelihood ratio. */
function ratios(looks: readonly Counts[], { claim, limit }: Claim): number[][] {
  const strategies = strategiesFor(claim);
  const found: number[][] = strategies.map(() => []);
  const seen = { bad: PRIOR.bad, of: PRIOR.of };
  for (const look of looks) {
    // Only what was seen before this look may choose the alternative that it is judged by.
    const guess = seen.bad / seen.of;
    for (const [at, strategy] of strategies.entries()) {
      (found[at] as number[]).push(
        "rate" in limit ? absolute(look, limit.rate, strategy) : relative(look, limit.above_stable, strategy, guess),
      );
    }
    seen.bad += look.stable.bad;
    seen.of += look.stable.of;
  }
  return found;
}

interface Strategy {
  readonly guess: number;
  /** The alternative's rate of the canary, from the limit and where there is one from the stable rate. */
  readonly rate: (limit: number, floor: number) => number;
}

function strategiesFor(claim: Claim["claim"]): Strategy[] {
  const rates =
    claim === "worse_at_most"
      ? BEYOND.map((beyond) => (limit: number) => limit + beyond)
      : WITHIN.map((share) => (limit: number, floor: number) => floor + share * (limit - floor));
  return GUESSES.flatMap((guess) => rates.map((rate) => ({ guess, rate })));
}

function absolute({ canary }: Counts, limit: number, { guess, rate }: Strategy): number {
  // Without a stable version the guesses have nothing to scale but the floor of what is within the limit.
  const other = within(rate(limit, (guess * limit) / 4));
  const bound = within(limit);
  return likelihood(canary, other) - likelihood(canary, bound);
}

function relative({ canary, stable }: Counts, margin: number, { guess, rate }: Strategy, seen: number): number {
  const base = within(Math.min(guess * seen, 1 - margin - 2 * EDGE));
  const other = within(rate(base + margin, base));
  const nearest = nearestOnLimit({ stable: stable.of, canary: canary.of }, { stable: base, canary: other }, margin);
  return (
    likelihood(canary, other) -
    likelihood(canary, nearest + margin) +
    likelihood(stable, base) -
    likelihood(stable, nearest)
  );
}

/**
 * The stable rate of the pair (t, t + margin) that is nearest to an alternative in relative entropy: its denominator makes
 * the ratio an e-variable for the whole half plane beyond the limit. The derivative grows with t, so halving finds it.
 */
function nearestOnLimit(
  of: { readonly stable: number; readonly canary: number },
  rate: { readonly stable: number; readonly canary: number },
  margin: number,
): number {
  let low = EDGE / 10;
  let high = 1 - margin - EDGE / 10;
  const slope = (t: number) =>
    of.stable * ((1 - rate.stable) / (1 - t) - rate.stable / t) +
    of.canary * ((1 - rate.canary) / (1 - t - margin) - rate.canary / (t + margin));
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (low + high) / 2;
    if (slope(middle) > 0) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

function likelihood({ bad, of }: { readonly bad: number; readonly of: number }, rate: number): number {
  return bad * Math.log(rate) + (of - bad) * Math.log1p(-rate);
}

function within(rate: number): number {
  return Math.min(1 - EDGE, Math.max(EDGE, rate));
}

function logMean(logs: readonly number[]): number {
  return logSum(logs) - Math.log(logs.length);
}

/** The logarithm of a sum of exponentials, without leaving the range of numbers. */
function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most === Number.NEGATIVE_INFINITY
    ? most
    : most + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - most), 0));
}
