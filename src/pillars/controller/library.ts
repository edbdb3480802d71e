import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import { organisationFolder, ownController, ownPlaybooks } from "../library-files.ts";

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
  const theirs = await organisationFolder(session, "jcasc");
  if (!theirs.ok) return theirs;
  const own = await ownController();
  const playbooks = await ownPlaybooks();
  const all = { ...own, ...theirs.value };
  return succeed({
    casc: Object.fromEntries(Object.entries(all).filter(([name]) => /^[\w.-]+\.ya?ml$/.test(name))),
    plugins: all["plugins.txt"] as string,
    start: own.start as string,
    playbooks: {
      controller: playbooks["provision-controller.yml"] as string,
      agent: playbooks["provision-agent.yml"] as string,
    },
  });
}
