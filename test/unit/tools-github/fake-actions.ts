import { randomBytes } from "node:crypto";
import nock from "nock";
import type { JobJson, RunJson } from "../../../src/tools/github-actions/runs.ts";
import { zipOf } from "./zip.ts";

/** One run as GitHub keeps it. */
export interface FakeRun extends RunJson {
  status: string;
  conclusion: string | null;
  event: string;
  head_branch: string;
  run_attempt: number;
  inputs: Record<string, string>;
  jobs: (JobJson & { log: string })[];
  /** What it uploaded: files by path, in archives by name. */
  artifacts: Record<string, { files: Record<string, string>; expired?: boolean }>;
}

type Reply = [number, unknown, Record<string, string>?];

/** The Actions part of GitHub's API for one repository, answered in its true shapes through nock. */
export interface FakeActions {
  /** Workflow files by name. */
  readonly workflows: Map<string, string>;
  readonly runs: FakeRun[];
  readonly requests: string[];
  /** Answers to give instead of the true one, first come first served. */
  readonly faults: ((method: string, path: string) => Reply | undefined)[];
  /** Whether the dispatch names its run, or refuses to know the word, as older servers do, or ignores it. */
  details: "given" | "refused" | "ignored";
  /** What the next run is made of. */
  next: Partial<FakeRun> & { log?: string };
  /** How often runs are listed until a new one shows. */
  hiddenFor: number;
}

export const API = "https://api.github.com";
const ROOT = "/repos/acme/payments";

export function fakeActions(): FakeActions {
  let id = 30_433_642;
  let hidden = 0;
  const fake: FakeActions = {
    workflows: new Map(),
    runs: [],
    requests: [],
    faults: [],
    details: "given",
    next: {},
    hiddenFor: 0,
  };

  function start(inputs: Record<string, string>, branch: string): FakeRun {
    const now = new Date().toISOString();
    const { log = "", ...more } = fake.next;
    id += 1;
    const status = more.status ?? "completed";
    const conclusion = more.conclusion === undefined ? "success" : more.conclusion;
    const run: FakeRun = {
      id,
      status,
      conclusion,
      head_sha: randomBytes(20).toString("hex"),
      head_branch: branch,
      html_url: `https://github.com/acme/payments/actions/runs/${id}`,
      created_at: now,
      display_title: "ci",
      event: "workflow_dispatch",
      run_attempt: 1,
      inputs,
      artifacts: {},
      jobs: [
        {
          id: id * 10,
          name: "test",
          status,
          conclusion,
          started_at: now,
          completed_at: status === "completed" ? now : null,
          log,
        },
      ],
      ...more,
    };
    fake.runs.unshift(run);
    hidden = fake.hiddenFor;
    return run;
  }

  function answer(method: string, url: string, body: Record<string, unknown>): Reply {
    const { pathname, searchParams } = new URL(url, API);
    fake.requests.push(`${method} ${pathname}`);
    const fault = fake.faults.shift()?.(method, pathname);
    if (fault) return fault;
    const path = decodeURIComponent(pathname.slice(ROOT.length));
    const missing: Reply = [404, { message: "Not Found", documentation_url: "https://docs.github.com/rest" }];
    const file = /^\/contents\/\.github\/workflows\/(.+)$/.exec(path)?.[1];
    if (file) {
      const text = fake.workflows.get(file);
      const content = text && Buffer.from(text).toString("base64").replaceAll(/.{60}/g, "$&\n");
      return content ? [200, { type: "file", encoding: "base64", content }] : missing;
    }
    const workflow = /^\/actions\/workflows\/([^/]+)\/(runs|dispatches)$/.exec(path);
    if (workflow) {
      if (!fake.workflows.has(workflow[1] ?? "")) return missing;
      if (method === "POST") {
        if (fake.details === "refused" && "return_run_details" in body) {
          return [422, { message: 'Invalid request.\n\n"return_run_details" is not a permitted key.' }];
        }
        const run = start((body.inputs ?? {}) as Record<string, string>, `${body.ref}`);
        if (fake.details !== "given" || body.return_run_details !== true) return [204, ""];
        return [
          200,
          { workflow_run_id: run.id, run_url: `${API}${ROOT}/actions/runs/${run.id}`, html_url: run.html_url },
        ];
      }
      if (hidden > 0) hidden -= 1;
      const wanted = (run: FakeRun) =>
        ["head_sha", "event"].every((key) => !searchParams.get(key) || run[key as "event"] === searchParams.get(key)) &&
        (!searchParams.get("branch") || run.head_branch === searchParams.get("branch")) &&
        (!searchParams.get("status") || run.status === searchParams.get("status"));
      const runs = (hidden > 0 ? fake.runs.slice(1) : fake.runs).filter(wanted);
      return [200, { total_count: runs.length, workflow_runs: runs.map(({ jobs, inputs, artifacts, ...run }) => run) }];
    }
    const job = /^\/actions\/jobs\/(\d+)\/logs$/.exec(path)?.[1];
    if (job) {
      const found = fake.runs.flatMap(({ jobs }) => jobs).find((one) => String(one.id) === job);
      return found ? [200, `\uFEFF${found.log}`, { "content-type": "text/plain" }] : missing;
    }
    const archive = /^\/actions\/artifacts\/(\d+)\/zip$/.exec(path)?.[1];
    if (archive) {
      const found = fake.runs.flatMap((one) =>
        Object.values(one.artifacts).map((kept, at) => ({ kept, id: one.id * 100 + at })),
      );
      const kept = found.find(({ id: of }) => String(of) === archive)?.kept;
      if (kept?.expired) return [410, { message: "Artifact has expired" }];
      return kept ? [200, zipOf(kept.files), { "content-type": "application/zip" }] : missing;
    }
    const [, number, tail = ""] = /^\/actions\/runs\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const run = fake.runs.find((one) => String(one.id) === number);
    if (!run) return missing;
    if (tail === "") {
      const { jobs, inputs, artifacts, ...rest } = run;
      return [200, rest];
    }
    if (tail === "/jobs") {
      return [200, { total_count: run.jobs.length, jobs: run.jobs.map(({ log, ...rest }) => rest) }];
    }
    if (tail === "/artifacts") {
      const artifacts = Object.entries(run.artifacts).map(([name, { files, expired = false }], at) => ({
        id: run.id * 100 + at,
        name,
        size_in_bytes: zipOf(files).length,
        expired,
      }));
      return [200, { total_count: artifacts.length, artifacts }];
    }
    if (tail === "/logs") {
      const files = run.jobs.map((one, index) => [`${index}_${one.name.replaceAll("/", "")}.txt`, `\uFEFF${one.log}`]);
      return [200, zipOf(Object.fromEntries(files)), { "content-type": "application/zip" }];
    }
    if (tail === "/cancel") {
      if (run.status === "completed") return [409, { message: "Cannot cancel a workflow run that is completed." }];
      run.status = "completed";
      run.conclusion = "cancelled";
      return [202, {}];
    }
    if (tail === "/rerun-failed-jobs") {
      run.run_attempt += 1;
      run.status = "queued";
      run.conclusion = null;
      return [201, {}];
    }
    return missing;
  }

  const reply = async (request: Request) => {
    const text = await request.text();
    return answer(request.method, request.url, text === "" ? {} : JSON.parse(text)) as never;
  };
  nock(API).persist().get(/.*/).reply(reply).post(/.*/).reply(reply);
  return fake;
}
