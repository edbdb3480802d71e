import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type ChildEnvironmentOptions, childEnvironment, endTree, groups, killGroup, startChild } from "./child.ts";

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
  options: ChildEnvironmentOptions & { readonly cwd: string; readonly logFile: string },
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
