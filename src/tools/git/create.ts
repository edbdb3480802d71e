import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Outcome } from "../../core/diagnostic.ts";
import { type Git, type OpenOptions, openRepository } from "./repository.ts";
import { git } from "./run.ts";

export interface CreateOptions extends OpenOptions {
  readonly branch?: string;
  readonly bare?: boolean;
}

/** Makes an empty repository in scratch or cache space (`main`, no hooks, no templates of the machine's). */
export async function createRepository(directory: string, options: CreateOptions = {}): Promise<Outcome<Git>> {
  await mkdir(directory, { recursive: true });
  const kind = options.bare ? ["--bare"] : [];
  const args = [
    "init",
    "--quiet",
    "--template=",
    `--initial-branch=${options.branch ?? "main"}`,
    ...kind,
    "--",
    directory,
  ];
  const made = await git(args, { cwd: directory, redactor: options.redactor, signal: options.signal, writes: true });
  return made.ok ? openRepository(directory, options) : made;
}

/** Clones into scratch or cache space. `url` may be a path; submodules are not followed. */
export async function cloneRepository(
  url: string,
  directory: string,
  options: OpenOptions & { readonly ref?: string } = {},
): Promise<Outcome<Git>> {
  await mkdir(dirname(directory), { recursive: true });
  const ref = options.ref === undefined ? [] : [`--branch=${options.ref}`];
  const args = ["clone", "--quiet", "--template=", "--no-recurse-submodules", ...ref, "--", url, directory];
  const call = { cwd: dirname(directory), redactor: options.redactor, signal: options.signal };
  const cloned = await git(args, { ...call, network: true, writes: true });
  return cloned.ok ? openRepository(directory, options) : cloned;
}
