import { mkdir } from "node:fs/promises";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import { findPython } from "../python/interpreter.ts";

/** How a file is unpacked, told by its name. */
type Kind = "tar" | "tar.gz" | "zip";

function kindOf(name: string): Kind | undefined {
  if (/\.(?:tgz|tar\.gz|crate)$/.test(name)) return "tar.gz";
  if (name.endsWith(".tar")) return "tar";
  return /\.(?:whl|zip)$/.test(name) ? "zip" : undefined;
}

const TIMEOUT_MS = 120_000;

/**
 * Unpacks a package file into an empty folder, to be looked at. Paths that lead out of the folder are refused or cut by
 * tar and by Python's zipfile. False for a kind of file that is no archive known here.
 *
 * @param name the file's own name: in the artefact store it has another
 */
export async function unpack(file: string, name: string, into: string, signal: AbortSignal): Promise<Outcome<boolean>> {
  const kind = kindOf(name);
  if (kind === undefined) return succeed(false);
  await mkdir(into, { recursive: true });
  const command = await commandFor(kind, file, into);
  if (!command.ok) return command;
  const [program, ...args] = command.value;
  const ran = await runProcess(program, args, { cwd: into, timeoutMs: TIMEOUT_MS, signal });
  if (ran.exitCode === 0) return succeed(true);
  return fail(
    problem("product", "archive.broken", `${name} cannot be unpacked`, { details: ran.stderr.trim().slice(-2000) }),
  );
}

async function commandFor(kind: Kind, file: string, into: string): Promise<Outcome<readonly [string, ...string[]]>> {
  if (kind !== "zip") {
    return succeed([
      "tar",
      "--extract",
      ...(kind === "tar.gz" ? ["--gzip"] : []),
      "--no-same-owner",
      "--no-same-permissions",
      "--file",
      file,
      "--directory",
      into,
    ]);
  }
  const python = await findPython();
  return python.ok ? succeed([python.value.path, "-m", "zipfile", "-e", file, into]) : python;
}
