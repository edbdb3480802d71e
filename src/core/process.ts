import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import {
  type ChildEnvironmentOptions,
  childEnvironment,
  endTree,
  groups,
  killGroup,
  startChild,
} from "./process/child.ts";
import { LineSplitter, redactLines, Tail } from "./process/output.ts";
import type { Redactor } from "./redact.ts";

/**
 * The one place that starts processes (tools/ calls it; nothing else does). A child sees an allow-listed environment,
 * runs in a process group of its own so that its whole tree can be ended, has a time limit, and its output goes to a
 * file in full and to memory only up to a bound.
 */
export interface ProcessOptions extends ChildEnvironmentOptions {
  readonly cwd: string;
  readonly timeoutMs?: number;
  /** Both streams, in order of arrival, redacted, appended to this file. */
  readonly logFile?: string;
  /** Bytes of each stream kept in memory; the end is kept, the beginning dropped. */
  readonly keepBytes?: number;
  readonly input?: string;
  /** Called with each line of either stream, redacted, without its line end; lines over 64 KiB arrive in pieces. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  readonly redactor?: Redactor;
  readonly signal?: AbortSignal;
  /** Called once the command itself is gone while something it started still holds its output open. */
  readonly onLeftovers?: () => void | Promise<void>;
}

export interface ProcessResult {
  readonly command: string;
  readonly args: readonly string[];
  /** Undefined when the process did not exit by itself or did not start. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly ended: "exited" | "timeout" | "cancelled" | "signal" | "not_started";
  /** Why it did not start: `ENOENT`, `EACCES` … */
  readonly startError: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** True when the beginning of a stream was dropped from memory. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

const KEEP_BYTES = 1024 * 1024;
/** How long what a command started may go on writing after the command itself has ended. */
const LEFTOVERS_MS = 500;

/**
 * Runs a command to its end. Never rejects for what the command does: read `ended` and `exitCode`. When its output cannot
 * be kept (a full disk, an `onLine` that throws), the command is ended and this rejects with the reason.
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const startedAt = performance.now();
  const log = options.logFile ? openLog(options.logFile) : undefined;
  const kept = { stdout: new Tail(options.keepBytes ?? KEEP_BYTES), stderr: new Tail(options.keepBytes ?? KEEP_BYTES) };
  let ended: ProcessResult["ended"] = "exited";
  let running: number | undefined;
  const stop = (reason: "timeout" | "cancelled") => {
    if (ended !== "exited") return;
    ended = reason;
    if (running !== undefined) endTree(running);
  };
  let lost: { readonly reason: unknown } | undefined;
  const lose = (reason: unknown) => {
    lost ??= { reason };
    stop("cancelled");
  };
  log?.on("error", lose);
  const started = await startChild(() =>
    spawn(command, args, {
      cwd: options.cwd,
      env: childEnvironment(options),
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    }),
  );
  if ("startError" in started) {
    if (log && !log.errored) await closeLog(log);
    if (lost) throw lost.reason;
    return {
      ...{ command, args, exitCode: undefined, signal: undefined, ended: "not_started" as const, ...started },
      ...{ stdout: "", stderr: "", truncated: false, durationMs: performance.now() - startedAt },
    };
  }
  const { child, pid } = started;
  running = pid;
  groups.add(pid);
  // Listened for before anything is waited for: it comes once.
  const exited = new Promise<{ exitCode: number | undefined; signal: string | undefined }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }));
  });
  child.stdin?.on("error", (error: NodeJS.ErrnoException) => {
    // A command may end without having read all of its input.
    if (error.code !== "EPIPE") lose(error);
  });
  child.stdin?.end(options.input);
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => stop("timeout"), options.timeoutMs);
  const abort = () => stop("cancelled");
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener("abort", abort, { once: true });
  const follow = async (stream: "stdout" | "stderr") => {
    const show = (line: string, end: string) => {
      if (lost) return;
      log?.write(line + end);
      try {
        options.onLine?.(line, stream);
      } catch (error) {
        lose(error);
      }
    };
    const redaction = options.redactor ? redactLines(options.redactor, show) : undefined;
    const lines = new LineSplitter(redaction ? redaction.push : show);
    const source = child[stream] as Readable;
    source.on("data", (chunk: Buffer) => {
      kept[stream].push(chunk);
      lines.push(chunk);
      if (log?.writableNeedDrain && !log.errored) {
        source.pause();
        // A log that breaks never drains; its "close" comes after the error.
        const go = () => {
          log.off("drain", go).off("close", go);
          source.resume();
        };
        log.on("drain", go).on("close", go);
      }
    });
    await new Promise<void>((resolve) => {
      source.once("close", resolve);
      source.once("error", () => resolve());
    });
    lines.end();
    redaction?.end();
  };
  const followed = [follow("stdout"), follow("stderr")];
  // A server left in the background holds the streams open for ever: it is ended, not waited for.
  let leftovers: NodeJS.Timeout | undefined;
  let handled: Promise<void> | undefined;
  child.once("exit", () => {
    leftovers = setTimeout(() => {
      killGroup(pid, "SIGKILL");
      handled = Promise.resolve(options.onLeftovers?.());
    }, LEFTOVERS_MS);
  });
  const { exitCode, signal } = await exited;
  await Promise.all(followed);
  clearTimeout(leftovers);
  await handled;
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", abort);
  // What the command left running in its group ends with it: no stage leaves a server behind.
  killGroup(pid, "SIGKILL");
  groups.delete(pid);
  if (log && !log.errored) await closeLog(log);
  if (lost) throw lost.reason;
  if (ended === "exited" && signal) ended = "signal";
  const text = (stream: "stdout" | "stderr") => {
    const raw = kept[stream].text();
    return options.redactor ? options.redactor.redact(raw) : raw;
  };
  return {
    command,
    args,
    exitCode,
    signal,
    ended,
    startError: undefined,
    stdout: text("stdout"),
    stderr: text("stderr"),
    truncated: kept.stdout.dropped || kept.stderr.dropped,
    durationMs: performance.now() - startedAt,
  };
}

/**
 * Runs a command at the person's own terminal, which it has to itself until it ends: an editor. Neither its input nor
 * what it shows is seen here.
 */
export async function runAttached(
  command: string,
  args: readonly string[],
  options: ChildEnvironmentOptions & { readonly cwd: string },
): Promise<Pick<ProcessResult, "exitCode" | "startError">> {
  const child = spawn(command, args, { cwd: options.cwd, env: childEnvironment(options), stdio: "inherit" });
  return await new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: undefined, startError: error.code ?? error.message }),
    );
    child.once("exit", (code) => resolve({ exitCode: code ?? undefined, startError: undefined }));
  });
}

function openLog(path: string): WriteStream {
  mkdirSync(dirname(path), { recursive: true });
  return createWriteStream(path, { flags: "a" });
}

function closeLog(log: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    log.once("error", reject);
    log.end(resolve);
  });
}
