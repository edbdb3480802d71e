import { perform } from "../../constitution/effect.ts";
import { digestOf } from "../../core/canonical.ts";
import type { BuildRef, BuildStatus, CiBackend, CiPermits } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { pause } from "../../core/pause.ts";
import { wholeCharacters } from "../../core/utf8.ts";
import { downloadArtifact, listArtifacts } from "./artifacts.ts";
import { latestBuild, readBuild, refOf, unknownBuild, unknownJob } from "./builds.ts";
import { type JenkinsConnection, readJson } from "./connection.ts";
import { wholeNotes, withoutNotes } from "./console-notes.ts";
import { jobPath } from "./names.ts";
import { queueItem, readQueueItem } from "./queue.ts";
import { CAUSE_PARAMETER, findStarted, QUEUED } from "./started.ts";
import { readTests } from "./tests.ts";

export interface JenkinsBackendOptions {
  readonly jenkins: JenkinsConnection;
  readonly permits: CiPermits;
  /** How long a trigger waits for its build to leave the queue; then its id names the queue item. */
  readonly queueMs?: number;
  readonly pollMs?: number;
}

const QUEUE_MS = 30_000;
const POLL_MS = 1_000;

/** A Jenkins controller as a CI system. A job is its full name, folders and encoded branch included. */
export function jenkinsBackend(options: JenkinsBackendOptions): CiBackend {
  const { jenkins, permits } = options;
  return {
    name: "jenkins",
    async trigger(job, parameters, cause) {
      const declared = await declaredParameters(jenkins, job);
      if (!declared.ok) return declared;
      const undeclared = Object.keys(parameters).filter((name) => !declared.value.includes(name));
      if (undeclared.length > 0) return undeclaredParameters(job, undeclared);
      const given = declared.value.includes(CAUSE_PARAMETER) ? { ...parameters, [CAUSE_PARAMETER]: cause } : parameters;
      const target = { backend: "jenkins", job, parameters_digest: digestOf(parameters) };
      const permit = await permits("ci.trigger", target);
      if (!permit.ok) return permit;
      const parameterised = declared.value.length > 0;
      return await perform(permit.value, "ci.trigger", target, () => startBuild(options, job, given, parameterised));
    },
    async started(job, parameters, cause, since) {
      return await findStarted(jenkins, { job, parameters, cause, since });
    },
    async status(ref) {
      const item = queuedItem(ref);
      if (item === undefined) return await readBuild(jenkins, ref.job, ref.id);
      const queued = await readQueueItem(jenkins, item);
      if (!queued.ok) return queued;
      if (queued.value.is === "build") return await readBuild(jenkins, ref.job, queued.value.number);
      if (queued.value.is === "forgotten") return unknownBuild(ref.job, ref.id);
      const state = queued.value.is === "cancelled" ? "cancelled" : "queued";
      return succeed<BuildStatus>({ ref, state, stages: [] });
    },
    latest: (job, commit) => latestBuild(jenkins, job, commit),
    async log(ref, offset) {
      const numbered = await withNumber(jenkins, ref);
      if (!numbered.ok) return numbered;
      if (numbered.value === undefined) return succeed({ text: "", next: offset, more: true });
      const answered = await jenkins.get(
        `${jobPath(ref.job)}/${numbered.value}/logText/progressiveText?start=${offset}`,
      );
      if (!answered.ok) return answered;
      const { status, headers, body } = answered.value;
      if (status === 404) return unknownBuild(ref.job, ref.id);
      // Past its end Jenkins starts again at the beginning; what is there already must not be given twice.
      const size = Number(headers["x-text-size"] ?? offset + body.length);
      const more = headers["x-more-data"] === "true";
      if (size < offset) return succeed({ text: "", next: offset, more });
      const text = more ? wholeNotes(wholeCharacters(body)) : body;
      const next = size - (body.length - text.length);
      return succeed({ text: withoutNotes(text.toString("utf8")), next, more });
    },
    async tests(ref) {
      const numbered = await withNumber(jenkins, ref);
      if (!numbered.ok) return numbered;
      return numbered.value === undefined ? succeed(undefined) : await readTests(jenkins, ref.job, numbered.value);
    },
    async artifacts(ref) {
      const numbered = await withNumber(jenkins, ref);
      if (!numbered.ok) return numbered;
      return numbered.value === undefined ? succeed([]) : await listArtifacts(jenkins, ref.job, numbered.value);
    },
    async download(ref, name, to) {
      const numbered = await withNumber(jenkins, ref);
      if (!numbered.ok) return numbered;
      return await downloadArtifact(jenkins, { job: ref.job, number: numbered.value ?? ref.id, name }, to);
    },
    async cancel(ref) {
      const numbered = await withNumber(jenkins, ref);
      if (!numbered.ok) return numbered;
      const path =
        numbered.value === undefined
          ? `/queue/cancelItem?id=${queuedItem(ref)}`
          : `${jobPath(ref.job)}/${numbered.value}/stop`;
      const target = { backend: "jenkins", job: ref.job, build: ref.id };
      const permit = await permits("ci.cancel", target);
      if (!permit.ok) return permit;
      return await perform(permit.value, "ci.cancel", target, async () => {
        const answered = await jenkins.post(path);
        if (!answered.ok) return answered;
        // Jenkins answers a cancelled queue item with 404 or a redirect, depending on its version.
        const missing = answered.value.status === 404 && numbered.value !== undefined;
        return missing ? unknownBuild(ref.job, ref.id) : succeed(undefined);
      });
    },
  };
}

async function startBuild(
  { jenkins, queueMs = QUEUE_MS, pollMs = POLL_MS }: JenkinsBackendOptions,
  job: string,
  parameters: Readonly<Record<string, string>>,
  parameterised: boolean,
): Promise<Outcome<BuildRef>> {
  const answered = await jenkins.post(`${jobPath(job)}/${parameterised ? "buildWithParameters" : "build"}`, parameters);
  if (!answered.ok) return answered;
  const { status, headers } = answered.value;
  if (status === 404) return unknownJob(job);
  if (status === 409) {
    return fail(problem("config", "jenkins.disabled", `the job ${job} is disabled`, { next: "enable it in Jenkins" }));
  }
  const item = queueItem(headers.location);
  if (item === undefined) {
    const message = `Jenkins took the trigger of ${job} with status ${status} and named no queue item`;
    return fail(
      problem("infrastructure", "jenkins.no_queue_item", message, { next: "look at the job before trying again" }),
    );
  }
  for (let waited = 0; ; waited += pollMs) {
    const waiting = succeed(refOf(job, `${QUEUED}${item}`, `${jenkins.url}/queue/item/${item}/`));
    // Who stops waiting has started it all the same.
    if (jenkins.signal?.aborted) return waiting;
    const queued = await readQueueItem(jenkins, item);
    if (!queued.ok) return jenkins.signal?.aborted ? waiting : queued;
    if (queued.value.is === "build") return succeed(refOf(job, queued.value.number, queued.value.url));
    if (queued.value.is === "cancelled") {
      return fail(problem("infrastructure", "jenkins.cancelled", `the build of ${job} was cancelled in the queue`));
    }
    if (queued.value.is === "forgotten" || waited >= queueMs) return waiting;
    await pause(pollMs, jenkins.signal);
  }
}

/** Names of the parameters that a job declares. A pipeline declares its own with its first run. */
async function declaredParameters(jenkins: JenkinsConnection, job: string): Promise<Outcome<string[]>> {
  const answered = await jenkins.get(`${jobPath(job)}/api/json?tree=property[parameterDefinitions[name]]`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return unknownJob(job);
  const read = readJson<{
    readonly property?: readonly { readonly parameterDefinitions?: readonly { name: string }[] }[];
  }>(answered.value.body);
  if (!read.ok) return read;
  return succeed(
    (read.value.property ?? []).flatMap((one) => (one.parameterDefinitions ?? []).map(({ name }) => name)),
  );
}

function undeclaredParameters<T>(job: string, names: readonly string[]): Outcome<T> {
  return fail(
    problem(
      "config",
      "jenkins.undeclared_parameter",
      `the job ${job} does not declare ${names.join(", ")}, and Jenkins would drop it`,
      {
        next: "a pipeline declares its parameters with its first run: let it run once",
      },
    ),
  );
}

function queuedItem(ref: BuildRef): string | undefined {
  return ref.id.startsWith(QUEUED) ? ref.id.slice(QUEUED.length) : undefined;
}

/** A build's number; undefined while it is in the queue. */
async function withNumber(jenkins: JenkinsConnection, ref: BuildRef): Promise<Outcome<string | undefined>> {
  const item = queuedItem(ref);
  if (item === undefined) return succeed(ref.id);
  const queued = await readQueueItem(jenkins, item);
  if (!queued.ok) return queued;
  if (queued.value.is === "build") return succeed(queued.value.number);
  return queued.value.is === "waiting" ? succeed(undefined) : unknownBuild(ref.job, ref.id);
}
