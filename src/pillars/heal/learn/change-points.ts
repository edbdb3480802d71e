/**
 * Where a series of measured times changed its level. PELT (Killick, Fearnhead & Eckley, JASA 107, 2012): the exact
 * split that minimises the sum of the segments' costs plus a penalty for each, found in about linear time. The cost of a
 * segment is the sum of its values' absolute deviations from its median, each bounded, of logarithms: slow runs now and
 * then do not look like a level of their own (bounded losses: Fearnhead & Rigaill, JASA 114, 2019), and a factor counts
 * the same at a second as at an hour. Noise is estimated from the differences of neighbours, which a
 * change of level hardly touches; the penalty is the Bayesian information criterion's for a level, its spread and its place, with
 * room for noise that is not Laplace's.
 */

/** Runs that a new level must last before it is told: fewer may be a bad hour of the machine. */
const SHORTEST = 5;
/** Noise below this share is not believed: clocks and schedulers vary that much. */
const LEAST_NOISE = 0.02;
/** The most that one value can cost, in units of the noise. */
const BOUND = 6;
/** Median of the absolute difference of two values with Laplace noise, in units of its scale. */
const MEDIAN_DIFFERENCE = 1.146;

/** @param values in the order they were measured, above 0. @returns indices at which a new level begins, ascending. */
export function changePoints(values: readonly number[]): readonly number[] {
  const logs = Float64Array.from(values, (value) => Math.log(Math.max(value, 1)));
  const n = logs.length;
  if (n < 2 * SHORTEST) return [];
  const steps = values.slice(1).map((_value, index) => Math.abs(logs[index + 1]! - logs[index]!));
  const scale = Math.max(median(steps) / MEDIAN_DIFFERENCE, LEAST_NOISE);
  const penalty = 5 * Math.log(n);
  const cost = (from: number, to: number) => {
    const part = logs.slice(from, to).sort();
    const middle = (part[(part.length - 1) >> 1]! + part[part.length >> 1]!) / 2;
    return part.reduce((sum, value) => sum + Math.min((2 * Math.abs(value - middle)) / scale, BOUND), 0);
  };
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = -penalty;
  const before = new Int32Array(n + 1);
  let candidates = [0];
  for (let to = SHORTEST; to <= n; to++) {
    const totals = candidates.map((from) => best[from]! + cost(from, to) + penalty);
    const least = Math.min(...totals);
    best[to] = least;
    before[to] = candidates[totals.indexOf(least)]!;
    // A start that loses by more than the penalty can never win again.
    candidates = candidates.filter((_from, index) => totals[index]! - penalty <= least);
    const next = to - SHORTEST + 1;
    if (next >= SHORTEST) candidates.push(next);
  }
  const found: number[] = [];
  for (let at = before[n]!; at > 0; at = before[at]!) found.unshift(at);
  return atNearerLevel(logs, found);
}

/**
 * Bounded losses leave open on which side of a change a value far from both levels stands: it goes to the nearer one, so
 * that no commit is named whose run was still at the old level. A level that gets too short by it is not told yet.
 */
function atNearerLevel(logs: Float64Array, found: readonly number[]): readonly number[] {
  const bounds = [0, ...found, logs.length];
  const levels =
    found.length === 0 ? [] : bounds.slice(1).map((end, index) => median([...logs.slice(bounds[index], end)]));
  const moved: number[] = [];
  for (const [index, start] of found.entries()) {
    const [old, now] = [levels[index]!, levels[index + 1]!];
    const isNew = (at: number) => Math.abs(logs[at]! - now) < Math.abs(logs[at]! - old);
    let at = start;
    while (at < bounds[index + 2]! && !isNew(at)) at++;
    while (at > (moved.at(-1) ?? 0) && isNew(at - 1)) at--;
    if (at - (moved.at(-1) ?? 0) >= SHORTEST && bounds[index + 2]! - at >= SHORTEST) moved.push(at);
  }
  return moved;
}

/** The middle value; of two middle ones their mean. Of none it is 0. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
