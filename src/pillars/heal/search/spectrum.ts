/** What one test, or one process of tests, ran, and how it ended: a row of the program spectrum. */
export interface Spectrum {
  readonly failed: boolean;
  /** Lines from 1 by path relative to the root. */
  readonly lines: ReadonlyMap<string, ReadonlySet<number>>;
}

/** A line and how suspicious it is, 0 to 1. */
export interface RankedLine {
  readonly path: string;
  readonly line: number;
  readonly score: number;
}

/**
 * Ranks lines by the Ochiai coefficient: ef / sqrt((ef + nf) · (ef + ep)), with ef and ep the failed and passed rows that
 * ran a line and nf the failed ones that did not (Abreu, Zoeteweij, van Gemund: On the Accuracy of Spectrum-based Fault
 * Localization, TAIC PART 2007; the most accurate of the common formulas there). Lines that no failed row ran are left
 * out. Highest first; ties by path and line.
 */
export function ochiai(spectra: readonly Spectrum[]): RankedLine[] {
  const failing = spectra.filter(({ failed }) => failed).length;
  const ran = new Map<string, Map<number, { failed: number; passed: number }>>();
  for (const { failed, lines } of spectra) {
    for (const [path, numbers] of lines) {
      const counts = ran.get(path) ?? new Map<number, { failed: number; passed: number }>();
      ran.set(path, counts);
      for (const line of numbers) {
        const count = counts.get(line) ?? { failed: 0, passed: 0 };
        count[failed ? "failed" : "passed"]++;
        counts.set(line, count);
      }
    }
  }
  const ranked = [...ran].flatMap(([path, counts]) =>
    [...counts].flatMap(([line, { failed, passed }]) =>
      failed === 0 ? [] : [{ path, line, score: failed / Math.sqrt(failing * (failed + passed)) }],
    ),
  );
  return ranked.sort(bySuspicion);
}

/** Most suspicious first, then by path and line: the order is the same on every machine. */
export function bySuspicion(a: RankedLine, b: RankedLine): number {
  return b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.line - b.line;
}
