import * as z from "zod";

/** What was counted or measured of one side in a stretch of time, by one criterion. */
const readingSchema = z.union([
  z.object({ bad: z.int().min(0), of: z.int().min(0) }),
  z.object({ values: z.array(z.number()) }),
]);
export type Reading = z.infer<typeof readingSchema>;

const side = z.record(z.string(), readingSchema);

/** One look at a canary's health, as the journal keeps it. A criterion that had no answer is not in it. */
export const lookSchema = z.object({
  rung: z.int().min(1),
  /** Milliseconds since the epoch; stretches follow each other without gap or overlap. */
  from: z.int(),
  to: z.int(),
  canary: side,
  stable: side,
  /** Counts since the services began, where that is what the question answers: what the next look subtracts. */
  totals: z.object({ canary: side, stable: side }).optional(),
});
export type Look = z.infer<typeof lookSchema>;

/** The most measurements of one side that a look keeps: the journal holds records, not series. */
export const MOST_VALUES = 200;

/**
 * A sample that stands for a longer list: evenly spaced order statistics, so that quantiles and ranks stay as they are. Its
 * smaller size makes every test on it the more careful.
 */
export function thinned(values: readonly number[], most = MOST_VALUES): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length <= most) return sorted;
  return Array.from(
    { length: most },
    (_, index) => sorted[Math.floor(((index + 0.5) * sorted.length) / most)] as number,
  );
}
