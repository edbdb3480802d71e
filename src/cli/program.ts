import { Command, CommanderError } from "commander";
import { EXIT } from "../core/exit-codes.ts";
import type { StepDefinition } from "../steps/definition.ts";
import { loadSteps } from "../steps/lazy.ts";
import { execute, type Streams } from "./execute.ts";
import { type CommonOptions, collectParams, declareOptions } from "./options.ts";

export interface ProgramContext {
  readonly version: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  readonly signal: AbortSignal;
}

/** Parses a command line, runs the step it names and answers with the exit code. */
export async function runProgram(argv: readonly string[], context: ProgramContext): Promise<number> {
  let code: number = EXIT.success;
  const program = new Command("codemonkeys")
    .description("You write the constitution, the spec and the tests. Code Monkeys Ship does the rest.")
    .version(context.version, "-V, --version")
    // After a command's name, `--version 1.5.0` is the command's own.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => context.streams.out.write(text),
      writeErr: (text) => context.streams.err.write(text),
    })
    .showHelpAfterError("(codemonkeys --help lists the commands)")
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 success, 1 product, 2 unstable, 3 config, 4 infrastructure, 5 policy, 6 secret, 7 waiting, 8 drift, 64 usage, 70 internal.",
    );
  for (const step of await loadSteps(argv)) {
    const command = commandFor(program, step);
    declareOptions(command, step);
    command.action(async (...args: unknown[]) => {
      const options = args.at(-2) as Record<string, unknown>;
      const positional = args.slice(0, -2);
      code = await execute({
        step,
        given: collectParams(step, positional, options),
        common: options as CommonOptions,
        cwd: context.cwd,
        environment: context.environment,
        streams: context.streams,
        signal: context.signal,
      });
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
    throw error;
  }
  return code;
}

/** `constitution check` becomes the command `check` below a `constitution` that only lists its subcommands. */
function commandFor(program: Command, step: StepDefinition): Command {
  const words = step.name.split(" ");
  let parent = program;
  for (const word of words.slice(0, -1)) {
    parent =
      parent.commands.find((command) => command.name() === word) ??
      parent.command(word).description(GROUPS[word] ?? "");
  }
  const command = parent.command(words.at(-1) ?? step.name);
  command.description(step.summary).summary(step.summary);
  if (step.examples.length > 0) {
    const width = Math.max(...step.examples.map((example) => example.command.length));
    const lines = step.examples.map((example) => `  $ ${example.command.padEnd(width)}  ${example.says}`);
    command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
  }
  return command;
}

/** What `--help` says of a word that only gathers commands. */
export const GROUPS: Readonly<Record<string, string>> = {
  canary: "a new version on its way up a ladder of shares",
  audit: "the log of every decision and effect",
  config: "the layered configuration",
  constitution: "the policy that every act is judged by",
  controller: "a Jenkins controller and the fleet's jobs on it, as code",
  infra: "a product's infrastructure, with OpenTofu",
  secrets: "encrypted secrets, with SOPS and age",
};
