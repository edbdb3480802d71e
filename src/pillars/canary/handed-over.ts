import { fail, type Outcome } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import { readRun } from "../../swarm/journal.ts";
import { ended, goesOnAs, handedOverDeploy } from "../deploy/handed-over.ts";
import { runToTake, sameDigests } from "../halves.ts";
import { CANARY_RUN, openCanaries } from "./ladder.ts";
import type { CanaryReport } from "./report.ts";
import { advanceCanary, type NoCanary, walkLadder } from "./start.ts";

/**
 * Takes up in the act half what a work half handed over: a deployment that becomes a canary, with exactly its bytes, or a
 * canary that is under way. Answers why not where the deployment needs no canary.
 */
export async function takeLadder(session: Session): Promise<Outcome<CanaryReport | NoCanary>> {
  const id = runToTake(session);
  const read = id.ok ? await readRun(session.swarm, id.value) : id;
  if (!read.ok) return read;
  if (read.value.run.kind === CANARY_RUN) return await takeCanary(session, read.value.run.id);
  const taken = await handedOverDeploy(session);
  if (!taken.ok) return taken;
  if (taken.value.canary !== undefined) return await takeCanary(session, taken.value.canary);
  const { artifact, environment, version, rollback } = taken.value;
  const same = sameDigests(session, [artifact.sha256]);
  if (!same.ok) return same;
  const walked = await walkLadder(session, { artifact, environment, version, rollback });
  if (!walked.ok || typeof walked.value === "string" || walked.value.run === null) return walked;
  const goes = await goesOnAs(session, taken.value, walked.value.run);
  return goes.ok ? walked : goes;
}

async function takeCanary(session: Session, id: string): Promise<Outcome<CanaryReport>> {
  const open = await openCanaries(session);
  if (!open.ok) return open;
  const canary = open.value.find(({ run }) => run.id === id);
  if (canary) {
    const same = sameDigests(session, [canary.ladder.artifact.sha256]);
    return same.ok ? await advanceCanary(session, canary) : same;
  }
  const over = await readRun(session.swarm, id);
  return over.ok ? fail(ended(over.value.run)) : over;
}
