import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, createWriteStream, mkdirSync, openSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import type { Redactor } from "./redact.ts";

/**
 * The one place that starts processes (tools/ calls it; nothing else does). A child sees an allow-listed environment,
 * runs in a process group of its own so that its whole tree can be ended, has a time limit, and its output goes to a
 * file in full and to memory only up to a bound.
 */
export interface ProcessOptions {
  readonly cwd: string;
  /** Variables set for the child, over the allow-listed ones. Secrets go here or through `input`, never in arguments. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of further variables to hand down from this process. */
  readonly inherit?: readonly string[];
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

/** Handed down to every child: what programs need to find themselves, their words and a place to write, and no more. */
const ALLOWED = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SYSTEMROOT",
  "SystemRoot",
  "COMSPEC",
  "PATHEXT",
  "WINDIR",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "REQUESTS_CA_BUNDLE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
] as const;

const KEEP_BYTES = 1024 * 1024;
const LINE_LIMIT = 64 * 1024;
const GRACE_MS = 5_000;
/** How long what a command started may go on writing after the command itself has ended. */
const LEFTOVERS_MS = 500;

/** The environment a child gets. Exported for tests and for `doctor`. */
export function childEnvironment(
  options: Pick<ProcessOptions, "env" | "inherit"> = {},
  parent: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of [...ALLOWED, ...(options.inherit ?? [])]) {
    const value = parent[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...options.env };
}

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
  options: Pick<ProcessOptions, "cwd" | "env" | "inherit">,
): Promise<Pick<ProcessResult, "exitCode" | "startError">> {
  const child = spawn(command, args, { cwd: options.cwd, env: childEnvironment(options), stdio: "inherit" });
  return await new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: undefined, startError: error.code ?? error.message }),
    );
    child.once("exit", (code) => resolve({ exitCode: code ?? undefined, startError: undefined }));
  });
}

/** A server that this process started and has to end: its log goes to a file, `stop` ends the whole tree. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process is gone, however that came. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/** Starts a long-running command. Rejects only when it cannot be started. */
export async function startServer(
  command: string,
  args: readonly string[],
  options: Pick<ProcessOptions, "cwd" | "env" | "inherit"> & { readonly logFile: string },
): Promise<ServerProcess> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "a");
  const started = await startChild(() =>
    spawn(command, args, {
      cwd: options.cwd,
      env: childEnvironment(options),
      detached: process.platform !== "win32",
      stdio: ["ignore", log, log],
    }),
  );
  // The child has its own copy.
  closeSync(log);
  if ("startError" in started) throw new Error(`cannot start ${command}: ${started.startError}`);
  const { child, pid } = started;
  groups.add(pid);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      groups.delete(pid);
      resolve();
    });
  });
  return {
    pid,
    exited,
    async stop() {
      endTree(pid);
      await exited;
      killGroup(pid, "SIGKILL");
    },
  };
}

/**
 * The child, or why there is none. Node tells some reasons by throwing, others by an event; either way the reason has a
 * code: `ENOENT`, `EACCES`, `E2BIG` …
 */
async function startChild(
  start: () => ChildProcess,
): Promise<{ readonly child: ChildProcess; readonly pid: number } | { readonly startError: string }> {
  try {
    const child = start();
    const { pid } = child;
    if (pid !== undefined) return { child, pid };
    const error = await new Promise<Error>((resolve) => child.once("error", resolve));
    return { startError: codeOf(error) };
  } catch (error) {
    return { startError: codeOf(error) };
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** Process groups that are alive; ended with this process, whatever ends it (a SIGKILL excepted). */
const groups = new Set<number>();
process.once("exit", () => {
  for (const pid of groups) killGroup(pid, "SIGKILL");
});

function endTree(pid: number): void {
  killGroup(pid, "SIGTERM");
  setTimeout(() => {
    if (groups.has(pid)) killGroup(pid, "SIGKILL");
  }, GRACE_MS).unref();
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch (error) {
    // ESRCH: it is gone, which is what was wanted. EPERM: a zombie group on some systems.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
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

/** The last `limit` bytes of a stream. */
class Tail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #size = 0;
  dropped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > this.#limit && this.#chunks[0]) {
      const first = this.#chunks[0];
      const over = this.#size - this.#limit;
      this.dropped = true;
      if (first.length <= over) {
        this.#chunks.shift();
        this.#size -= first.length;
      } else {
        this.#chunks[0] = first.subarray(over);
        this.#size -= over;
      }
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

/** Lines that are kept at most until it shows whether they are a secret; a key of 4096 bits has 52. */
const LINES_KEPT = 100;

/**
 * Redacts lines one after the other. A line that may end within a secret is kept until the next one has come: wrapped
 * output puts a secret on two lines.
 */
function redactLines(redactor: Redactor, emit: (line: string, end: string) => void) {
  let kept: { line: string; end: string }[] = [];
  const flush = (finished: boolean) => {
    const raw = kept.map(({ line, end }) => line + end).join("");
    const opensAt = finished ? raw.length : redactor.opensAt(raw);
    // Lines that belong together stay so: a part that is redacted already could not be found as a part of the whole.
    if (opensAt < raw.length && kept.length < LINES_KEPT) return;
    // A mark a line: the redacted text has the lines of the original.
    const shown = redactor.redact(raw).split("\n");
    let position = 0;
    const open: typeof kept = [];
    for (const [index, one] of kept.entries()) {
      position += one.line.length + one.end.length;
      const text = shown[index] ?? "";
      if (opensAt < position && index > 0) open.push(one);
      else emit(one.end === "\r\n" ? text.replace(/\r$/, "") : text, one.end);
    }
    kept = open;
  };
  return {
    push(line: string, end: string) {
      // The next piece of a line that is too long to come as one.
      const last = kept.at(-1)?.end === "" ? kept.pop() : undefined;
      kept.push({ line: (last?.line ?? "") + line, end });
      flush(false);
    },
    end: () => flush(true),
  };
}

/** Cuts a byte stream into lines; a UTF-8 sequence split over two chunks stays whole. */
class LineSplitter {
  readonly #emit: (line: string, end: string) => void;
  readonly #decoder = new TextDecoder("utf-8");
  #rest = "";

  constructor(emit: (line: string, end: string) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let at = this.#rest.indexOf("\n", start); at >= 0; at = this.#rest.indexOf("\n", start)) {
      const carriage = at > start && this.#rest[at - 1] === "\r";
      this.#emit(this.#rest.slice(start, carriage ? at - 1 : at), carriage ? "\r\n" : "\n");
      start = at + 1;
    }
    this.#rest = this.#rest.slice(start);
    while (this.#rest.length > LINE_LIMIT) {
      this.#emit(this.#rest.slice(0, LINE_LIMIT), "");
      this.#rest = this.#rest.slice(LINE_LIMIT);
    }
  }

  end(): void {
    this.#rest += this.#decoder.decode();
    if (this.#rest !== "") this.#emit(this.#rest, "");
    this.#rest = "";
  }
}
