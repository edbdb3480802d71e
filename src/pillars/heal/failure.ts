import { stat } from "node:fs/promises";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { recordConflict } from "../../swarm/conflicts.ts";
import { patternHistory, recordOccurrence } from "../../swarm/patterns.ts";
import { conflictOf } from "./conflict.ts";
import { readLog } from "./read/index.ts";
import type { BuildFailure } from "./read/report.ts";
import { locatePath } from "./tree.ts";

/** The root failure of a log file; undefined where it shows none. */
export async function readFailure(
  path: string,
  scope: { readonly stage: string; readonly product: string },
): Promise<Outcome<BuildFailure | undefined>> {
  try {
    if (!(await stat(path)).isFile()) throw new Error("it is not a file");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(problem("config", "heal.log_missing", `the log ${path} cannot be read (${why})`));
  }
  return succeed((await readLog({ path }, scope)).root);
}

/** The failure with its file as the repository names it: commits and reports show no path of the machine that built. */
export function inProduct(failure: BuildFailure, root: string, paths: readonly string[]): BuildFailure {
  if (!failure.place) return failure;
  const file = locatePath(failure.place.file, root, paths);
  return file === undefined ? failure : { ...failure, place: { ...failure.place, file } };
}

/** Notes the failure in the swarm (not in a dry run) and tells what the company knows of it. */
export async function note(session: Session, failure: BuildFailure, commit: string, stage: string) {
  const { company, name } = productOf(session);
  if (!session.dryRun) {
    const { occurrence, pattern, category, tool } = failure;
    const recorded = await recordOccurrence(session.swarm, {
      company,
      product: name,
      occurrence,
      pattern,
      category,
      tool,
      commit,
      stage,
    });
    if (!recorded.ok) return recorded;
    const conflict = conflictOf(failure);
    const warned = conflict
      ? await recordConflict(session.swarm, { company, product: name, occurrence, commit, conflict })
      : recorded;
    if (!warned.ok) return warned;
  }
  const history = await patternHistory(session.swarm, { company, pattern: failure.pattern });
  if (!history.ok) return history;
  const { seen, products, fixed } = history.value;
  return succeed({ times: seen, products, fixed });
}
