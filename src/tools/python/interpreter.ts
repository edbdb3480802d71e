import { tmpdir } from "node:os";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";

export interface Interpreter {
  /** Absolute path of the real executable, behind any version manager's shim. */
  readonly path: string;
  /** Like `3.11.7`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
}

const OLDEST = [3, 9] as const;
const TELL = "import sys;print(sys.executable);print('.'.join(map(str,sys.version_info[:3])))";

let found: Promise<Outcome<Interpreter>> | undefined;

/** The machine's Python 3; looked for once per process. Fails with `python.missing` or `python.too_old`. */
export function findPython(): Promise<Outcome<Interpreter>> {
  found ??= look();
  return found;
}

async function look(): Promise<Outcome<Interpreter>> {
  const tried: string[] = [];
  for (const name of ["python3", "python"]) {
    // A neutral directory: a shim may pick its version by a file in the current one.
    const result = await runProcess(name, ["-I", "-c", TELL], {
      cwd: tmpdir(),
      timeoutMs: 20_000,
      inherit: ["PYENV_ROOT", "PYENV_VERSION"],
    });
    const [path, version = ""] = result.stdout.trim().split("\n");
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (result.exitCode === 0 && path && major === OLDEST[0] && minor >= OLDEST[1]) {
      return succeed({ path, version, major, minor });
    }
    tried.push(result.ended === "not_started" ? `${name}: not found` : `${name}: ${version || result.stderr.trim()}`);
  }
  const tooOld = tried.some((line) => /: \d/.test(line));
  return fail(
    problem(
      "infrastructure",
      tooOld ? "python.too_old" : "python.missing",
      `no Python ${OLDEST.join(".")} or newer was found`,
      {
        details: tried.join("\n"),
        next: "install Python 3 with its venv module (on Debian: apt install python3 python3-venv)",
      },
    ),
  );
}
