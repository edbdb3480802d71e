import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns, readRun } from "../../swarm/journal.ts";
import {
  type Announced,
  announcedSchema,
  artifactSchema,
  type Published,
  planSchema,
  publishedSchema,
  type ReleaseArtifact,
  type ReleasePlan,
} from "./report.ts";

/** A release as its run kept it: what was planned, built and, by now, published. */
export interface KeptRelease {
  readonly run: string;
  readonly plan: ReleasePlan;
  readonly artifacts: readonly ReleaseArtifact[];
  readonly published: readonly Published[];
  /** What the release run itself announced, by now. */
  readonly announced: readonly Announced[];
}

const workSchema = z.object({ artifacts: z.array(artifactSchema) });
const evidenceSchema = z.object({
  result: z.object({ published: z.array(publishedSchema), announced: z.array(announcedSchema) }),
});

/** How many of a product's releases are looked through for a version. */
const RELEASES_LOOKED = 200;

/** The newest release of the product whose artefacts were built, or the newest one of a version, which its tag names too. */
export async function findRelease(session: Session, version: string | undefined): Promise<Outcome<KeptRelease>> {
  const product = productOf(session);
  const runs = await listRuns(session.swarm, {
    company: product.company,
    product: product.name,
    kind: "release",
    limit: RELEASES_LOOKED,
  });
  if (!runs.ok) return runs;
  const kept: string[] = [];
  for (const run of runs.value) {
    if (run.status === "abandoned") continue;
    const read = await readRun(session.swarm, run.id);
    if (!read.ok) return read;
    const value = (name: string) => read.value.steps.find((step) => step.name === name && step.state === "done")?.value;
    const plan = planSchema.safeParse(value("plan"));
    const work = workSchema.safeParse(value("work"));
    if (!plan.success || !work.success) continue;
    if (version !== undefined && !plan.data.units.some((unit) => unit.version === version || unit.tag === version)) {
      kept.push(...plan.data.units.map((unit) => unit.version));
      continue;
    }
    const evidence = evidenceSchema.safeParse(run.evidence);
    return succeed({
      run: run.id,
      plan: plan.data,
      artifacts: work.data.artifacts,
      published: evidence.success ? evidence.data.result.published : [],
      announced: evidence.success ? evidence.data.result.announced : [],
    });
  }
  const what = version === undefined ? `no release of ${product.name}` : `no release of ${product.name} ${version}`;
  return fail(
    problem("config", "release.not_built", `${what} was built with this swarm database`, {
      next:
        kept.length > 0
          ? `it has ${[...new Set(kept)].slice(0, 5).join(", ")}`
          : "codemonkeys release makes one; published are only bytes that a release built and kept",
    }),
  );
}
