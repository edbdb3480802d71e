import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Diagnostic, problem } from "../../core/diagnostic.ts";
import { runWork, type WorkResult } from "../../tools/sandbox/sandbox.ts";
import type { CommandStage } from "../plan.ts";
import { productOf, type Session } from "../session.ts";
import { type StageRecord, WHOLE_LOG } from "./records.ts";
import { collectReports } from "./reports.ts";

/** Lines of a failed command's log that go into its diagnostic. */
const SHOWN_LINES = 15;

/**
 * Runs one command of the plan in the product's work tree: in the sandbox, with its time limit, its log kept whole and
 * its reports collected. Always answers with a record, whatever the command does.
 *
 * @param folder where the build's logs are kept
 */
export async function runCommand(
  session: Session,
  stage: CommandStage,
  options: { readonly folder: string; readonly group?: string; readonly signal: AbortSignal },
): Promise<StageRecord> {
  const product = productOf(session);
  const log = join(options.folder, `${stage.name}.log`);
  const task = taskOf(stage.name);
  const title = stage.run.split("\n")[0] ?? stage.run;
  session.emit({ type: "task.started", task, title: `${stage.name}  ${title}` });
  const startedAt = session.clock.now();
  // A stage that is run again in the same build has one log: the last run's.
  await rm(log, { force: true });
  const whole = openWholeLog(join(options.folder, WHOLE_LOG), options.group === undefined ? "" : `[${stage.name}] `);
  const tail: string[] = [];
  let result: WorkResult;
  try {
    result = await runWork(stage.run, {
      cwd: product.path,
      logFile: log,
      timeoutMs: stage.timeout_minutes * 60_000,
      network: stage.network,
      env: stage.env,
      redactor: session.redactor,
      signal: options.signal,
      emit: session.emit,
      task,
      homes: session.homes,
      cache: join(session.homes.cache, "work", product.company, product.name),
      onLine(line) {
        whole.line(line);
        tail.push(line);
        if (tail.length > SHOWN_LINES) tail.shift();
      },
    });
  } finally {
    whole.close();
  }
  const reports = await collectReports(product.path, stage.reports, startedAt);
  const { state, reason, diagnostic } = judge(stage, result, reports.tests?.failed ?? 0, tail, log);
  session.emit({
    type: "task.finished",
    task,
    state: state === "passed" || state === "unstable" ? "done" : "failed",
    title: `${stage.name}  ${reason ?? title}`,
    durationMs: result.durationMs,
  });
  return {
    name: stage.name,
    kind: "command",
    state,
    durationMs: Math.round(result.durationMs),
    ...(options.group === undefined ? {} : { group: options.group }),
    ...(reason === undefined ? {} : { reason }),
    ...(diagnostic ? { diagnostics: [diagnostic] } : {}),
    log,
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    isolated: result.isolated,
    reports,
    finishedAt: session.clock.now(),
  };
}

/** The id of a stage's task in the events. */
export function taskOf(stage: string): string {
  return `stage:${stage}`;
}

/** What became of the command, and whose fault it is; `reason` is the part of the message that follows the name. */
function judge(
  stage: CommandStage,
  result: WorkResult,
  failedTests: number,
  tail: readonly string[],
  log: string,
): { state: StageRecord["state"]; reason?: string; diagnostic?: Diagnostic } {
  const { name } = stage;
  const kept = { where: { file: log }, ...(tail.length > 0 ? { details: tail.join("\n") } : {}) };
  const failed = (code: string, reason: string, next: string, kind: Diagnostic["kind"] = "product") => ({
    state: "failed" as const,
    reason,
    diagnostic: problem(kind, `stage.${code}`, `${name} failed: ${reason}`, { ...kept, next }),
  });
  const readOn = `codemonkeys heal, or read ${log}`;
  switch (result.ended) {
    case "cancelled": {
      const reason = "stopped before it was done";
      const diagnostic = problem("product", "stage.cancelled", `${name} was ${reason}`, { severity: "note" });
      return { state: "cancelled", reason, diagnostic };
    }
    case "timeout":
      return failed(
        "timeout",
        `not done after ${stage.timeout_minutes} minutes`,
        `if it needs longer, raise timeout_minutes of stage ${name} in SPEC.md`,
      );
    case "not_started": {
      const next = "codemonkeys doctor says what this machine lacks";
      return failed("not_started", `it could not be started (${result.startError})`, next, "infrastructure");
    }
    case "signal":
      return failed("killed", `ended by ${result.signal}`, readOn);
    case "exited":
      break;
  }
  if (result.exitCode === 127) return failed("failed", "a command was not found (exit code 127)", readOn);
  if (result.exitCode !== 0) return failed("failed", `exit code ${result.exitCode}`, readOn);
  if (failedTests === 0) return { state: "passed" };
  const reason = `its report has ${failedTests} failed tests, though it ended well`;
  const diagnostic = problem("product", "stage.unstable", `${name}: ${reason}`, { severity: "warning", ...kept });
  return { state: "unstable", reason, diagnostic };
}

/** Appends lines as they come, so that the log can be followed while it grows. */
function openWholeLog(path: string, prefix: string): { line(text: string): void; close(): void } {
  mkdirSync(join(path, ".."), { recursive: true });
  const file = openSync(path, "a");
  return {
    line: (text) => void writeSync(file, `${prefix}${text}\n`),
    close: () => closeSync(file),
  };
}
