import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CiPermits } from "../../../src/core/ci-backend.ts";
import { succeed } from "../../../src/core/diagnostic.ts";
import { openSwarm, type Swarm } from "../../../src/swarm/open.ts";
import { connectGitHub, type GitHubOptions } from "../../../src/tools/github/client.ts";
import { githubRepository } from "../../../src/tools/github/repository.ts";
import { readLogArchive } from "../../../src/tools/github-actions/archive.ts";
import { githubActionsBackend } from "../../../src/tools/github-actions/backend.ts";
import { fetchRunLogs } from "../../../src/tools/github-actions/logs.ts";
import { stateOf } from "../../../src/tools/github-actions/runs.ts";
import { ciBackendContract } from "../pipeline/ci-backend-contract.ts";
import { allow, codes, ok } from "../tools/permit.ts";
import { API, type FakeActions, fakeActions } from "./fake-actions.ts";
import { zipOf } from "./zip.ts";

const JOB = "ci.yml@main";
const WORKFLOW =
  "on:\n  push:\n  workflow_dispatch:\n    inputs:\n      REASON: { type: string }\n      codemonkeys_cause: {}\n";

let swarm: Swarm;
let state: string;
let fake: FakeActions;
let tokens = 0;

async function open() {
  state = await mkdtemp(join(tmpdir(), "codemonkeys-actions-"));
  swarm = ok(await openSwarm({ stateDir: state }));
  nock.disableNetConnect();
  fake = fakeActions();
  fake.workflows.set("ci.yml", WORKFLOW);
}
async function close() {
  nock.cleanAll();
  nock.enableNetConnect();
  await swarm.close();
  await rm(state, { recursive: true, force: true });
}

const permits: CiPermits = async (action, target) => succeed(allow(action, target));

function place(more: Partial<GitHubOptions> = {}) {
  tokens += 1;
  const github = connectGitHub({ api: API, token: `ghp_test-${tokens}`, swarm, secondMs: 1, ...more });
  return { github, repository: ok(succeed(githubRepository("git@github.com:acme/payments.git"))) as never };
}
const backend = (more: Partial<GitHubOptions> = {}) =>
  githubActionsBackend({ ...place(more), permits, pollMs: 1, findMs: 20 });

ciBackendContract("github-actions", async () => {
  await open();
  return {
    backend: backend(),
    job: JOB,
    async prepare(kind) {
      const sha = `${fake.runs.length + 1}`.repeat(40);
      const log = "2026-11-21T14:00:00.0000000Z tested ✓\n";
      const ends = {
        passes: ["completed", "success"],
        fails: ["completed", "failure"],
        hangs: ["in_progress", null],
      } as const;
      const [status, conclusion] = ends[kind];
      const artifacts = { "report of the tests": { files: { "out/report.txt": "tested ✓\n" } } };
      fake.next = { head_sha: sha, status, conclusion, log, artifacts };
      return sha;
    },
    close,
  };
});

describe("GitHub Actions besides", () => {
  beforeEach(open);
  afterEach(close);

  it("tells the run who started it, and knows it by the id that GitHub gives", async () => {
    const ref = ok(await backend().trigger(JOB, { REASON: "x" }, "the fleet's roll-out"));
    expect(ref).toEqual({
      backend: "github-actions",
      job: JOB,
      id: `${fake.runs[0]?.id}`,
      url: fake.runs[0]?.html_url,
    });
    expect(fake.runs[0]?.inputs).toEqual({ REASON: "x", codemonkeys_cause: "the fleet's roll-out" });
    expect(fake.runs).toHaveLength(1);
  });

  it.each(["refused", "ignored"] as const)("finds the run that it started where ids are %s", async (details) => {
    ok(await backend().trigger(JOB, {}, "one of before"));
    fake.details = details;
    fake.hiddenFor = 4;
    expect(ok(await backend().trigger(JOB, {}, "mine")).id).toBe(`${fake.runs[0]?.id}`);
    expect(fake.runs).toHaveLength(2);
  });

  it("says when GitHub took the trigger and shows no run", async () => {
    fake.details = "ignored";
    fake.hiddenFor = 10_000;
    expect(codes(await backend().trigger(JOB, {}, "why"))).toEqual(["github_actions.run_not_found"]);
    expect(fake.runs).toHaveLength(1);
  });

  it("never sends a trigger twice, though the answer was lost", async () => {
    const lose = (method: string) =>
      method === "POST" ? ([502, { message: "Bad Gateway" }] as [number, unknown]) : undefined;
    fake.faults.push(
      () => undefined,
      () => undefined,
      lose,
    );
    expect(codes(await backend().trigger(JOB, {}, "why"))).toEqual(["github.failing"]);
    expect(fake.requests.filter((one) => one.startsWith("POST"))).toHaveLength(1);
  });

  it("refuses a workflow that is not there, can't be started, or lacks an input, before anything is started", async () => {
    fake.workflows.set("push.yml", "on: push\n");
    fake.workflows.set("bad.yml", "on: [unclosed\n");
    expect(codes(await backend().trigger("none.yml@main", {}, "x"))).toEqual(["github_actions.unknown_workflow"]);
    expect(codes(await backend().trigger("push.yml@main", {}, "x"))).toEqual(["github_actions.not_dispatchable"]);
    expect(codes(await backend().trigger("bad.yml@main", {}, "x"))).toEqual(["github_actions.bad_workflow"]);
    expect(codes(await backend().trigger("ci", {}, "x"))).toEqual(["github_actions.bad_job"]);
    expect(codes(await backend().trigger(JOB, { VERSION: "1" }, "x"))).toEqual(["github_actions.undeclared_input"]);
    expect(fake.requests.filter((one) => one.startsWith("POST"))).toEqual([]);
  });

  it.each([
    ["queued", null, "queued"],
    ["waiting", null, "queued"],
    ["in_progress", null, "running"],
    ["completed", "success", "passed"],
    ["completed", "neutral", "passed"],
    ["completed", "skipped", "skipped"],
    ["completed", "timed_out", "failed"],
    ["completed", "startup_failure", "failed"],
    ["completed", "stale", "cancelled"],
  ] as const)("a run that is %s with %s is %s", (status, conclusion, expected) => {
    expect(stateOf(status, conclusion)).toBe(expected);
  });

  it("follows the jobs as they end, and gives the same bytes when the run is over", async () => {
    const at = (minute: number) => `2026-11-21T14:0${minute}:00Z`;
    const done = { status: "completed", conclusion: "success", started_at: at(0) };
    const open = { status: "in_progress", conclusion: null, started_at: at(0), completed_at: null };
    const lint = { id: 1, name: "build / lint", log: "lint ok", ...done, completed_at: at(2) };
    const test = { id: 2, name: "test", log: "tested ✓\n", ...open };
    fake.next = { status: "in_progress", conclusion: null, jobs: [test, lint] };
    const ref = ok(await backend().trigger(JOB, {}, "x"));
    const first = ok(await backend().log(ref, 0));
    expect(first).toEqual({ text: "[build / lint]\nlint ok\n", next: 23, more: true });
    Object.assign(test, done, { completed_at: at(3) });
    Object.assign(fake.runs[0] as object, { status: "completed", conclusion: "success" });
    const rest = ok(await backend().log(ref, first.next));
    expect(rest).toEqual({ text: "[test]\ntested ✓\n", next: 41, more: false });
    expect(ok(await fetchRunLogs(place(), ref)).map(({ job, text }) => [job, text])).toEqual([
      ["test", "\uFEFFtested ✓\n"],
      ["build  lint", "\uFEFFlint ok"],
    ]);
  });

  it("runs what failed once more", async () => {
    fake.next = { conclusion: "failure" };
    const ref = ok(await backend().trigger(JOB, {}, "x"));
    const again = await backend().rerunFailed?.(ref);
    expect(again && ok(again)).toEqual(ref);
    expect(fake.runs[0]).toMatchObject({ run_attempt: 2, status: "queued" });
  });

  it("refuses logs that are gone, cut or would unpack without end", async () => {
    const ref = ok(await backend().trigger(JOB, {}, "x"));
    fake.faults.push(() => [410, { message: "Server Error" }]);
    expect(codes(await fetchRunLogs(place(), ref))).toEqual(["github.gone"]);
    const whole = zipOf({ "0_test.txt": "a".repeat(10_000), "test/1_Set up job.txt": "part" });
    expect(ok(await readLogArchive(whole))).toEqual([{ job: "test", text: "a".repeat(10_000) }]);
    expect(codes(await readLogArchive(whole.subarray(0, whole.length - 30)))).toEqual(["github_actions.bad_archive"]);
    expect(codes(await readLogArchive(whole, 9_999))).toEqual(["github_actions.bad_archive"]);
    for (const name of ["../../0_evil.txt", "/etc/0_evil.txt", "..\\0_evil.txt"]) {
      expect(codes(await readLogArchive(zipOf({ [name]: "x" })))).toEqual(["github_actions.bad_archive"]);
    }
  });
});
