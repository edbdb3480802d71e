/** A run of lines of the original that the search means, and which of its lines is which of the search's. */
export interface Region {
  /** First line and the one after the last, from 0. */
  readonly from: number;
  readonly to: number;
  /** For each line of the search the line of the original, or undefined where it has none (a blank line too many). */
  readonly lines: readonly (number | undefined)[];
}
