/**
 * Expected failures are values. A diagnostic says what is wrong, of which kind, where, and what to do next; it is never
 * thrown and never printed here. Only `cli/` prints.
 */

/** Whose problem it is. Decides the exit code (see exit-codes.ts) and, in Jenkins, the build's category. */
export const DIAGNOSTIC_KINDS = ["product", "config", "infrastructure", "policy", "secret", "internal"] as const;
export type DiagnosticKind = (typeof DIAGNOSTIC_KINDS)[number];

export type Severity = "error" | "warning" | "note";

/** A place in a text file. Lines and columns count from 1; columns count UTF-16 units, as editors do. */
export interface SourcePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** Last column of the marked span, exclusive; on the same line. */
  readonly endColumn?: number;
  /** The commit the file was read at, when it was not read from a work tree. */
  readonly commit?: string;
  /** Lines around the place, for the caret picture; absent when the text is not at hand. */
  readonly excerpt?: { readonly firstLine: number; readonly lines: readonly string[] };
}

export interface Diagnostic {
  /** Stable, dotted, lower case: `config.unknown_key`. Documented under docs/reference/diagnostics.md. */
  readonly code: string;
  readonly kind: DiagnosticKind;
  readonly severity: Severity;
  /** One sentence, no final newline. Never holds a secret: everything that reaches it is redacted before. */
  readonly message: string;
  readonly where?: SourcePlace;
  /** What to do next, as a sentence or a command. */
  readonly next?: string;
  /** More lines: a tool's own words, a list. Bounded by whoever makes it. */
  readonly details?: string;
}

/** The answer of everything that can fail in an expected way. Warnings may come with a success. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function succeed<T>(value: T, warnings: readonly Diagnostic[] = []): Outcome<T> {
  return { ok: true, value, warnings };
}

export function fail<T = never>(...diagnostics: readonly Diagnostic[]): Outcome<T> {
  return { ok: false, diagnostics };
}

/** Builds an error diagnostic; `rest` takes where, next, details and a softer severity. */
export function problem(
  kind: DiagnosticKind,
  code: string,
  message: string,
  rest: Partial<Pick<Diagnostic, "where" | "next" | "details" | "severity">> = {},
): Diagnostic {
  return { code, kind, severity: "error", message, ...rest };
}

/** All successes, or all failures together: configuration errors are reported at once, not one a run. */
export function collect<T>(outcomes: readonly Outcome<T>[]): Outcome<T[]> {
  const values: T[] = [];
  const warnings: Diagnostic[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const outcome of outcomes) {
    if (outcome.ok) {
      values.push(outcome.value);
      warnings.push(...outcome.warnings);
    } else {
      diagnostics.push(...outcome.diagnostics);
    }
  }
  return diagnostics.length > 0 ? { ok: false, diagnostics } : succeed(values, warnings);
}

/** Text of an unknown thrown value, for a diagnostic's message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
