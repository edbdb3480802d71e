import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { readRun } from "../../swarm/journal.ts";
import { runToTake } from "../halves.ts";

/** The step of the run in which the work half notes what it was asked for. */
export const ASKED = "asked";

const askedSchema = z.object({ environment: z.string(), version: z.string(), rollback: z.boolean() });
export type AskedDeploy = z.infer<typeof askedSchema>;

/** What the work half of the run that the act half takes up was asked for. */
export async function handedOverDeploy(session: Session): Promise<Outcome<AskedDeploy>> {
  const id = runToTake(session);
  const read = id.ok ? await readRun(session.swarm, id.value) : id;
  if (!read.ok) return read;
  const { company, name } = productOf(session);
  const { run, steps } = read.value;
  const noted = steps.find((step) => step.name === ASKED && step.state === "done");
  if (!noted || run.kind !== "deploy" || run.product !== name || run.company !== company) {
    return fail(
      problem("config", "deploy.nothing_handed_over", `the run ${run.id} handed over no deployment of ${name}`),
    );
  }
  if (run.status !== "running" && run.status !== "waiting") {
    return fail(
      problem("config", "deploy.run_ended", `${run.id} (${run.title}) is ${run.status}; there is nothing to deploy`),
    );
  }
  return succeed(askedSchema.parse(noted.value));
}
