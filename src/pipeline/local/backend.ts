import { open, readFile, stat } from "node:fs/promises";
import { perform } from "../../constitution/effect.ts";
import { digestOf } from "../../core/canonical.ts";
import type { BuildRef, BuildStatus, CiBackend, CiPermits, DownloadTo, TestResults } from "../../core/ci-backend.ts";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { keepBelow } from "../../core/kept-files.ts";
import { wholeCharacters } from "../../core/utf8.ts";
import { type Build, createBuild, getBuild, listBuilds, updateBuild } from "../../swarm/builds.ts";
import type { Swarm } from "../../swarm/open.ts";
import { unknownBuild } from "./builds.ts";
import { checksState, recordsOf } from "./records.ts";

/** Log bytes handed out at once. */
const LOG_CHUNK = 256 * 1024;

export interface LocalBackendOptions {
  readonly swarm: Swarm;
  readonly permits: CiPermits;
  /** Company of a product of this fleet; undefined for a job that there is none of. */
  readonly companyOf: (job: string) => string | undefined;
  /**
   * Carries a queued build out, here or in a process of its own. Called without being waited for; what it fails with
   * before the build began ends the build.
   */
  readonly start: (build: Build) => Promise<Outcome<unknown>>;
}

/** The local runner as a CI system: a job is a product's name, builds are rows of the Swarm database. */
export function localBackend({ swarm, permits, companyOf, start }: LocalBackendOptions): CiBackend {
  const find = async (ref: BuildRef): Promise<Outcome<Build>> => {
    const build = await getBuild(swarm, ref.id);
    if (!build.ok) return build;
    return build.value && build.value.product === ref.job ? succeed(build.value) : unknownBuild(ref.id);
  };
  const begin = async (build: Build): Promise<void> => {
    let why: string | undefined;
    try {
      const started = await start(build);
      if (!started.ok) why = started.diagnostics.map(({ message }) => message).join("; ");
    } catch (error) {
      why = messageOf(error);
    }
    if (why !== undefined) await endUnstarted(swarm, build.id, why);
  };
  return {
    name: "local",
    async trigger(job, parameters, cause) {
      const company = companyOf(job);
      if (company === undefined) {
        return fail(problem("config", "build.unknown_job", `there is no product ${job} in this fleet`));
      }
      const target = { backend: "local", job, parameters_digest: digestOf(parameters) };
      const permit = await permits("ci.trigger", target);
      if (!permit.ok) return permit;
      return await perform(permit.value, "ci.trigger", target, async () => {
        const build = await createBuild(swarm, { company, product: job, job, cause, parameters });
        if (!build.ok) return build;
        void begin(build.value);
        return succeed(refOf(build.value));
      });
    },
    async started(job, _parameters, cause) {
      const company = companyOf(job);
      const builds = await listBuilds(swarm, { ...(company === undefined ? {} : { company }), product: job });
      if (!builds.ok) return builds;
      // One that did not end was ended with the process that did it.
      const found = builds.value.find((build) => build.cause === cause && build.finishedAt !== undefined);
      return succeed(found && refOf(found));
    },
    async status(ref) {
      const build = await find(ref);
      return build.ok ? succeed(statusOf(build.value, build.value.state)) : build;
    },
    async latest(job, commit) {
      const company = companyOf(job);
      if (company === undefined) {
        return fail(problem("config", "build.unknown_job", `there is no product ${job} in this fleet`));
      }
      return await latestBuild(swarm, { company, product: job }, commit);
    },
    async log(ref, offset) {
      const build = await find(ref);
      if (!build.ok) return build;
      const { logPath, state } = build.value;
      const ended = state !== "queued" && state !== "running";
      const read = logPath === undefined ? succeed(Buffer.alloc(0)) : await readFrom(logPath, offset);
      if (!read.ok) return read;
      const text = ended && read.value.length < LOG_CHUNK ? read.value : wholeCharacters(read.value);
      const next = offset + text.length;
      return succeed({ text: text.toString("utf8"), next, more: !ended || read.value.length === LOG_CHUNK });
    },
    async tests(ref) {
      const build = await find(ref);
      return build.ok ? succeed(testsOf(build.value)) : build;
    },
    async artifacts(ref) {
      const build = await find(ref);
      return build.ok ? succeed(logsOf(build.value).map(({ name }) => ({ name }))) : build;
    },
    async download(ref, name, to) {
      const build = await find(ref);
      if (!build.ok) return build;
      const log = logsOf(build.value).find((one) => one.name === name);
      return await copyLog(log, ref, to);
    },
    async cancel(ref) {
      const build = await find(ref);
      if (!build.ok) return build;
      if (build.value.finishedAt !== undefined) return succeed(undefined);
      const target = { backend: "local", job: ref.job, build: ref.id };
      const permit = await permits("ci.cancel", target);
      if (!permit.ok) return permit;
      return await perform(permit.value, "ci.cancel", target, async () => {
        const ended = await updateBuild(swarm, ref.id, { state: "cancelled" });
        return ended.ok ? succeed(undefined) : ended;
      });
    },
  };
}

/**
 * The newest build that says whether a commit is good: of the local runner, or of a CI system whose stages run through
 * this program.
 */
export async function latestBuild(
  swarm: Swarm,
  of: { readonly company: string; readonly product: string },
  commit: string,
): Promise<Outcome<BuildStatus | undefined>> {
  const judged = await latestJudged(swarm, of, commit);
  if (!judged.ok) return judged;
  return succeed(judged.value && statusOf(judged.value.build, judged.value.state));
}

/** The same with all that is kept of the build. */
export async function latestJudged(
  swarm: Swarm,
  of: { readonly company: string; readonly product: string },
  commit: string,
): Promise<Outcome<{ readonly build: Build; readonly state: BuildStatus["state"] } | undefined>> {
  const builds = await listBuilds(swarm, { ...of, commit });
  if (!builds.ok) return builds;
  for (const build of builds.value) {
    // A stage that was run alone says nothing about the rest of the pipeline.
    if (build.parameters.stage !== undefined) continue;
    const state = judgedState(build);
    if (state !== "queued" && state !== "running" && state !== "cancelled") return succeed({ build, state });
  }
  return succeed(undefined);
}

/** A build whose commands are done has an answer about its commit, though docs, release and announce are still to come. */
function judgedState(build: Build): BuildStatus["state"] {
  if (build.finishedAt !== undefined) return build.state;
  const records = recordsOf(build);
  return records.length === 0 ? build.state : checksState(records);
}

function statusOf(build: Build, state: BuildStatus["state"]): BuildStatus {
  return {
    ref: refOf(build),
    state,
    ...(build.commit === undefined ? {} : { commit: build.commit }),
    stages: build.stages.map(({ name, state: of, durationMs }) => ({
      name,
      state: of,
      ...(durationMs === undefined ? {} : { durationMs }),
    })),
  };
}

/** What the reports of all stages come to; they name no tests. */
function testsOf(build: Build): TestResults | undefined {
  const counted = recordsOf(build).flatMap(({ reports }) => reports?.tests ?? []);
  if (counted.length === 0) return undefined;
  const sum = (key: "total" | "failed" | "skipped") => counted.reduce((total, one) => total + one[key], 0);
  return { total: sum("total"), failed: sum("failed"), skipped: sum("skipped"), failures: [] };
}

/** What a local build leaves: the kept log of each command. */
function logsOf(build: Build): { readonly name: string; readonly path: string }[] {
  return recordsOf(build).flatMap(({ name, log }) => (log === undefined ? [] : { name: `${name}.log`, path: log }));
}

async function copyLog(
  log: { readonly name: string; readonly path: string } | undefined,
  ref: BuildRef,
  { folder, mostBytes }: DownloadTo,
): Promise<Outcome<string[]>> {
  const not = (why: string) =>
    fail<string[]>(problem("config", "build.unknown_artifact", `build ${ref.id} left no such file${why}`));
  if (log === undefined) return not("");
  try {
    if ((await stat(log.path)).size > mostBytes) return not(` of less than ${mostBytes} bytes`);
    const kept = await keepBelow(folder, log.name, await readFile(log.path));
    return "path" in kept ? succeed([kept.path]) : not(`: ${kept.refused}`);
  } catch (error) {
    return not(`: ${messageOf(error)}`);
  }
}

function refOf(build: Build): BuildRef {
  return { backend: "local", job: build.product, id: build.id };
}

/** A build that never began is ended with the reason in its only record. */
async function endUnstarted(swarm: Swarm, id: string, why: string): Promise<void> {
  const build = await getBuild(swarm, id);
  if (!build.ok || build.value?.state !== "queued") return;
  // Should this write fail too, the build stays queued, which is what it is.
  await updateBuild(swarm, id, {
    state: "failed",
    stages: [{ name: "start", state: "failed", kind: "step", reason: why } as Build["stages"][number]],
  });
}

async function readFrom(path: string, offset: number): Promise<Outcome<Buffer>> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_CHUNK), 0, LOG_CHUNK, offset);
      return succeed(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    // Not written yet, or pruned: there is nothing to read, and `more` says whether something may come.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return succeed(Buffer.alloc(0));
    return fail(problem("infrastructure", "build.unreadable_log", `cannot read ${path}: ${messageOf(error)}`));
  }
}
