import type { BuildRef } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { refOf, unknownJob } from "./builds.ts";
import { type JenkinsConnection, readJson } from "./connection.ts";
import { jobPath } from "./names.ts";

/** A parameter of this name tells the build who started it and why, in a job that declares it. */
export const CAUSE_PARAMETER = "CODEMONKEYS_CAUSE";
/** Ids of builds that have no number yet. */
export const QUEUED = "queue-";

/** What was asked for when the build was started. */
export interface Asked {
  readonly job: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly cause: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

interface Started {
  readonly actions: readonly { readonly parameters?: readonly { readonly name: string; readonly value?: unknown }[] }[];
}

const LOOK_BACK = 100;
/** The controller's clock and this machine's may differ. */
const SKEW_MS = 5 * 60_000;

/**
 * Looks whether a trigger whose answer nobody heard did start a build: in the queue first, since an item leaves it for a
 * build and not the other way. A job that declares the cause tells exactly; of another, a build of the same parameters
 * since then is taken for it.
 */
export async function findStarted(jenkins: JenkinsConnection, asked: Asked): Promise<Outcome<BuildRef | undefined>> {
  const path = jobPath(asked.job);
  const parameters = "actions[parameters[name,value]]";
  const queue = await jenkins.get(`/queue/api/json?tree=items[id,inQueueSince,task[url],${parameters}]`);
  if (!queue.ok) return queue;
  const queued = readJson<{
    readonly items?: readonly (Started & { id: number; inQueueSince: number; task: { readonly url?: string } })[];
  }>(queue.value.body);
  if (!queued.ok) return queued;
  const item = (queued.value.items ?? []).find(
    (one) => one.task.url === `${jenkins.url}${path}/` && matches(one, one.inQueueSince, asked),
  );
  if (item) return succeed(refOf(asked.job, `${QUEUED}${item.id}`, `${jenkins.url}/queue/item/${item.id}/`));
  const answered = await jenkins.get(
    `${path}/api/json?tree=builds[number,url,timestamp,${parameters}]{0,${LOOK_BACK}}`,
  );
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return unknownJob(asked.job);
  const read = readJson<{
    readonly builds?: readonly (Started & { number: number; url: string; timestamp: number })[];
  }>(answered.value.body);
  if (!read.ok) return read;
  const build = (read.value.builds ?? []).find((one) => matches(one, one.timestamp, asked));
  return succeed(build && refOf(asked.job, String(build.number), build.url));
}

function matches({ actions }: Started, at: number, { parameters, cause, since }: Asked): boolean {
  const given = new Map(
    actions.flatMap((action) => action.parameters ?? []).map(({ name, value }) => [name, String(value ?? "")]),
  );
  const told = given.get(CAUSE_PARAMETER);
  // A job that declares it and was started by somebody else has it empty.
  if (told !== undefined) return told === cause;
  return at >= since - SKEW_MS && Object.entries(parameters).every(([name, value]) => given.get(name) === value);
}
