import { resolve } from "node:path";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { openController } from "../org/controller.ts";
import { ciBuildOf } from "../pipeline/local/checkout.ts";
import { recordsOf, type StageRecord } from "../pipeline/local/records.ts";
import { type Plan, stageNames } from "../pipeline/plan.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import { type Build, getBuild, listBuilds } from "../swarm/builds.ts";
import { buildLog, stagesOfLog } from "../tools/jenkins/builds.ts";

/** What is to be healed: the log of a failed stage, and the commit and branch that were built, where they are known. */
export interface Failure {
  /** Path of the log. */
  readonly log: string;
  readonly stage: string;
  readonly commit?: string | undefined;
  readonly branch?: string | undefined;
}

interface Wanted {
  readonly log?: string | undefined;
  readonly stage?: string | undefined;
  readonly build?: string | undefined;
  readonly build_url?: string | undefined;
}

/**
 * The log and stage to heal: as given; in a build of Jenkins what its stages kept, else the build's own log, read from
 * the controller; else those of the newest failed build of the local runner.
 */
export async function findFailure(session: Session, plan: Plan, wanted: Wanted): Promise<Outcome<Failure>> {
  const { environment } = session;
  if (wanted.log !== undefined) {
    return succeed({ log: resolve(session.cwd, wanted.log), stage: wanted.stage ?? "test" });
  }
  if (wanted.build !== undefined || (wanted.build_url === undefined && environment.BUILD_URL === undefined)) {
    return await failureOfRecord(session, wanted);
  }
  const kept = wanted.build_url === undefined ? await failureOfStages(session, wanted.stage) : succeed(undefined);
  if (!kept.ok) return kept;
  if (kept.value) return succeed(kept.value);
  return await failureOfBuild(session, plan, wanted.build_url ?? (environment.BUILD_URL as string), wanted.stage);
}

/** What the stages of this very build kept when the program ran them; undefined in a pipeline that runs its own commands. */
async function failureOfStages(session: Session, stage: string | undefined): Promise<Outcome<Failure | undefined>> {
  const job = ciBuildOf(session.environment);
  if (job === undefined) return succeed(undefined);
  const { company, name } = productOf(session);
  const builds = await listBuilds(session.swarm, { company, product: name, job, limit: 1 });
  if (!builds.ok) return builds;
  const [build] = builds.value;
  const record = build && failedCommand(build, stage);
  return succeed(record?.log ? failureOf(build as Build, record as StageRecord & { log: string }) : undefined);
}

/** The log of a Jenkins build as far as it has got, kept in the artefact store. */
async function failureOfBuild(
  session: Session,
  plan: Plan,
  url: string,
  wanted: string | undefined,
): Promise<Outcome<Failure>> {
  const jenkins = openController(session, `heal cannot read the log of ${url}`);
  if (!jenkins.ok) return jenkins;
  const text = await buildLog(jenkins.value, url);
  if (!text.ok) return text;
  const kept = await session.artifacts.put(Buffer.from(session.redactor.redact(text.value)));
  const log = kept.ok ? await session.artifacts.path(kept.value.digest) : kept;
  if (!log.ok) return log;
  const known = stageNames(plan);
  const opened = stagesOfLog(text.value, "failed").map(({ name }) => name);
  const stage = wanted ?? opened.findLast((name) => known.includes(name));
  if (stage === undefined) {
    return fail(
      problem("config", "heal.which_stage", `no stage of ${url} is called as one of the product's plan`, {
        next: `name the one that fails: monkeysHeal(stage: 'NAME'), one of ${known.join(", ")}`,
      }),
    );
  }
  const { GIT_COMMIT, BRANCH_NAME, GIT_BRANCH } = session.environment;
  // Another build was made of another commit than the one that is built here.
  if (url !== session.environment.BUILD_URL) return succeed({ log: log.value, stage });
  return succeed({
    log: log.value,
    stage,
    commit: GIT_COMMIT,
    branch: BRANCH_NAME ?? GIT_BRANCH?.replace(/^origin\//, ""),
  });
}

async function failureOfRecord(session: Session, wanted: Wanted): Promise<Outcome<Failure>> {
  const build = await failedBuild(session, wanted.build);
  if (!build.ok) return build;
  const record = failedCommand(build.value, wanted.stage);
  if (record?.log) return succeed(failureOf(build.value, { ...record, log: record.log }));
  const of = wanted.stage ? ` of stage ${wanted.stage}` : "";
  return fail(
    problem("config", "heal.no_log", `build ${build.value.id} has no failed command${of} with a kept log`, {
      next: "name a log: codemonkeys heal LOG --stage NAME",
    }),
  );
}

function failureOf({ commit, branch }: Build, { log, name }: StageRecord & { readonly log: string }): Failure {
  return { log, stage: name, commit, branch };
}

async function failedBuild(session: Session, id: string | undefined): Promise<Outcome<Build>> {
  const { company, name } = productOf(session);
  if (id !== undefined) {
    const build = await getBuild(session.swarm, id);
    if (!build.ok) return build;
    if (build.value?.product === name) return succeed(build.value);
    return fail(problem("config", "heal.unknown_build", `${name} has no build ${id}`));
  }
  const builds = await listBuilds(session.swarm, { company, product: name, finished: true });
  if (!builds.ok) return builds;
  const [newest] = builds.value;
  if (newest?.state === "failed") return succeed(newest);
  return fail(
    problem(
      "config",
      "heal.nothing_failed",
      newest ? `the newest build of ${name} (${newest.id}) ${newest.state}` : `${name} was never built here`,
      {
        next: newest
          ? "there is nothing to heal; to heal an older build, name it: --build ID"
          : "codemonkeys run builds it, or name a log: codemonkeys heal LOG --stage NAME",
      },
    ),
  );
}

function failedCommand(build: Build, stage: string | undefined): StageRecord | undefined {
  const failed = recordsOf(build).filter((one) => one.kind === "command" && one.state === "failed");
  const wanted = stage === undefined ? failed : failed.filter((one) => one.name === stage);
  return wanted.toSorted((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))[0];
}
