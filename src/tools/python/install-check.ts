import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import { runWork } from "../sandbox/sandbox.ts";
import { findPython } from "./interpreter.ts";
import { PIP_VARIABLES } from "./venv.ts";

export interface InstallCheck {
  readonly project: string;
  readonly version: string;
  /** Address of the simple API; default: pip's own. */
  readonly index?: string | undefined;
  /** A module to import afterwards, in the sandbox. */
  readonly importName?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Installs a published version from its index into a scratch environment, as a user would, and imports it in the
 * sandbox when a module is named. Wheels only, without dependencies: it is this package's bytes that are checked.
 */
export async function installPythonCheck(check: InstallCheck): Promise<Outcome<void>> {
  const python = await findPython();
  if (!python.ok) return python;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-pip-"));
  const what = `${check.project} ${check.version}`;
  try {
    const venv = join(scratch, "venv");
    const settings = {
      cwd: scratch,
      timeoutMs: 300_000,
      inherit: PIP_VARIABLES,
      ...(check.signal ? { signal: check.signal } : {}),
    };
    const made = await runProcess(python.value.path, ["-m", "venv", "--without-pip", "--", venv], settings);
    if (made.exitCode !== 0)
      return fail(
        problem("infrastructure", "python.venv_failed", "a Python environment could not be made", {
          details: made.stderr.slice(-2000),
        }),
      );
    const installed = await runProcess(
      python.value.path,
      [
        ...[
          "-m",
          "pip",
          "--python",
          join(venv, "bin", "python"),
          "install",
          "--no-input",
          "--disable-pip-version-check",
        ],
        ...["--no-cache-dir", "--no-deps", "--only-binary=:all:"],
        ...(check.index === undefined ? [] : ["--index-url", check.index, ...trusted(check.index)]),
        "--",
        `${check.project}==${check.version}`,
      ],
      check.index === undefined ? settings : { ...settings, env: { PIP_FIND_LINKS: "", PIP_EXTRA_INDEX_URL: "" } },
    );
    if (installed.exitCode !== 0) {
      return fail(
        problem("infrastructure", "python.install_check_failed", `${what} cannot be installed from its index`, {
          details: `${installed.stdout}\n${installed.stderr}`.trim().slice(-4000),
          next: "an index may need some minutes to show a new version; run this again",
        }),
      );
    }
    if (check.importName === undefined) return succeed(undefined);
    const imported = await runWork(
      '"$CHECK_PYTHON" -I -c "import importlib, os; importlib.import_module(os.environ[\'CHECK_MODULE\'])"',
      {
        cwd: scratch,
        network: "none",
        timeoutMs: 60_000,
        env: { CHECK_PYTHON: join(venv, "bin", "python"), CHECK_MODULE: check.importName },
        ...(check.signal ? { signal: check.signal } : {}),
      },
    );
    if (imported.exitCode === 0) return succeed(undefined);
    return fail(
      problem("product", "python.import_failed", `${what} installs, but import ${check.importName} fails`, {
        details: imported.stderr.trim().slice(-4000),
      }),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** pip wants to be told that an index without TLS is meant; on this machine's loopback it is. */
function trusted(index: string): string[] {
  const { protocol, hostname, host } = new URL(index);
  const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return protocol === "http:" && loopback ? ["--trusted-host", host] : [];
}
