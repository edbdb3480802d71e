import { chmod, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { writeFileAtomic } from "../../core/files.ts";
import type { Session } from "../../pipeline/session.ts";
import { planInto } from "../../tools/tofu/tofu.ts";
import { environmentOf, infraHome, withInfra } from "./place.ts";
import { type KeptPlan, keptPlanSchema } from "./report.ts";

/**
 * Makes a plan of one environment and keeps it: the file that `infra apply` will apply, and what is in it in words. A plan
 * file holds values of the state, so it stays in the user's state directory, readable by the user alone.
 */
export async function planInfra(
  session: Session,
  params: { readonly environment: string | undefined; readonly mode: "change" | "destroy" | "refresh" },
): Promise<Outcome<KeptPlan>> {
  const environment = environmentOf(session, params.environment);
  if (!environment.ok) return environment;
  const id = "infra.plan";
  const what = { change: "planning", destroy: "planning to remove", refresh: "looking for drift in" }[params.mode];
  return await task(session.emit, id, `${what} ${environment.value}`, () =>
    withInfra(
      session,
      environment.value,
      { progress: (text) => session.emit({ type: "task.progress", task: id, text }) },
      async (place) => {
        const file = join(place.scratch, "plan");
        const planned = await planInto(place.work, file, params.mode);
        if (!planned.ok) return planned;
        const bytes = await readFile(file);
        const kept: KeptPlan = {
          digest: sha256(bytes),
          environment: environment.value,
          commit: place.commit,
          destroy: params.mode === "destroy",
          changes: [...planned.value.changes],
          drift: [...planned.value.drift],
          outputs: [...planned.value.outputs],
          resources: planned.value.resources,
          regions: [...planned.value.regions],
          made_at: session.clock.now(),
        };
        if (params.mode !== "refresh") {
          const target = planFile(session, environment.value, kept.digest);
          await writeFileAtomic(`${target}.new`, bytes);
          await chmod(`${target}.new`, 0o600);
          await rename(`${target}.new`, target);
          await writeFileAtomic(`${target}.json`, `${JSON.stringify(kept)}\n`);
        }
        return succeed(kept, planned.warnings);
      },
    ),
  );
}

export function planFile(session: Session, environment: string, digest: string): string {
  return join(infraHome(session, environment), "plans", `${digest}.tfplan`);
}

/** A kept plan: the one whose digest begins so, else the newest. Its file is the one that it was made as. */
export async function findPlan(
  session: Session,
  environment: string,
  digest: string | undefined,
): Promise<Outcome<KeptPlan>> {
  const folder = join(infraHome(session, environment), "plans");
  const plans: KeptPlan[] = [];
  for (const name of await listed(folder)) {
    const read = keptPlanSchema.safeParse(JSON.parse(await readFile(join(folder, name), "utf8")));
    if (read.success) plans.push(read.data);
  }
  plans.sort((a, b) => b.made_at - a.made_at);
  const found = digest === undefined ? plans[0] : plans.find((plan) => plan.digest.startsWith(digest));
  if (!found) {
    return fail(
      problem(
        "config",
        "infra.no_plan",
        digest ? `there is no plan ${digest} of ${environment}` : `${environment} has no plan`,
        {
          next: `codemonkeys infra plan --environment ${environment}`,
        },
      ),
    );
  }
  const bytes = await readFile(planFile(session, environment, found.digest));
  if (sha256(bytes) !== found.digest) {
    return fail(
      problem(
        "infrastructure",
        "infra.plan_changed",
        `the plan ${found.digest.slice(0, 12)} is no longer what it was made as`,
        {
          next: `codemonkeys infra plan --environment ${environment} makes a new one`,
        },
      ),
    );
  }
  return succeed(found);
}

async function listed(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".tfplan.json"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
