import type { DiagnosticKind } from "./diagnostic.ts";
import type { Verdict } from "./result.ts";

/**
 * The program's exit codes. Documented in docs/reference/exit-codes.md and stable: Jenkins and scripts branch on them.
 * 64 and up follow the BSD sysexits habit only for `usage`; 130 and 143 are the shell's for SIGINT and SIGTERM.
 */
export const EXIT = {
  success: 0,
  /** The product itself is at fault: a failing stage, a test that fails. */
  product: 1,
  /** Nothing failed, but something deserves a look (Jenkins: UNSTABLE). */
  unstable: 2,
  config: 3,
  infrastructure: 4,
  /** The constitution said no. */
  policy: 5,
  secret: 6,
  /** A person, CI or a registry has to answer first; the run is recorded and a later call goes on. */
  waiting: 7,
  /** Generated files differ from what would be generated now. */
  drift: 8,
  usage: 64,
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitName = keyof typeof EXIT;

/** The exit code of a verdict; a failure's kind decides between the failing codes. */
export function exitCodeOf(verdict: Verdict, kind: DiagnosticKind | undefined): number {
  if (verdict === "success") return EXIT.success;
  if (verdict === "unstable") return EXIT.unstable;
  if (verdict === "waiting") return EXIT.waiting;
  return EXIT[kind ?? "internal"];
}
