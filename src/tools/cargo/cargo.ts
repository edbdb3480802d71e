import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";

/** Cargo's own settings, which say where crates come from and where they go. */
export const CARGO_VARIABLES = ["RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HTTP_CAINFO", "CARGO_HTTP_PROXY"];

export interface CargoOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs cargo for a question that runs no code of the product; only its absence is a failure. */
export async function runCargo(args: readonly string[], options: CargoOptions): Promise<Outcome<ProcessResult>> {
  const result = await runProcess("cargo", args, {
    cwd: options.cwd,
    timeoutMs: 300_000,
    inherit: CARGO_VARIABLES,
    env: { CARGO_TERM_COLOR: "never", CARGO_NET_GIT_FETCH_WITH_CLI: "true", ...options.env },
    ...(options.redactor ? { redactor: options.redactor } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.ended !== "not_started") return succeed(result);
  return fail(problem("infrastructure", "cargo.missing", "cargo could not be started", { next: "install Rust" }));
}

/** Which of cargo's subcommands run here in a folder: rustup has a name for each, whether it is installed or not. */
export async function cargoCommandsThere(
  names: readonly string[],
  options: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const there = new Set<string>();
  for (const name of names) {
    const said = await runCargo([name, "--version"], options);
    if (said.ok && said.value.exitCode === 0) there.add(name);
  }
  return there;
}

export function cargoFailed(command: string, result: ProcessResult): Diagnostic {
  return problem("infrastructure", "cargo.failed", `cargo ${command} failed with exit code ${result.exitCode}`, {
    details: result.stderr.trim().slice(-4000),
    next: "check cargo's settings and the network, then run this again",
  });
}
