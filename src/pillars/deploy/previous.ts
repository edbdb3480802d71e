import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns } from "../../swarm/journal.ts";
import { type Deployable, deployableSchema } from "./report.ts";

/** What a deployment's run keeps of itself. */
export const deployedSchema = z.object({
  environment: z.string(),
  version: z.string(),
  rollback: z.boolean(),
  artifact: deployableSchema,
});

/** How many of a product's deployments are looked through. */
const DEPLOYS_LOOKED = 200;

type Deployed = z.infer<typeof deployedSchema>;

/** What the journal knows to have been deployed to an environment, newest first. */
async function deploysTo(session: Session, environment: string): Promise<Outcome<Deployed[]>> {
  const product = productOf(session);
  const runs = await listRuns(session.swarm, {
    company: product.company,
    product: product.name,
    kind: ["deploy", "canary"],
    status: ["succeeded"],
    limit: DEPLOYS_LOOKED,
  });
  if (!runs.ok) return runs;
  // A canary begins long before it ends: what counts is when a version got all traffic.
  const ended = [...runs.value].sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0));
  return succeed(
    ended.flatMap((run) => {
      const read = deployedSchema.safeParse(run.evidence);
      return read.success && read.data.environment === environment ? [read.data] : [];
    }),
  );
}

/** What an environment runs, as far as the journal knows; undefined before the first deployment. */
export async function currentDeploy(session: Session, environment: string): Promise<Outcome<Deployed | undefined>> {
  const history = await deploysTo(session, environment);
  return history.ok ? succeed(history.value[0]) : history;
}

/**
 * The version that ran in an environment before the one that runs now, with its kept bytes. After a rollback that is the
 * one before the version that was gone back to, so that going back twice does not go forward again.
 */
export async function previousDeploy(
  session: Session,
  environment: string,
): Promise<Outcome<{ readonly version: string; readonly artifact: Deployable }>> {
  const deploys = await deploysTo(session, environment);
  if (!deploys.ok) return deploys;
  const history = deploys.value;
  const current = history[0];
  const at = history.findIndex(({ rollback, version }) => !rollback && version === current?.version);
  const before = history.slice(at + 1).find(({ rollback, version }) => !rollback && version !== current?.version);
  if (current !== undefined && at >= 0 && before !== undefined) {
    return succeed({ version: before.version, artifact: before.artifact });
  }
  const known = current === undefined ? "nothing was deployed there" : `${current.version} is the first one there`;
  return fail(
    problem("config", "deploy.no_previous", `there is no version to go back to in ${environment}: ${known}`, {
      next: "codemonkeys deploy --version V deploys any version that was released",
    }),
  );
}
