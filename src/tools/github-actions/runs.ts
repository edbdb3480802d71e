import type { BuildRef, BuildState, BuildStatus } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { GitHub } from "../github/client.ts";
import type { GitHubRepository } from "../github/repository.ts";

/** What is read of a workflow run. */
export interface RunJson {
  readonly id: number;
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly head_sha: string;
  readonly html_url: string;
  readonly created_at: string;
  readonly display_title?: string;
}

/** What is read of a job of a run. */
export interface JobJson {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
}

export interface Place {
  readonly github: GitHub;
  readonly repository: GitHubRepository;
}

/** GitHub's status and conclusion in this program's words. */
export function stateOf(status: string | null, conclusion: string | null): BuildState | "skipped" {
  if (status !== "completed") return status === "in_progress" ? "running" : "queued";
  switch (conclusion) {
    case "success":
    case "neutral":
      return "passed";
    case "cancelled":
    case "stale":
      return "cancelled";
    case "skipped":
      return "skipped";
    // failure, timed_out, startup_failure, action_required, and what may come
    default:
      return "failed";
  }
}

export function refOf(job: string, run: Pick<RunJson, "id" | "html_url">): BuildRef {
  return { backend: "github-actions", job, id: String(run.id), url: run.html_url };
}

/** A run by its id; what is no number never was one. */
export async function readRun({ github, repository }: Place, id: string): Promise<Outcome<RunJson>> {
  if (!/^\d+$/.test(id)) {
    return fail(problem("config", "github_actions.unknown_run", `there is no ${whatRun(repository, id)}`));
  }
  const at = { owner: repository.owner, repo: repository.name, run_id: Number(id) };
  const read = await github.call(whatRun(repository, id), (octokit) => octokit.rest.actions.getWorkflowRun(at));
  return read.ok ? succeed(read.value.data as RunJson) : read;
}

/** The jobs of a run's latest attempt. */
export async function readJobs({ github, repository }: Place, id: string): Promise<Outcome<JobJson[]>> {
  const at = { owner: repository.owner, repo: repository.name, run_id: Number(id), per_page: 100 };
  return await github.call(`the jobs of ${whatRun(repository, id)}`, (octokit) =>
    octokit.paginate(octokit.rest.actions.listJobsForWorkflowRun, at),
  );
}

export async function statusOf(place: Place, job: string, run: RunJson): Promise<Outcome<BuildStatus>> {
  const jobs = await readJobs(place, String(run.id));
  if (!jobs.ok) return jobs;
  const state = stateOf(run.status, run.conclusion);
  return succeed<BuildStatus>({
    ref: refOf(job, run),
    // A run whose every job was skipped had nothing to do.
    state: state === "skipped" ? "passed" : state,
    commit: run.head_sha,
    stages: jobs.value.map((one) => ({
      name: one.name,
      state: stateOf(one.status, one.conclusion),
      ...(one.started_at && one.completed_at
        ? { durationMs: Math.max(0, Date.parse(one.completed_at) - Date.parse(one.started_at)) }
        : {}),
    })),
  });
}

export function whatRun({ owner, name }: GitHubRepository, id: string): string {
  return `run ${id} of ${owner}/${name}`;
}
