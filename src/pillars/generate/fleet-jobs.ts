import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConstitution } from "../../constitution/constitution.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { readFleet } from "../../pipeline/fleet.ts";
import { type GenerateReport, generateFiles } from "../../pipeline/generate.ts";
import { renderSeed, SEED_PATH } from "../../pipeline/seed.ts";
import type { Session } from "../../pipeline/session.ts";
import { repositoryAt } from "../../pipeline/session-git.ts";
import { ownController, ownJenkinsfiles } from "../library-files.ts";
import { actPipelineFiles } from "./act-pipelines.ts";

export interface FleetJobsReport extends GenerateReport {
  /** Jobs of products that left the fleet; they stay, disabled. */
  readonly removed: readonly string[];
}

const COMMAND = "codemonkeys controller jobs";

/**
 * Brings `jcasc/fleet.yaml` of the organisation's work tree up to date with the `fleet.yaml` and the `constitution.yaml`
 * beside it, and with two zones the act half's pipelines: what is edited in a branch is generated, reviewed and merged
 * together.
 */
export async function generateFleetJobs(
  session: Session,
  options: { readonly check: boolean; readonly force: boolean },
): Promise<Outcome<FleetJobsReport>> {
  const git = await repositoryAt(session, session.cwd);
  if (!git.ok) return git;
  const { root, identity } = git.value;
  const textOf = async (name: string) =>
    existsSync(join(root, name)) ? await readFile(join(root, name), "utf8") : undefined;
  const [fleetText, policy] = [await textOf("fleet.yaml"), await textOf("constitution.yaml")];
  if (fleetText === undefined || policy === undefined) {
    const missing = fleetText === undefined ? "fleet.yaml" : "constitution.yaml";
    return fail(
      problem("config", "seed.no_fleet", `this is no work tree of an organisation: it has no ${missing}`, {
        next: "run it in a clone of the organisation repository",
      }),
    );
  }
  const fleet = readFleet(fleetText, { file: "fleet.yaml" });
  if (!fleet.ok) return fleet;
  const constitution = readConstitution(policy, { file: "constitution.yaml" });
  if (!constitution.ok) return constitution;
  const { zones } = constitution.value.document;
  const plugins = (await textOf("jcasc/plugins.txt")) ?? (await ownController())["plugins.txt"] ?? "";
  const sortsByPriority = /^PrioritySorter(?=[:\s]|$)/im.test(plugins);
  const pipelines = await ownJenkinsfiles();
  const seed = renderSeed(fleet.value, await textOf(SEED_PATH), { zones, sortsByPriority, pipelines });
  if (!seed.ok) return seed;
  const files = [seed.value.file, ...(zones === "two" ? await actPipelineFiles(COMMAND) : [])];
  const done = await generateFiles(session, { path: root, repository: identity }, files, options);
  if (!done.ok) return done;
  const unsorted = sortsByPriority
    ? []
    : [
        problem(
          "config",
          "seed.no_priority_sorter",
          "priorities order no queue: jcasc/plugins.txt lists no PrioritySorter",
          {
            severity: "note",
            next: "add PrioritySorter:5.3.0 to it; until then a priority is how long a build waits for more commits",
          },
        ),
      ];
  return succeed({ ...done.value, removed: seed.value.removed }, [...seed.warnings, ...unsorted, ...done.warnings]);
}
