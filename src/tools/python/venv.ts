import { randomBytes } from "node:crypto";
import { readdir, readlink, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import { homes } from "../../core/state-home.ts";
import { findPython } from "./interpreter.ts";

/** A private Python environment with pinned packages. */
export interface Venv {
  readonly directory: string;
  /** Its interpreter. */
  readonly python: string;
  /** Absolute path of a program that one of its packages brought. */
  bin(program: string): string;
  /** True when it was there already. */
  readonly reused: boolean;
}

export interface VenvOptions {
  /** Where tools are kept; default: below the cache home. */
  readonly tools?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: (line: string) => void;
  /** Accept wheels only: for packages that a product names, since building one runs its code. */
  readonly wheelsOnly?: boolean;
}

/** pip's own settings, which say where packages come from. */
export const PIP_VARIABLES = [
  "PIP_INDEX_URL",
  "PIP_EXTRA_INDEX_URL",
  "PIP_FIND_LINKS",
  "PIP_NO_INDEX",
  "PIP_CERT",
  "PIP_TRUSTED_HOST",
  "PIP_CONFIG_FILE",
  "PIP_DEFAULT_TIMEOUT",
  "PIP_CACHE_DIR",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
];

const INSTALL_MS = 600_000;
const STALE_MS = 24 * 60 * 60_000;

const building = new Map<string, Promise<Outcome<Venv>>>();

/**
 * A virtual environment with exactly these pinned packages (`name==version`), made on first use and kept in the cache.
 * Its name is a link to a finished environment, set in one step: a killed or failed build leaves nothing that looks
 * finished, and two processes that build at once do not disturb each other. One whose interpreter vanished (an
 * upgraded or removed Python) is built anew.
 */
export async function ensureVenv(
  name: string,
  packages: readonly string[],
  options: VenvOptions = {},
): Promise<Outcome<Venv>> {
  const python = await findPython();
  if (!python.ok) return python;
  const tools = options.tools ?? join(homes().cache, "tools");
  const { path, major, minor } = python.value;
  const key = digestOf({ packages: [...packages].sort(), python: path, version: `${major}.${minor}` }).slice(0, 12);
  const link = join(tools, `${name}-${key}`);
  const running = building.get(link);
  if (running) return running;
  const work = reuseOrBuild(link, path, packages, options);
  building.set(link, work);
  try {
    return await work;
  } finally {
    building.delete(link);
  }
}

async function reuseOrBuild(
  link: string,
  python: string,
  packages: readonly string[],
  options: VenvOptions,
): Promise<Outcome<Venv>> {
  if (await isUsable(link)) return succeed(venvAt(await realpath(link), true));
  const directory = join(`${link}.d`, randomBytes(6).toString("hex"));
  await makeFolder(dirname(directory));
  await removeOld(dirname(directory));
  const made = await runProcess(python, ["-m", "venv", "--", directory], {
    cwd: dirname(directory),
    timeoutMs: INSTALL_MS,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (made.exitCode !== 0) return giveUp(directory, venvFailed(made));
  const args = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
  const installed = await runProcess(
    join(directory, "bin", "python"),
    [...args, ...(options.wheelsOnly ? ["--only-binary=:all:"] : []), "--", ...packages],
    {
      cwd: directory,
      timeoutMs: INSTALL_MS,
      inherit: PIP_VARIABLES,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onLine ? { onLine: options.onLine } : {}),
    },
  );
  if (installed.exitCode !== 0) return giveUp(directory, installFailed(packages, installed));
  await writeFile(join(directory, "packages.txt"), `${packages.join("\n")}\n`);
  const temporary = `${link}.${randomBytes(6).toString("hex")}`;
  await symlink(directory, temporary);
  await rename(temporary, link);
  return succeed(venvAt(directory, false));
}

async function isUsable(link: string): Promise<boolean> {
  try {
    await stat(join(link, "packages.txt"));
    // Follows the link to the base interpreter.
    await stat(join(link, "bin", "python"));
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** What killed builds and replaced environments left behind; a day is longer than any build or use of one. */
async function removeOld(directory: string): Promise<void> {
  const link = directory.replace(/\.d$/, "");
  const current = await readlink(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (path !== current && Date.now() - (await stat(path)).mtimeMs > STALE_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function giveUp(directory: string, diagnostic: Diagnostic): Promise<Outcome<Venv>> {
  await rm(directory, { recursive: true, force: true });
  return fail(diagnostic);
}

function venvAt(directory: string, reused: boolean): Venv {
  const bin = (program: string) => join(directory, "bin", program);
  return { directory, python: bin("python"), bin, reused };
}

function venvFailed(result: ProcessResult): Diagnostic {
  const details = `${result.stdout}${result.stderr}`.trim().slice(-4000);
  if (/ensurepip is not available|No module named venv/.test(details)) {
    return problem("infrastructure", "python.no_venv", "this Python has no venv module", {
      details,
      next: "install it (on Debian: apt install python3-venv)",
    });
  }
  return problem("infrastructure", "python.venv_failed", "a Python environment could not be made", { details });
}

function installFailed(packages: readonly string[], result: ProcessResult): Diagnostic {
  const details = `${result.stdout}${result.stderr}`.trim().slice(-4000);
  const what = packages.join(", ");
  if (result.ended === "timeout") {
    const message = `pip did not finish installing ${what} in ${INSTALL_MS / 60_000} minutes`;
    return problem("infrastructure", "python.install_timeout", message, { details });
  }
  if (/No matching distribution|Could not find a version/.test(details)) {
    return problem(
      "infrastructure",
      "python.no_such_package",
      `the Python index does not offer ${what} for this Python`,
      {
        details,
        next: "check pip's index settings (pip config list) and the network",
      },
    );
  }
  return problem("infrastructure", "python.install_failed", `pip could not install ${what}`, {
    details,
    next: "check pip's index settings (pip config list), the network and the disk",
  });
}
