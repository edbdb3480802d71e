import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns, type RunRecord, readRun, type StepRecord } from "../../swarm/journal.ts";
import { runToTake } from "../halves.ts";
import { keptPlanSchema } from "./report.ts";

/** Kind of the runs that apply a plan. */
export const APPLY_RUN = "infra";

/** The step of a run that puts its plan's file into the artefact store, where every machine of the organisation finds it. */
export const ASKED = "asked";

const askedSchema = z.object({
  plan: keptPlanSchema,
  /** Of the configuration, in the product's repository. */
  folder: z.string(),
});
/** The plan that a run applies. */
export type AskedApply = z.infer<typeof askedSchema>;

/** The plan that the work half of the run that the act half takes up has left. */
export async function handedOverPlan(session: Session): Promise<Outcome<AskedApply>> {
  const id = runToTake(session);
  const read = id.ok ? await readRun(session.swarm, id.value) : id;
  if (!read.ok) return read;
  const { company, name } = productOf(session);
  const { run, steps } = read.value;
  const asked = askedIn(steps);
  if (!asked || run.kind !== APPLY_RUN || run.product !== name || run.company !== company) {
    return fail(problem("config", "infra.nothing_handed_over", `the run ${run.id} handed over no plan of ${name}`));
  }
  if (run.status !== "running" && run.status !== "waiting") {
    return fail(
      problem("config", "infra.run_ended", `${run.id} (${run.title}) is ${run.status}; there is nothing to apply`, {
        next: "plan again: a newer plan may have taken its place",
      }),
    );
  }
  return succeed(asked);
}

/** Applications of an environment that have been begun and not ended: they wait for people, or their process died. */
export async function unfinishedApplies(
  session: Session,
  environment: string,
): Promise<Outcome<{ readonly run: RunRecord; readonly asked: AskedApply }[]>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, {
    company,
    product: name,
    kind: APPLY_RUN,
    status: ["running", "waiting"],
  });
  if (!runs.ok) return runs;
  const found: { readonly run: RunRecord; readonly asked: AskedApply }[] = [];
  for (const run of runs.value) {
    const read = await readRun(session.swarm, run.id);
    if (!read.ok) return read;
    const asked = askedIn(read.value.steps);
    if (asked?.plan.environment === environment) found.push({ run, asked });
  }
  return succeed(found);
}

function askedIn(steps: readonly StepRecord[]): AskedApply | undefined {
  const noted = steps.find(({ name, state }) => name === ASKED && state === "done");
  return noted && askedSchema.parse(noted.value);
}
