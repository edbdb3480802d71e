import * as z from "zod";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns } from "../../swarm/journal.ts";

/** What the run of an `infra apply` leaves in the journal, where every machine of the organisation finds it. */
export const appliedSchema = z.object({
  environment: z.string(),
  plan: z.string(),
  /** The plan removed everything. */
  destroyed: z.boolean(),
  /** Outputs that are not sensitive; a sensitive one is never kept. */
  outputs: z.record(z.string(), z.unknown()),
});
export type AppliedEvidence = z.infer<typeof appliedSchema>;

/** How many of a product's applications are looked through. */
const APPLIES_LOOKED = 200;

/** What the newest `infra apply` of an environment left; undefined where there was none. */
export async function lastApplied(
  session: Session,
  environment: string,
): Promise<Outcome<AppliedEvidence | undefined>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, {
    company,
    product: name,
    kind: "infra",
    status: ["succeeded"],
    limit: APPLIES_LOOKED,
  });
  if (!runs.ok) return runs;
  const ended = [...runs.value].sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0));
  for (const { evidence } of ended) {
    const read = appliedSchema.safeParse(evidence);
    if (read.success && read.data.environment === environment) return succeed(read.data);
  }
  return succeed(undefined);
}
