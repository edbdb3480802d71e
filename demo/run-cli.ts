import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import pc from "picocolors";
import type { StepResult } from "../src/core/result.ts";
import type { Layout } from "./layout.ts";

export interface CliOptions {
  /** Name of the product in whose folder the command is run; the demo's root without one. */
  readonly in?: string;
  /** Exit codes that the story expects; another one ends the demo. */
  readonly expect?: readonly number[];
  readonly json: boolean;
  readonly say: (line?: string) => void;
  readonly signal: AbortSignal;
}

/** Runs the real program as a person would and answers with its result.json. */
export async function runCli(layout: Layout, args: readonly string[], options: CliOptions): Promise<StepResult> {
  const where = options.in ? `products/${options.in}` : ".";
  const resultFile = join(layout.logs, "result.json");
  await mkdir(layout.logs, { recursive: true });
  await rm(resultFile, { force: true });
  options.say(`\n${pc.dim(`${where} $`)} ${pc.bold(`codemonkeys ${args.join(" ")}`)}`);
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(layout.launcher, [...args, "--result-file", resultFile], {
      cwd: join(layout.root, where),
      stdio: ["ignore", options.json ? "ignore" : "inherit", options.json ? "ignore" : "inherit"],
    });
    const stop = () => child.kill("SIGINT");
    options.signal.addEventListener("abort", stop, { once: true });
    child.once("error", reject);
    child.once("exit", (exitCode, signal) => {
      options.signal.removeEventListener("abort", stop);
      resolve(exitCode ?? (signal ? 130 : 70));
    });
  });
  const expected = options.expect ?? [0];
  if (!expected.includes(code)) {
    throw new Error(
      `codemonkeys ${args.join(" ")} in ${where} ended with exit code ${code}; expected ${expected.join(" or ")}`,
    );
  }
  return JSON.parse(await readFile(resultFile, "utf8")) as StepResult;
}
