/**
 * What the reader of build logs gives back. A *build failure* has a category of its own vocabulary; it is not a
 * diagnostic of this program (core/diagnostic.ts), which says whose problem a failed step is.
 */

/** The kinds of build failure. Infrastructure is retried, never repaired; `flaky` is only ever set by a re-run. */
export const CATEGORIES = [
  "compilation",
  "test",
  "lint",
  "type",
  "dependency_resolution",
  "dependency_lock",
  "dependency_conflict",
  "policy",
  "warnings_as_errors",
  "configuration",
  "infrastructure",
  "secret_missing",
  "flaky",
  "unknown",
] as const;
export type Category = (typeof CATEGORIES)[number];

/** A place in the product's sources, as the tool wrote it (workspace prefixes of CI machines are cut off). */
export interface FailurePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** First and last line of the log, counted from 1, both included; lines end at `\n` only. */
export type LineRange = readonly [first: number, last: number];

/**
 * `cause`: the tool that found the fault says so. `consequence`: a caller says that something failed before
 * (`npm error Lifecycle script failed`, `make: *** Error 1`), which explains nothing when its cause is in the log too.
 */
export type Rank = "cause" | "consequence";

export interface BuildFailure {
  /** The tool that reported it, by its command's name; `general` when no reader knows the text. */
  readonly tool: string;
  readonly category: Category;
  /** The tool's own words, one line, without place and severity. */
  readonly message: string;
  readonly place?: FailurePlace;
  /** Name of the failed test, suites joined with ` > `. */
  readonly test?: string;
  readonly logLines: LineRange;
  /** Further lines that repeat it: the summary at the end, the second worker's copy. */
  readonly alsoAt: readonly LineRange[];
  /** How often the log tells it. */
  readonly count: number;
  readonly rank: Rank;
  /** True for exactly one failure of a report that has any: where to look first. */
  readonly root: boolean;
  /** What a fixer needs: identifier, suggestion, module, package, version, rule, file, expected, actual … */
  readonly captures: Readonly<Record<string, string>>;
  /** Key of this failure in this product: 16 hex digits, stable over time stamps, line shifts, order and machines. */
  readonly occurrence: string;
  /** Key of the cause anywhere: `tool:category:12 hex digits`; holds no name or path of a product. */
  readonly pattern: string;
}

export interface LogReport {
  /** Causes and consequences in the order of the log. */
  readonly failures: readonly BuildFailure[];
  readonly root: BuildFailure | undefined;
  readonly lines: number;
  readonly bytes: number;
  /** Failures that were left out because the log holds more than the limit. */
  readonly omitted: number;
}

export interface ReadOptions {
  /** The last green log of the same job. What it shows too did not break the build. */
  readonly pass?: LogSource;
  /** Stage and product the log belongs to; part of `occurrence`, never of `pattern`. */
  readonly stage?: string;
  readonly product?: string;
}

export type LogSource = AsyncIterable<Uint8Array> | { readonly path: string };
