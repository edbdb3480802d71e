import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns } from "../../swarm/journal.ts";
import { readFailure } from "./failure.ts";

/**
 * The heal that waits, for CI or a person, and is about the failure that a red build shows: it was begun for the same
 * commit, or the log shows the same occurrence. The log is read only where some heal of the product waits at all.
 *
 * @param findLog the failed stage and the path of its log
 */
export async function waitingHealOf(
  session: Session,
  commit: string,
  findLog: () => Promise<Outcome<{ readonly log: string; readonly stage: string }>>,
): Promise<Outcome<string | undefined>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, { company, product: name, kind: "heal", status: "waiting" });
  if (!runs.ok) return runs;
  const waiting = runs.value.filter(({ wait }) => (wait?.until ?? Number.POSITIVE_INFINITY) >= session.clock.now());
  if (waiting.length === 0) return succeed(undefined);
  const same = waiting.find(({ key }) => key.endsWith(`@${commit}`));
  if (same) return succeed(same.id);
  const found = await findLog();
  // A heal of this build meets the same obstacle and says what to do about it.
  const read = found.ok ? await readFailure(found.value.log, { stage: found.value.stage, product: name }) : found;
  const occurrence = read.ok ? read.value?.occurrence : undefined;
  return succeed(waiting.find(({ key }) => occurrence !== undefined && key.startsWith(`${occurrence}@`))?.id);
}
