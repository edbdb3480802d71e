import { EXIT } from "../core/exit-codes.ts";
import { VERSION } from "../core/version.ts";

const [first] = process.argv.slice(2);
if (first === "--version" || first === "-V") {
  process.stdout.write(`${VERSION}\n`);
} else {
  void run();
}

/** Never rejects: what goes wrong in a step is told and has an exit code. */
async function run(): Promise<void> {
  // SQLite in Node is stable enough for us and warned of at each start; all other warnings stay.
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes("SQLite is an experimental feature")) return;
    (emitWarning as (...args: unknown[]) => void).call(process, warning, ...rest);
  }) as typeof process.emitWarning;

  const interrupted = new AbortController();
  for (const [signal, code] of [
    ["SIGINT", EXIT.interrupted],
    ["SIGTERM", EXIT.terminated],
  ] as const) {
    process.on(signal, () => {
      // The first asks the work to end (children are ended, the journal keeps what is done); the second does not wait.
      if (interrupted.signal.aborted) process.exit(code);
      interrupted.abort(signal);
    });
  }
  // Whoever read our words has gone (`| head`): there is nobody left to tell anything.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exit(error.code === "EPIPE" ? EXIT.success : EXIT.infrastructure);
    });
  }
  await import("../core/zod-config.ts");
  const { runProgram } = await import("./program.ts");
  process.exitCode = await runProgram(process.argv.slice(2), {
    version: VERSION,
    cwd: process.cwd(),
    environment: process.env,
    streams: { out: process.stdout, err: process.stderr },
    signal: interrupted.signal,
  });
}
