import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../../src/core/diagnostic.ts";
import { type RunningServer, startOnFreePort } from "../../src/tools/servers/listen.ts";

/** The folder of a tool's programs, as its install script prints it; the tool is installed when it is missing. */
export function installed(script: string): string {
  return execFileSync("bash", [`scripts/install-${script}.sh`], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
    .trim()
    .split("\n")
    .at(-1) as string;
}

/** A cargo registry on loopback; its index is the git repository at `URL/git`, and anybody may publish. */
export async function startCargoRegistry(directory: string): Promise<Outcome<RunningServer>> {
  const program = join(installed("cargo-registry"), "cargo-http-registry");
  mkdirSync(directory, { recursive: true });
  return await startOnFreePort("cargo-http-registry", {
    cwd: directory,
    logFile: `${directory}.log`,
    commandLine: (port) => [program, "--addr", `127.0.0.1:${port}`, directory],
    readyPath: "/git/HEAD",
  });
}

/** A container registry on loopback; anybody may push. */
export async function startOciRegistry(directory: string): Promise<Outcome<RunningServer>> {
  const program = join(installed("crane"), "crane");
  mkdirSync(directory, { recursive: true });
  return await startOnFreePort("crane registry", {
    cwd: directory,
    logFile: `${directory}.log`,
    commandLine: (port) => [program, "registry", "serve", "--address", `127.0.0.1:${port}`, "--disk", directory],
    readyPath: "/v2/",
  });
}
