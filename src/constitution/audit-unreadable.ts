import type { Diagnostic } from "../core/diagnostic.ts";

/** Thrown inside an iteration over a log that cannot be read; audit.ts makes a value of it again. */
export class AuditUnreadable extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics[0]?.message ?? "the audit log cannot be read");
    this.diagnostics = diagnostics;
  }
}
