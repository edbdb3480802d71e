import type { BuildRef, BuildState, BuildStatus } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type JenkinsConnection, readJson } from "./connection.ts";
import { withoutNotes } from "./console-notes.ts";
import { buildAt, jobPath } from "./names.ts";

type StageStatus = BuildStatus["stages"][number];

interface BuildJson {
  readonly number: number;
  readonly url: string;
  readonly building: boolean;
  readonly result: string | null;
  readonly actions: readonly { readonly lastBuiltRevision?: { readonly SHA1?: string } }[];
}

const TREE = "number,url,building,result,actions[lastBuiltRevision[SHA1]]";
/** How many builds back the build of a commit is looked for. */
const LOOK_BACK = 100;

/** A build by its number. */
export async function readBuild(
  jenkins: JenkinsConnection,
  job: string,
  number: string,
): Promise<Outcome<BuildStatus>> {
  const answered = await jenkins.get(`${jobPath(job)}/${number}/api/json?tree=${TREE}`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return unknownBuild(job, number);
  const build = readJson<BuildJson>(answered.value.body);
  if (!build.ok) return build;
  const stages = await readStages(jenkins, job, build.value);
  return stages.ok ? succeed(statusOf(job, build.value, stages.value)) : stages;
}

/** The newest finished build that was made of a commit. */
export async function latestBuild(
  jenkins: JenkinsConnection,
  job: string,
  commit: string,
): Promise<Outcome<BuildStatus | undefined>> {
  const answered = await jenkins.get(`${jobPath(job)}/api/json?tree=builds[${TREE}]{0,${LOOK_BACK}}`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return unknownJob(job);
  const read = readJson<{ readonly builds?: readonly BuildJson[] }>(answered.value.body);
  if (!read.ok) return read;
  const found = (read.value.builds ?? []).find(
    (build) =>
      !build.building &&
      build.result !== null &&
      // Somebody stopped it, or it never began: that says nothing about the commit.
      stateOf(build.result) !== "cancelled" &&
      commitsOf(build).includes(commit),
  );
  if (!found) return succeed(undefined);
  const stages = await readStages(jenkins, job, found);
  return stages.ok ? succeed(statusOf(job, found, stages.value, commit)) : stages;
}

/** All that a build has logged by now, by its address as BUILD_URL has it. */
export async function buildLog(jenkins: JenkinsConnection, url: string): Promise<Outcome<string>> {
  const place = buildAt(jenkins.url, url);
  if (!place) return otherController(jenkins.url, url);
  const answered = await jenkins.get(`${place.path}/logText/progressiveText?start=0`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return unknownBuild(place.job, place.number);
  return succeed(withoutNotes(answered.value.body.toString("utf8")));
}

/** A build's address that is not below this controller's root. */
export function otherController<T>(root: string, url: string): Outcome<T> {
  return fail(
    problem("config", "jenkins.other_controller", `${url} is no build of ${root}`, {
      next: "set jenkins.url in the organisation's configuration to the address that BUILD_URL begins with",
    }),
  );
}

export function unknownJob<T>(job: string): Outcome<T> {
  return fail(
    problem("config", "jenkins.unknown_job", `Jenkins has no job ${job}, or this user may not see it`, {
      next: "check its full name, folders included, and the user's Job/Read",
    }),
  );
}

export function unknownBuild<T>(job: string, number: string): Outcome<T> {
  return fail(problem("config", "jenkins.unknown_build", `Jenkins has no build ${number} of ${job} (any more)`));
}

function statusOf(
  job: string,
  build: BuildJson,
  stages: readonly StageStatus[],
  commit = commitsOf(build).at(-1),
): BuildStatus {
  return {
    ref: refOf(job, String(build.number), build.url),
    state: build.building || build.result === null ? "running" : stateOf(build.result),
    ...(commit === undefined ? {} : { commit }),
    stages,
  };
}

export function refOf(job: string, id: string, url: string): BuildRef {
  return { backend: "jenkins", job, id, url };
}

/** Commits that the build checked out: those of libraries first, which are loaded before its first line, then the product's. */
function commitsOf(build: BuildJson): string[] {
  return build.actions.flatMap((action) => action.lastBuiltRevision?.SHA1 ?? []);
}

/** Jenkins' results and stage states in this program's words. */
function stateOf(result: string): BuildState {
  const states: Readonly<Record<string, BuildState>> = {
    SUCCESS: "passed",
    UNSTABLE: "unstable",
    FAILURE: "failed",
    FAILED: "failed",
    ABORTED: "cancelled",
    NOT_BUILT: "cancelled",
    IN_PROGRESS: "running",
    PAUSED_PENDING_INPUT: "running",
    QUEUED: "queued",
  };
  return states[result] ?? "failed";
}

/** By the Pipeline stage API where that plugin is, else by the log's own marks. */
async function readStages(jenkins: JenkinsConnection, job: string, build: BuildJson): Promise<Outcome<StageStatus[]>> {
  const place = `${jobPath(job)}/${build.number}`;
  const answered = await jenkins.get(`${place}/wfapi/describe`);
  if (!answered.ok) return answered;
  if (answered.value.status === 200) {
    const read = readJson<{ readonly stages?: readonly { name: string; status: string; durationMillis?: number }[] }>(
      answered.value.body,
    );
    if (!read.ok) return read;
    return succeed(
      (read.value.stages ?? []).map(({ name, status, durationMillis }) => ({
        name,
        state: status === "NOT_EXECUTED" ? ("skipped" as const) : stateOf(status),
        ...(durationMillis === undefined ? {} : { durationMs: durationMillis }),
      })),
    );
  }
  const log = await jenkins.get(`${place}/consoleText`);
  if (!log.ok) return log;
  if (log.value.status !== 200) return succeed([]);
  const ended = build.building || build.result === null ? undefined : stateOf(build.result);
  return succeed(stagesOfLog(log.value.body.toString("utf8"), ended));
}

/**
 * Stages as the console log names them: `[Pipeline] { (NAME)` opens one, `Stage "NAME" skipped due to …` skips it. What
 * a log cannot tell apart is kept rough: the last stage that was opened has the build's own state, earlier ones passed.
 */
export function stagesOfLog(log: string, ended: BuildState | undefined): StageStatus[] {
  const stages: { name: string; state: StageStatus["state"] }[] = [];
  for (const line of log.split(/\r?\n/)) {
    const opened = /^\[Pipeline\] \{ \((?!Declarative: )(?:Branch: )?(.+)\)$/.exec(line)?.[1];
    if (opened !== undefined && !stages.some(({ name }) => name === opened))
      stages.push({ name: opened, state: "passed" });
    const skipped = /^Stage "(.+)" skipped due to /.exec(line)?.[1];
    const stage = stages.find(({ name }) => name === skipped);
    if (stage) stage.state = "skipped";
  }
  const last = stages.findLast(({ state }) => state !== "skipped");
  if (last) last.state = ended ?? "running";
  return stages;
}
