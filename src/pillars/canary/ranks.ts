/**
 * The Mann-Whitney U test as Kayenta, Netflix's and Google's canary judge, uses it on latencies: no shape of their
 * distribution is assumed, and single very slow requests do not decide it.
 */

/** One-sided p-values of two samples. */
export interface RankTest {
  /** Of the hypothesis that the first sample's values are not larger: small when they are. */
  readonly larger: number;
  /** Of the hypothesis that they are not smaller: small when they are. */
  readonly smaller: number;
}

/**
 * Compares two samples by the ranks of their values (Mann, Whitney 1947), by the normal approximation with correction for
 * ties and continuity; good from about eight values on each side.
 */
export function rankTest(first: readonly number[], second: readonly number[]): RankTest {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) return { larger: 1, smaller: 1 };
  const all = [...first.map((value) => ({ value, of: 1 })), ...second.map((value) => ({ value, of: 0 }))].sort(
    (a, b) => a.value - b.value,
  );
  let ranks = 0;
  let ties = 0;
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]?.value === all[at]?.value) end += 1;
    const count = end - at;
    ties += count ** 3 - count;
    // Equal values share the mean of their ranks; ranks count from 1.
    const rank = (at + 1 + end) / 2;
    for (let index = at; index < end; index += 1) ranks += rank * (all[index]?.of ?? 0);
    at = end;
  }
  const u = ranks - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return { larger: 1, smaller: 1 };
  const deviation = Math.sqrt(variance);
  const above = u - (n * m) / 2;
  return { larger: upperTail((above - 0.5) / deviation), smaller: upperTail((-above - 0.5) / deviation) };
}

/**
 * P(Z > z) of the standard normal distribution: Abramowitz and Stegun 26.2.17 (absolute error under 7.5e-8), and beyond
 * z = 4, where that error is not small against the value, the continued fraction 26.2.14.
 */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z >= 4) {
    let fraction = z;
    for (let term = 40; term >= 1; term -= 1) fraction = z + term / fraction;
    return density / fraction;
  }
  const t = 1 / (1 + 0.2316419 * z);
  return density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
}
