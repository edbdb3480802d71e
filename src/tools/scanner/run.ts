import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type ProcessOptions, type ProcessResult, runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import type { Scanner } from "../../core/security.ts";

/** What every call of a scanner takes. */
export interface ScanCall {
  readonly timeoutMs: number;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}

const INSTALL: Readonly<Record<Scanner, string>> = {
  trivy: "scripts/install-trivy.sh installs it by name",
  "cargo-audit": "cargo install --locked cargo-audit, or scripts/install-cargo-audit.sh",
  "pip-audit": "install Python 3 with venv: pip-audit itself is installed by name when it is needed",
  "npm-audit": "install Node with npm",
};

/** Bytes of an answer that comes on standard output. */
const ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Runs a scanner to its end; the exit status is the caller's to judge, since most scanners end with 1 when they found
 * something. One that is not there or does not end is a failure: it has scanned nothing.
 */
export async function runScanner(
  scanner: Scanner,
  command: string,
  args: readonly string[],
  options: ScanCall & Pick<ProcessOptions, "cwd" | "env" | "inherit">,
): Promise<Outcome<ProcessResult>> {
  const result = await runProcess(command, args, { ...options, keepBytes: ANSWER_BYTES });
  switch (result.ended) {
    case "not_started":
      return fail(
        problem("infrastructure", "scan.scanner_missing", `${scanner} is not installed, so it has scanned nothing`, {
          next: `${INSTALL[scanner]}; or switch it off in ship.security, where the organisation's configuration says so`,
        }),
      );
    case "timeout":
      return fail(
        problem(
          "infrastructure",
          "scan.timeout",
          `${scanner} did not end within ${Math.round(options.timeoutMs / 1000)} s`,
          {
            next: "give it more time with ship.security.timeout_minutes",
          },
        ),
      );
    case "cancelled":
      return fail(problem("infrastructure", "scan.cancelled", `${scanner} was stopped`));
    case "signal":
      return fail(problem("infrastructure", "scan.scanner_failed", `${scanner} was ended by ${result.signal}`));
    case "exited":
      return succeed(result);
  }
}

/** A scanner's JSON in the shape that it promises; anything else is garbage, and never a clean report. */
export function parseAnswer<S extends z.ZodType>(scanner: Scanner, text: string, schema: S): Outcome<z.output<S>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(garbage(scanner, text, "no JSON"));
  }
  const read = schema.safeParse(value);
  if (read.success) return succeed(read.data);
  const [issue] = read.error.issues;
  return fail(garbage(scanner, text, `${issue?.path.join(".") || "the answer"}: ${issue?.message}`));
}

function garbage(scanner: Scanner, text: string, why: string): Diagnostic {
  return problem("infrastructure", "scan.garbage", `${scanner} gave an answer that cannot be read (${why})`, {
    next: "run it by hand and look; another version of it may write another format",
    details: text.trim().slice(0, 600),
  });
}

/** A scratch folder for one call: a scanner started in the product's would read the product's own settings for it. */
export async function inScratch<T>(work: (scratch: string) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-scan-"));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
