import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type ServerProcess, startServer } from "../../core/process/server.ts";

/** A server on loopback that this process started. */
export interface RunningServer {
  /** Address without a slash at the end. */
  readonly url: string;
  /** Ends it with all its processes; a second call does nothing. */
  stop(): Promise<void>;
}

const TRIES = 5;

/**
 * Starts a server program on a free port of 127.0.0.1 and waits until it answers. When another process takes the port
 * in between, the next free one is tried.
 */
export async function startOnFreePort(
  name: string,
  options: {
    readonly cwd: string;
    readonly logFile: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly commandLine: (
      port: number,
    ) => readonly [command: string, ...args: string[]] | Promise<readonly [string, ...string[]]>;
    /** Asked until it answers with any status below 500. */
    readonly readyPath: string;
    readonly readyMs?: number;
  },
): Promise<Outcome<RunningServer>> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    let server: ServerProcess;
    try {
      const [command, ...args] = await options.commandLine(port);
      const { cwd, logFile, env } = options;
      server = await startServer(command, args, { cwd, logFile, ...(env ? { env } : {}) });
    } catch (error) {
      return fail(
        problem("infrastructure", "servers.not_started", `${name} could not be started: ${messageOf(error)}`),
      );
    }
    const ready = await answers(`${url}${options.readyPath}`, server, options.readyMs ?? 30_000);
    if (ready === "ready") return succeed({ url, stop: once(() => server.stop()) });
    await server.stop();
    if (ready === "slow") {
      const message = `${name} did not answer within ${(options.readyMs ?? 30_000) / 1000} s`;
      return fail(
        problem("infrastructure", "servers.not_ready", message, { next: `read its log: ${options.logFile}` }),
      );
    }
  }
  return fail(
    problem("infrastructure", "servers.ended", `${name} ended by itself ${TRIES} times while it was started`, {
      next: `read its log: ${options.logFile}`,
    }),
  );
}

async function answers(url: string, server: ServerProcess, limitMs: number): Promise<"ready" | "ended" | "slow"> {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  const until = Date.now() + limitMs;
  while (Date.now() < until) {
    if (ended) return "ended";
    const status = await statusOf(url);
    // A stranger on the same port may answer while ours ended for that reason.
    await sleep(50);
    if (status !== undefined && status < 500 && !ended) return "ready";
  }
  return "slow";
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    // Not listening yet, or not answering yet: both are asked again.
    if (error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError")) return undefined;
    throw error;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

export function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}
