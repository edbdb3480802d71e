/** How a child process is started and its whole group ended; core/process.ts and process/server.ts are made of it. */
import type { ChildProcess } from "node:child_process";

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

const GRACE_MS = 5_000;

export interface ChildEnvironmentOptions {
  /** Variables set for the child, over the allow-listed ones. Secrets go here or into its input, never into arguments. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of further variables to hand down from this process. */
  readonly inherit?: readonly string[];
}

/** The environment a child gets: the allow-listed variables, those to inherit, and those that are set for it. */
export function childEnvironment(
  options: ChildEnvironmentOptions = {},
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
 * The child, or why there is none. Node tells some reasons by throwing, others by an event; either way the reason has a
 * code: `ENOENT`, `EACCES`, `E2BIG` …
 */
export async function startChild(
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
export const groups = new Set<number>();
process.once("exit", () => {
  for (const pid of groups) killGroup(pid, "SIGKILL");
});

export function endTree(pid: number): void {
  killGroup(pid, "SIGTERM");
  setTimeout(() => {
    if (groups.has(pid)) killGroup(pid, "SIGKILL");
  }, GRACE_MS).unref();
}

export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch (error) {
    // ESRCH: it is gone, which is what was wanted. EPERM: a zombie group on some systems.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
