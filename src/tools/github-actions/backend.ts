import { setTimeout as sleep } from "node:timers/promises";
import { perform } from "../../constitution/effect.ts";
import { digestOf } from "../../core/canonical.ts";
import type { BuildRef, CiBackend, CiPermits } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { downloadArtifact, listArtifacts } from "./artifacts.ts";
import { readLog } from "./logs.ts";
import { type Place, type RunJson, readRun, refOf, stateOf, statusOf, whatRun } from "./runs.ts";
import { dispatchInputs, type Workflow, workflowOf } from "./workflow.ts";

export interface GitHubActionsOptions extends Place {
  readonly permits: CiPermits;
  /** How long a trigger looks for the run that it started, where GitHub does not name it. */
  readonly findMs?: number;
  readonly pollMs?: number;
}

const FIND_MS = 60_000;
const POLL_MS = 2_000;
/** An input of this name tells the run who started it and why, in a workflow that declares it. */
const CAUSE_INPUT = "codemonkeys_cause";
/** Clocks of GitHub and of this machine may differ; runs that were there before are known by their ids anyway. */
const SKEW_MS = 5 * 60_000;

/** GitHub Actions as a CI system. A job is a workflow on a branch: `ci.yml@main`. */
export function githubActionsBackend(options: GitHubActionsOptions): CiBackend {
  const { github, repository, permits } = options;
  const at = { owner: repository.owner, repo: repository.name };
  return {
    name: "github-actions",
    async trigger(job, parameters, cause) {
      const workflow = workflowOf(job);
      if (!workflow.ok) return workflow;
      const declared = await dispatchInputs(github, repository, workflow.value);
      if (!declared.ok) return declared;
      const undeclared = Object.keys(parameters).filter((name) => !declared.value.includes(name));
      if (undeclared.length > 0) {
        const message = `the workflow ${job} does not declare the input ${undeclared.join(", ")}`;
        return fail(
          problem("config", "github_actions.undeclared_input", message, {
            next: "declare it under on.workflow_dispatch.inputs",
          }),
        );
      }
      const inputs = declared.value.includes(CAUSE_INPUT) ? { ...parameters, [CAUSE_INPUT]: cause } : parameters;
      const target = { backend: "github-actions", job, parameters_digest: digestOf(parameters) };
      const permit = await permits("ci.trigger", target);
      if (!permit.ok) return permit;
      return await perform(permit.value, "ci.trigger", target, () =>
        triggerWorkflow(options, job, workflow.value, inputs),
      );
    },
    async status(ref) {
      const run = await readRun(options, ref.id);
      return run.ok ? await statusOf(options, ref.job, run.value) : run;
    },
    async latest(job, commit) {
      const workflow = workflowOf(job);
      if (!workflow.ok) return workflow;
      const { file, branch } = workflow.value;
      const listed = await github.call(`the runs of ${job}`, (octokit) =>
        octokit.rest.actions.listWorkflowRuns({
          ...at,
          workflow_id: file,
          branch,
          head_sha: commit,
          status: "completed",
          per_page: 20,
        }),
      );
      if (!listed.ok) return listed;
      const runs = listed.value.data.workflow_runs as readonly RunJson[];
      // Somebody stopped it, or it never began: that says nothing about the commit.
      const found = runs.find(
        (run) => run.head_sha === commit && !["cancelled", "skipped"].includes(stateOf(run.status, run.conclusion)),
      );
      return found ? await statusOf(options, job, found) : succeed(undefined);
    },
    log: (ref, offset) => readLog(options, ref, offset),
    async tests(ref) {
      const run = await readRun(options, ref.id);
      // GitHub counts no tests: what a run knows of them are its logs.
      return run.ok ? succeed(undefined) : run;
    },
    artifacts: (ref) => listArtifacts(options, ref),
    download: (ref, name, to) => downloadArtifact(options, ref, name, to),
    async cancel(ref) {
      const there = await readRun(options, ref.id);
      if (!there.ok || there.value.status === "completed") return there.ok ? succeed(undefined) : there;
      const target = { backend: "github-actions", job: ref.job, build: ref.id };
      const permit = await permits("ci.cancel", target);
      if (!permit.ok) return permit;
      return await perform(permit.value, "ci.cancel", target, async () => {
        const cancelled = await github.call(whatRun(repository, ref.id), (octokit) =>
          octokit.rest.actions.cancelWorkflowRun({ ...at, run_id: Number(ref.id) }),
        );
        if (cancelled.ok) return succeed(undefined);
        // 409: it has ended, which is what was wanted.
        const run = await readRun(options, ref.id);
        return run.ok && run.value.status === "completed" ? succeed(undefined) : cancelled;
      });
    },
    async rerunFailed(ref) {
      const there = await readRun(options, ref.id);
      if (!there.ok) return there;
      const target = { backend: "github-actions", job: ref.job, parameters_digest: digestOf({ rerun_failed: ref.id }) };
      const permit = await permits("ci.trigger", target);
      if (!permit.ok) return permit;
      return await perform(permit.value, "ci.trigger", target, async () => {
        const begun = await github.call(whatRun(repository, ref.id), (octokit) =>
          octokit.rest.actions.reRunWorkflowFailedJobs({ ...at, run_id: Number(ref.id), request: { retries: 0 } }),
        );
        return begun.ok ? succeed(ref) : begun;
      });
    },
  };
}

/** Starts a run and finds it: GitHub names it when asked to; a GitHub server that is too old for that does not. */
async function triggerWorkflow(
  options: GitHubActionsOptions,
  job: string,
  workflow: Workflow,
  inputs: Readonly<Record<string, string>>,
): Promise<Outcome<BuildRef>> {
  const before = await dispatchedRuns(options, workflow);
  if (!before.ok) return before;
  let started = await dispatch(options, job, workflow, inputs, true);
  if (!started.ok && started.diagnostics.some(({ message }) => message.includes("return_run_details"))) {
    started = await dispatch(options, job, workflow, inputs, false);
  }
  if (!started.ok) return started;
  if (started.value) return succeed(refOf(job, started.value));
  return await findRun(options, job, workflow, new Set(before.value.map(({ id }) => id)));
}

async function dispatch(
  { github, repository }: GitHubActionsOptions,
  job: string,
  { file, branch }: Workflow,
  inputs: Readonly<Record<string, string>>,
  details: boolean,
): Promise<Outcome<Pick<RunJson, "id" | "html_url"> | undefined>> {
  const sent = await github.call(`workflow ${job}`, (octokit) =>
    octokit.request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
      owner: repository.owner,
      repo: repository.name,
      workflow_id: file,
      ref: branch,
      inputs,
      ...(details ? { return_run_details: true } : {}),
      // Not repeated: what failed may have been started.
      request: { retries: 0 },
    }),
  );
  if (!sent.ok) return sent;
  const named = sent.value.data as { readonly workflow_run_id?: number; readonly html_url?: string } | undefined;
  if (named?.workflow_run_id === undefined) return succeed(undefined);
  return succeed({ id: named.workflow_run_id, html_url: named.html_url ?? "" });
}

/** Runs that were started from outside lately. Asked without the cache's help: each answer has to be of now. */
async function dispatchedRuns(
  { github, repository }: Place,
  { file, branch }: Workflow,
): Promise<Outcome<readonly RunJson[]>> {
  const listed = await github.call(`the runs of ${file}`, (octokit) =>
    octokit.rest.actions.listWorkflowRuns({
      owner: repository.owner,
      repo: repository.name,
      workflow_id: file,
      branch,
      event: "workflow_dispatch",
      per_page: 50,
    }),
  );
  return listed.ok ? succeed(listed.value.data.workflow_runs as readonly RunJson[]) : listed;
}

/**
 * The run that this trigger started: new since it, on its branch, the oldest of those, for another one's trigger comes
 * later. A run shows some seconds after its trigger.
 */
async function findRun(
  options: GitHubActionsOptions,
  job: string,
  workflow: Workflow,
  before: ReadonlySet<number>,
): Promise<Outcome<BuildRef>> {
  const { findMs = FIND_MS, pollMs = POLL_MS } = options;
  const since = Date.now() - SKEW_MS;
  for (let waited = 0; ; waited += pollMs) {
    const listed = await dispatchedRuns(options, workflow);
    if (!listed.ok) return listed;
    const fresh = listed.value
      .filter(({ id, created_at }) => !before.has(id) && Date.parse(created_at) >= since)
      .sort((a, b) => a.id - b.id);
    if (fresh[0]) return succeed(refOf(job, fresh[0]));
    if (waited >= findMs) {
      return fail(
        problem(
          "infrastructure",
          "github_actions.run_not_found",
          `GitHub took the trigger of ${job} and shows no run of it`,
          {
            next: "look at the repository's Actions page before trying again",
          },
        ),
      );
    }
    await sleep(pollMs);
  }
}
