import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder, writeFileAtomic } from "../../core/files.ts";
import type { Person } from "./history.ts";
import { credentialled, type RemoteCredentials } from "./remote.ts";
import { type Git, type OpenOptions, openRepository } from "./repository.ts";
import { callGit, git } from "./run.ts";

export interface CreateOptions extends OpenOptions {
  readonly branch?: string;
  readonly bare?: boolean;
  /** URL or path of the remote `origin`. */
  readonly origin?: string;
}

/** Makes an empty repository in scratch or cache space (`main`, no hooks, no templates of the machine's). */
export async function createRepository(directory: string, options: CreateOptions = {}): Promise<Outcome<Git>> {
  await makeFolder(directory);
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
  const call = { cwd: directory, redactor: options.redactor, signal: options.signal, writes: true };
  const made = await git(args, call);
  if (!made.ok) return made;
  if (options.origin !== undefined) {
    const added = await git(["remote", "add", "--", "origin", options.origin], call);
    if (!added.ok) return added;
  }
  return openRepository(directory, options);
}

/**
 * Clones into scratch or cache space, beside the place and then to it: a killed process leaves no half of a clone there, and
 * of two processes the second takes what the first has brought. `url` may be a path; submodules are not followed.
 */
export async function cloneRepository(
  url: string,
  directory: string,
  options: OpenOptions & { readonly ref?: string; readonly credentials?: RemoteCredentials | undefined } = {},
): Promise<Outcome<Git>> {
  const parent = dirname(directory);
  await makeFolder(parent);
  const beside = await mkdtemp(join(parent, ".cloning-"));
  try {
    const ref = options.ref === undefined ? [] : [`--branch=${options.ref}`];
    const args = [
      "clone",
      "--quiet",
      "--template=",
      "--no-recurse-submodules",
      ...ref,
      "--",
      url,
      join(beside, "clone"),
    ];
    const call = { cwd: parent, redactor: options.redactor, signal: options.signal };
    const network = credentialled("origin", url, { ...call, network: true, writes: true }, options.credentials);
    const cloned = network.ok ? await git(args, network.value) : network;
    if (!cloned.ok) return cloned;
    await rename(join(beside, "clone"), directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return await openRepository(directory, options);
}

/** Whether a clone holds nothing of anybody's: no file and no commit, as one that was killed, or of an empty repository. */
export async function holdsNothing(directory: string, options: OpenOptions = {}): Promise<Outcome<boolean>> {
  if ((await readdir(directory)).some((name) => name !== ".git")) return succeed(false);
  const call = { cwd: directory, redactor: options.redactor, signal: options.signal };
  const commits = await callGit(["rev-list", "--all", "--max-count=1"], call);
  if (!commits.ok) return commits;
  return succeed(commits.value.exitCode === 0 && commits.value.stdout.trim() === "");
}

/**
 * Brings a clone that this program made, and that nobody works in, to where its branch stands at the remote. One that has
 * commits or changes of its own stays as it is: a process that was killed may have left them to be gone on with.
 *
 * @returns whether it stands where the remote does
 */
export async function catchUp(
  directory: string,
  options: OpenOptions & { readonly credentials?: RemoteCredentials | undefined } = {},
): Promise<Outcome<boolean>> {
  const opened = await openRepository(directory, options);
  if (!opened.ok) return opened;
  const { credentials } = options;
  const fetched = await opened.value.fetch("origin", credentials ? { credentials } : {});
  if (!fetched.ok) return fetched;
  const call = { cwd: directory, redactor: options.redactor, signal: options.signal, writes: true };
  const moved = await callGit(["merge", "--quiet", "--ff-only", "@{upstream}"], call);
  if (!moved.ok) return moved;
  return succeed(moved.value.exitCode === 0);
}

/**
 * Makes a new repository with a first commit of the given files. There is no policy before it, so that no gate can be
 * asked; it refuses a directory that holds anything.
 */
export async function foundRepository(
  directory: string,
  input: { readonly files: Readonly<Record<string, string>>; readonly message: string; readonly author: Person },
  options: CreateOptions = {},
): Promise<Outcome<Git>> {
  await makeFolder(directory);
  if ((await readdir(directory)).length > 0) {
    return fail(
      problem("config", "git.not_empty", `${directory} is not empty`, {
        next: "choose another place, or move what is there",
      }),
    );
  }
  const made = await createRepository(directory, options);
  if (!made.ok) return made;
  for (const [path, text] of Object.entries(input.files)) await writeFileAtomic(join(directory, path), text);
  const { name, email } = input.author;
  const call = {
    cwd: directory,
    redactor: options.redactor,
    signal: options.signal,
    writes: true,
    env: { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
  };
  // A push to the branch that is checked out here brings the files along, instead of being refused.
  const receiving = await git(["config", "receive.denyCurrentBranch", "updateInstead"], call);
  if (!receiving.ok) return receiving;
  const added = await git(["add", "--", ...Object.keys(input.files)], call);
  if (!added.ok) return added;
  const committed = await git(
    ["commit", "--quiet", "--no-verify", "--no-gpg-sign", `--message=${input.message}`],
    call,
  );
  return committed.ok ? made : committed;
}
