import type { BuildRef } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { type JobLog, readLogArchive } from "./archive.ts";
import { type JobJson, type Place, readJobs, readRun, whatRun } from "./runs.ts";

/** The logs of a finished run, one for each job, from the one archive that GitHub makes of them. */
export async function fetchRunLogs({ github, repository }: Place, ref: BuildRef): Promise<Outcome<JobLog[]>> {
  const at = { owner: repository.owner, repo: repository.name, run_id: Number(ref.id) };
  const got = await github.call(`the logs of ${whatRun(repository, ref.id)}`, (octokit) =>
    octokit.rest.actions.downloadWorkflowRunLogs(at),
  );
  if (!got.ok) return got;
  return await readLogArchive(Buffer.from(got.value.data as ArrayBuffer));
}

/**
 * The log of a run from a byte on. GitHub gives the log of a job once that job has ended: jobs come whole, in the order
 * in which they ended, each under a line with its name. That order does not change, so an offset stays good.
 */
export async function readLog(
  place: Place,
  ref: BuildRef,
  offset: number,
): Promise<Outcome<{ text: string; next: number; more: boolean }>> {
  const run = await readRun(place, ref.id);
  if (!run.ok) return run;
  const jobs = await readJobs(place, ref.id);
  if (!jobs.ok) return jobs;
  const more = run.value.status !== "completed";
  const ended = jobs.value
    .filter((job) => job.status === "completed" && job.conclusion !== "skipped")
    .sort((a, b) => Date.parse(a.completed_at ?? "") - Date.parse(b.completed_at ?? "") || a.id - b.id);
  const texts = await logsOf(place, ref, ended, more);
  if (!texts.ok) return texts;
  const whole = Buffer.from(texts.value.join(""));
  return succeed({ text: whole.subarray(offset).toString("utf8"), next: Math.max(offset, whole.length), more });
}

/** One request for all of them where the run is over; a job that the archive does not name is asked for by itself. */
async function logsOf(
  place: Place,
  ref: BuildRef,
  jobs: readonly JobJson[],
  more: boolean,
): Promise<Outcome<string[]>> {
  const archive = more || jobs.length < 2 ? succeed<JobLog[]>([]) : await fetchRunLogs(place, ref);
  if (!archive.ok) return archive;
  const texts: string[] = [];
  for (const job of jobs) {
    const named = archive.value.filter((one) => one.job === spelt(job.name));
    const text = named.length === 1 ? succeed(named[0]?.text ?? "") : await jobLog(place, job);
    if (!text.ok) return text;
    texts.push(`[${job.name}]\n${plain(text.value)}`);
  }
  return succeed(texts);
}

async function jobLog({ github, repository }: Place, job: JobJson): Promise<Outcome<string>> {
  const at = { owner: repository.owner, repo: repository.name, job_id: job.id };
  const got = await github.call(`the log of job ${job.name}`, (octokit) =>
    octokit.rest.actions.downloadJobLogsForWorkflowRun(at),
  );
  if (!got.ok) return got;
  const data = got.value.data as unknown;
  return succeed(typeof data === "string" ? data : Buffer.from(data as ArrayBuffer).toString("utf8"));
}

/** As file names in the archive spell a job's name. */
function spelt(name: string): string {
  return name.replaceAll(/[/\\:*?"<>|]/g, "");
}

/** Without the byte order mark that GitHub begins logs with, and with one line end after the last line. */
function plain(text: string): string {
  const unmarked = text.replace(/^\uFEFF/, "");
  return unmarked === "" || unmarked.endsWith("\n") ? unmarked : `${unmarked}\n`;
}
