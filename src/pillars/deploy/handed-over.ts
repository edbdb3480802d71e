import * as z from "zod";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { openRun, type RunRecord, readRun } from "../../swarm/journal.ts";
import { runToTake } from "../halves.ts";
import { type Deployable, deployableSchema } from "./report.ts";

/** The step of the run in which the work half notes what it was asked for. */
export const ASKED = "asked";

const askedSchema = z.object({ environment: z.string(), version: z.string(), rollback: z.boolean() });

/** The step of the run whose value is what is put on the servers. */
export const WORK = "work";

/** How a deployment's run ends that goes on as a canary: with the canary's run. */
const wentOnSchema = z.object({ canary: z.string() });

/** A deployment that a work half has prepared. */
export interface HandedOverDeploy extends z.infer<typeof askedSchema> {
  readonly run: RunRecord;
  readonly artifact: Deployable;
  /** The run of the canary that it has become. */
  readonly canary: string | undefined;
}

/** What the work half of the run that the act half takes up was asked for, and what it left. */
export async function handedOverDeploy(session: Session): Promise<Outcome<HandedOverDeploy>> {
  const id = runToTake(session);
  const read = id.ok ? await readRun(session.swarm, id.value) : id;
  if (!read.ok) return read;
  const { company, name } = productOf(session);
  const { run, steps } = read.value;
  const left = (step: string) => steps.find((one) => one.name === step && one.state === "done")?.value;
  const asked = askedSchema.safeParse(left(ASKED));
  const artifact = deployableSchema.safeParse(left(WORK));
  if (!asked.success || !artifact.success || run.kind !== "deploy" || run.product !== name || run.company !== company) {
    return fail(
      problem("config", "deploy.nothing_handed_over", `the run ${run.id} handed over no deployment of ${name}`),
    );
  }
  const canary = wentOnSchema.safeParse(run.evidence).data?.canary;
  if (run.status !== "running" && run.status !== "waiting" && canary === undefined) return fail(ended(run));
  return succeed({ ...asked.data, run, artifact: artifact.data, canary });
}

/** A run that is over has nothing to be taken up. */
export function ended({ id, title, status }: RunRecord): Diagnostic {
  return problem("config", "deploy.run_ended", `${id} (${title}) is ${status}; there is nothing to deploy`);
}

/** Ends the run of a deployment that goes on as a canary; whoever takes it up again goes on with that one. */
export async function goesOnAs(session: Session, { run }: HandedOverDeploy, canary: string): Promise<Outcome<void>> {
  const { kind, key, company, product, title, requester, trigger } = run;
  const opened = await openRun(session.swarm, { kind, key, company, product, title, requester, trigger });
  return opened.ok ? await opened.value.finish("succeeded", { canary } satisfies z.infer<typeof wentOnSchema>) : opened;
}
