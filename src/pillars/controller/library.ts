import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import { repositoryAt } from "../../pipeline/session-git.ts";

/** `jcasc/` and the playbooks by file name, put in when the program is built; a run from source reads them from disk. */
declare const __CONTROLLER__: Readonly<Record<string, string>> | undefined;
declare const __PLAYBOOKS__: Readonly<Record<string, string>> | undefined;

export interface ControllerFiles {
  /** The files of Configuration as Code by name. */
  readonly casc: Readonly<Record<string, string>>;
  /** The pinned list of plugins. */
  readonly plugins: string;
  /** The script that starts Jenkins. */
  readonly start: string;
  readonly playbooks: { readonly controller: string; readonly agent: string };
}

/**
 * What goes onto a controller: the program's own files, and over them those of the organisation's `jcasc/` folder at the
 * commit that decides (never a work tree's): its `jenkins.yaml` replaces the program's, its `fleet.yaml` comes beside it.
 */
export async function controllerFiles(session: Session): Promise<Outcome<ControllerFiles>> {
  const own =
    typeof __CONTROLLER__ === "object" ? __CONTROLLER__ : await folder(join(import.meta.dirname, "../../../jcasc"));
  const playbooks =
    typeof __PLAYBOOKS__ === "object" ? __PLAYBOOKS__ : await folder(join(import.meta.dirname, "../../../playbooks"));
  const theirs = await organisationFiles(session);
  if (!theirs.ok) return theirs;
  const all = { ...own, ...theirs.value };
  return succeed({
    casc: Object.fromEntries(Object.entries(all).filter(([name]) => /\.ya?ml$/.test(name))),
    plugins: all["plugins.txt"] as string,
    start: own.start as string,
    playbooks: {
      controller: playbooks["provision-controller.yml"] as string,
      agent: playbooks["provision-agent.yml"] as string,
    },
  });
}

async function folder(path: string): Promise<Record<string, string>> {
  const entries = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(entries.map(async ({ name }) => [name, await readFile(join(path, name), "utf8")])),
  );
}

async function organisationFiles(session: Session): Promise<Outcome<Record<string, string>>> {
  const { path, commit } = session.organisation;
  const git = await repositoryAt(session, path);
  if (!git.ok) return git;
  const paths = await git.value.listAt(commit);
  if (!paths.ok) return paths;
  const files: Record<string, string> = {};
  for (const file of paths.value.filter((one) => /^jcasc\/[\w.-]+$/.test(one))) {
    const text = await git.value.readAt(commit, file);
    if (!text.ok) return text;
    files[file.slice("jcasc/".length)] = text.value;
  }
  return succeed(files);
}
