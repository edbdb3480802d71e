import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { readFleet } from "../../pipeline/fleet.ts";
import { type GenerateReport, generateFiles } from "../../pipeline/generate.ts";
import { renderSeed, SEED_PATH } from "../../pipeline/seed.ts";
import type { Session } from "../../pipeline/session.ts";
import { repositoryAt } from "../../pipeline/session-git.ts";

export interface FleetJobsReport extends GenerateReport {
  /** Jobs of products that left the fleet; they stay, disabled. */
  readonly removed: readonly string[];
}

/**
 * Brings `jcasc/fleet.yaml` of the organisation's work tree up to date with the `fleet.yaml` beside it: what is edited in a
 * branch is generated, reviewed and merged together.
 */
export async function generateFleetJobs(
  session: Session,
  options: { readonly check: boolean; readonly force: boolean },
): Promise<Outcome<FleetJobsReport>> {
  const git = await repositoryAt(session, session.cwd);
  if (!git.ok) return git;
  const { root, identity } = git.value;
  if (!existsSync(join(root, "fleet.yaml"))) {
    return fail(
      problem("config", "seed.no_fleet", "this is no work tree of an organisation: it has no fleet.yaml", {
        next: "run it in a clone of the organisation repository",
      }),
    );
  }
  const fleet = readFleet(await readFile(join(root, "fleet.yaml"), "utf8"), { file: "fleet.yaml" });
  if (!fleet.ok) return fleet;
  const file = join(root, SEED_PATH);
  const seed = renderSeed(fleet.value, existsSync(file) ? await readFile(file, "utf8") : undefined);
  if (!seed.ok) return seed;
  const done = await generateFiles(session, { path: root, repository: identity }, [seed.value.file], options);
  if (!done.ok) return done;
  return succeed({ ...done.value, removed: seed.value.removed }, [...seed.warnings, ...done.warnings]);
}
