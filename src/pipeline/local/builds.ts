import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Homes } from "../../core/state-home.ts";
import { type Build, createBuild, getBuild, listBuilds, updateBuild } from "../../swarm/builds.ts";
import type { Swarm } from "../../swarm/open.ts";
import { query, transact } from "../../swarm/transact.ts";
import type { Plan } from "../plan.ts";
import { buildFolder, queuedRecords, recordsOf, type StageRecord, stateOf, WHOLE_LOG } from "./records.ts";

/** What a build is of: the product's commit as it lies in the work tree. */
export interface BuildSubject {
  readonly company: string;
  readonly product: string;
  /** Undefined when the tree has changes that are not committed: such a build says nothing about a commit. */
  readonly commit: string | undefined;
  readonly branch: string | undefined;
}

export interface NewBuild extends BuildSubject {
  readonly plan: Plan;
  readonly cause: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Another name than the product's: a stage run alone, or the build of a CI system in which the stages run. */
  readonly job?: string;
  /** Records to begin with, where it is not the whole plan with nothing done. */
  readonly records?: readonly StageRecord[];
}

/** Adds a build with all stages of its plan queued and a place for its logs. */
export async function addBuild(swarm: Swarm, homes: Homes, build: NewBuild): Promise<Outcome<Build>> {
  const { company, product, commit, branch, cause } = build;
  const made = await createBuild(swarm, {
    company,
    product,
    job: build.job ?? product,
    commit,
    branch,
    cause,
    parameters: { ...build.parameters, plan: build.plan.digest },
  });
  if (!made.ok) return made;
  return await updateBuild(swarm, made.value.id, {
    stages: build.records ?? queuedRecords(build.plan.stages),
    logPath: join(buildFolder(homes, product, made.value.id), WHOLE_LOG),
  });
}

/** The build under a job's own name, made when there is none: several processes of one CI build share it. */
export async function sharedBuild(
  swarm: Swarm,
  homes: Homes,
  build: NewBuild & { job: string },
): Promise<Outcome<Build>> {
  const { company, product, job } = build;
  const first = async () => {
    const found = await listBuilds(swarm, { company, product, job });
    return found.ok ? succeed(found.value.toSorted((a, b) => a.number - b.number)[0]) : found;
  };
  const known = await first();
  if (!known.ok) return known;
  if (known.value) return succeed(known.value);
  const made = await addBuild(swarm, homes, build);
  if (!made.ok) return made;
  // Two parallel branches may both have found none: the lower number is the build, the other one is withdrawn.
  const settled = await first();
  if (!settled.ok) return settled;
  if (!settled.value || settled.value.id === made.value.id) return made;
  const withdrawn = await query(swarm, (db) => db.deleteFrom("builds").where("id", "=", made.value.id).execute());
  return withdrawn.ok ? succeed(settled.value) : withdrawn;
}

/** Writes one stage's record, and the build's state with it; other processes' records stay as they are. */
export async function recordStage(swarm: Swarm, id: string, record: StageRecord): Promise<Outcome<Build>> {
  return await changeRecords(swarm, id, (records) =>
    records.some((one) => one.name === record.name)
      ? records.map((one) => (one.name === record.name ? record : one))
      : [...records, record],
  );
}

/** Changes a build's records under a lock. A build that was cancelled stays cancelled. */
export async function changeRecords(
  swarm: Swarm,
  id: string,
  change: (records: readonly StageRecord[]) => StageRecord[],
): Promise<Outcome<Build>> {
  const done = await transact(swarm, async (trx) => {
    let select = trx.selectFrom("builds").select(["stages", "state", "started_at"]).where("id", "=", id);
    if (swarm.kind === "postgres") select = select.forUpdate();
    const row = await select.executeTakeFirst();
    if (!row) return false;
    const records = change(recordsOf({ stages: JSON.parse(row.stages) as Build["stages"] }));
    const state = row.state === "cancelled" ? "cancelled" : stateOf(records);
    const now = swarm.clock.now();
    const finished = state !== "queued" && state !== "running";
    await trx
      .updateTable("builds")
      .set({
        stages: JSON.stringify(records),
        state,
        started_at: row.started_at ?? (state === "queued" ? null : now),
        finished_at: finished ? now : null,
      })
      .where("id", "=", id)
      .execute();
    return true;
  });
  if (!done.ok) return done;
  const build = done.value ? await getBuild(swarm, id) : succeed(undefined);
  if (!build.ok) return build;
  return build.value ? succeed(build.value) : unknownBuild(id);
}

/** Fills in a build that was only queued: what it turned out to be of, and the stages that it will have. */
export async function adoptBuild(
  swarm: Swarm,
  homes: Homes,
  id: string,
  subject: BuildSubject,
  plan: Plan,
): Promise<Outcome<Build>> {
  const { product, commit, branch } = subject;
  const found = await getBuild(swarm, id);
  if (!found.ok) return found;
  if (!found.value) return unknownBuild(id);
  if (found.value.state !== "queued") {
    return fail(problem("config", "build.not_queued", `build ${id} is ${found.value.state} and cannot be started`));
  }
  const filled = await query(swarm, (db) =>
    db
      .updateTable("builds")
      .set({
        commit_id: commit ?? null,
        branch: branch ?? null,
        stages: JSON.stringify(queuedRecords(plan.stages)),
        parameters: JSON.stringify({ ...found.value?.parameters, plan: plan.digest }),
        log_path: join(buildFolder(homes, product, id), WHOLE_LOG),
      })
      .where("id", "=", id)
      .execute(),
  );
  return filled.ok ? await changeRecords(swarm, id, (records) => [...records]) : filled;
}

/** An unfinished build of the same commit and plan, which its process did not live to finish. */
export async function unfinishedBuild(
  swarm: Swarm,
  subject: BuildSubject,
  plan: Plan,
  except?: string,
): Promise<Outcome<Build | undefined>> {
  const { company, product } = subject;
  const open = await listBuilds(swarm, { company, product, job: product, finished: false });
  if (!open.ok) return open;
  let found: Build | undefined;
  for (const build of open.value) {
    // A queued build waits for its own turn, and a stage that runs alone is not under the lease. All others are dead:
    // whoever asks here holds it.
    if (build.id === except || build.state === "queued" || build.parameters.stage !== undefined) continue;
    const same =
      subject.commit !== undefined && build.commit === subject.commit && build.parameters.plan === plan.digest;
    if (same && !found) {
      found = build;
    } else {
      const ended = await updateBuild(swarm, build.id, { state: "cancelled" });
      if (!ended.ok) return ended;
    }
  }
  return succeed(found);
}

/** The newest build that passed on a branch: what `changed` is measured from. */
export async function lastPassed(
  swarm: Swarm,
  subject: Pick<BuildSubject, "company" | "product" | "branch">,
): Promise<Outcome<Build | undefined>> {
  const { company, product } = subject;
  const found = await listBuilds(swarm, { company, product, finished: true, limit: 500 });
  if (!found.ok) return found;
  return succeed(
    found.value.find(
      (build) =>
        build.state === "passed" &&
        build.commit !== undefined &&
        build.branch === subject.branch &&
        build.parameters.stage === undefined,
    ),
  );
}

export function unknownBuild(id: string): Outcome<never> {
  return fail(
    problem("config", "build.unknown", `there is no build ${id}`, { next: "codemonkeys status shows builds" }),
  );
}
