import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { readRun } from "../../swarm/journal.ts";
import { fetchForAct, runToTake } from "../halves.ts";

/** The step of the run in which the work half notes what the act half needs besides patch and evidence. */
export const HANDOVER = "handover";

const noteSchema = z.object({
  log: z.string().describe("digest of the failed build's log"),
  stage: z.string(),
  commit: z.string(),
  branch: z.string(),
});

/** The failure that a work half's run is about; its log lies in the artefact store. */
export async function handedOver(session: Session): Promise<Outcome<z.infer<typeof noteSchema>>> {
  const id = runToTake(session);
  const read = id.ok ? await readRun(session.swarm, id.value) : id;
  if (!read.ok) return read;
  const { company, name } = productOf(session);
  const { run, steps } = read.value;
  // The newest round's, where the run went on after a red build.
  const noted = steps.findLast(({ name: step, state }) => step.startsWith(HANDOVER) && state === "done");
  if (!noted || run.kind !== "heal" || run.product !== name || run.company !== company) {
    return fail(problem("config", "heal.nothing_handed_over", `the run ${run.id} handed over no repair of ${name}`));
  }
  if (run.status !== "running" && run.status !== "waiting") {
    return fail(
      problem("config", "heal.run_ended", `${run.id} (${run.title}) is ${run.status}; there is nothing to land`),
    );
  }
  const left = noteSchema.parse(noted.value);
  const git = await productRepository(session);
  const fetched = git.ok ? await fetchForAct(session, git.value, "heal") : git;
  if (!fetched.ok) return fetched;
  const log = await session.artifacts.path(left.log);
  return log.ok ? succeed({ ...left, log: log.value }) : log;
}
