import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CiPermits } from "../../../src/core/ci-backend.ts";
import { fail, problem, succeed } from "../../../src/core/diagnostic.ts";
import { jenkinsBackend } from "../../../src/tools/jenkins/backend.ts";
import { stagesOfLog } from "../../../src/tools/jenkins/builds.ts";
import { connectJenkins, type JenkinsOptions } from "../../../src/tools/jenkins/connection.ts";
import { branchJob, jobPath } from "../../../src/tools/jenkins/names.ts";
import { ciBackendContract } from "../pipeline/ci-backend-contract.ts";
import { allow, audited, codes, ok } from "../tools/permit.ts";
import { certificates } from "./certificates.ts";
import { type FakeBuild, type FakeJenkins, fakeJenkins } from "./fake-jenkins.ts";

const COMMIT = "a".repeat(40);

let fake: FakeJenkins;
let asked: unknown[];

beforeEach(async () => {
  fake = await fakeJenkins();
  asked = [];
});

afterEach(() => fake.close());

function backend(more: Partial<JenkinsOptions> = {}, queueMs = 2_000) {
  const jenkins = ok(
    connectJenkins({ url: `${fake.url}/`, user: "monkey", token: "api-token", retryMs: 1, timeoutMs: 2_000, ...more }),
  );
  return jenkinsBackend({
    jenkins,
    queueMs,
    pollMs: 1,
    permits: async (action, target) => {
      asked.push(target);
      return succeed(allow(action, target));
    },
  });
}

function job(name: string, builds: FakeBuild[] = [], parameters: string[] = []) {
  const made = { parameters, builds };
  fake.jobs.set(jobPath(name), made);
  return made;
}

const build = (more: Partial<FakeBuild>): FakeBuild => ({
  number: 7,
  building: false,
  result: "SUCCESS",
  commits: [COMMIT],
  log: "",
  ...more,
});

ciBackendContract("jenkins", async () => {
  job("acme/payments", [], ["REASON"]);
  let commits = 0;
  return {
    backend: backend(),
    job: "acme/payments",
    async prepare(kind) {
      commits += 1;
      const commit = `${commits}`.repeat(40);
      const ends = {
        passes: { building: false, result: "SUCCESS", stages: [{ name: "test", status: "SUCCESS" }] },
        fails: { building: false, result: "FAILURE", stages: [{ name: "test", status: "FAILED" }] },
        hangs: { building: true, result: null },
      };
      fake.next = {
        ...ends[kind],
        commits: [commit],
        log: "Started\ntested ✓\nFinished\n",
        artifacts: { "out/50% of #1?/report ✓.txt": "tested ✓\n" },
        testReport: { failCount: 0, passCount: 2, skipCount: 1, suites: [] },
      };
      return commit;
    },
    close: async () => {},
  };
});

describe("names", () => {
  it("encode each segment once more than Jenkins' own name does", () => {
    expect(jobPath("acme/payments")).toBe("/job/acme/job/payments");
    expect(jobPath(branchJob("acme/my payments", "feature/refunds #1"))).toBe(
      "/job/acme/job/my%20payments/job/feature%252Frefunds%2520%25231",
    );
  });
});

describe("trigger", () => {
  it("follows the queue item to its build, with parameters and cause", async () => {
    const made = job("acme/payments", [], ["VERSION", "CODEMONKEYS_CAUSE"]);
    const ref = ok(await backend().trigger("acme/payments", { VERSION: "1.5.0" }, "roll-out 3"));
    expect(ref).toEqual({
      backend: "jenkins",
      job: "acme/payments",
      id: "1",
      url: `${fake.url}/job/acme/job/payments/1/`,
    });
    expect(made.builds[0]?.parameters).toEqual({ VERSION: "1.5.0", CODEMONKEYS_CAUSE: "roll-out 3" });
    expect(asked).toEqual([
      { backend: "jenkins", job: "acme/payments", parameters_digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(audited.map(({ kind }) => kind).slice(-2)).toEqual(["effect.started", "effect.done"]);
  });

  it("starts a job without parameters by the other address", async () => {
    job("plain");
    expect(ok(await backend().trigger("plain", {}, "why")).id).toBe("1");
    expect(fake.requests.some(({ url }) => url === "/job/plain/build")).toBe(true);
  });

  it("refuses parameters that Jenkins would silently drop", async () => {
    job("plain");
    expect(codes(await backend().trigger("plain", { VERSION: "1" }, "why"))).toEqual(["jenkins.undeclared_parameter"]);
    expect(fake.requests.filter(({ method }) => method === "POST")).toEqual([]);
  });

  it("does nothing when the constitution says no", async () => {
    job("plain");
    const jenkins = ok(connectJenkins({ url: fake.url, user: "monkey", token: "api-token" }));
    const refusing = jenkinsBackend({ jenkins, permits: async () => fail(problem("policy", "gate.denied", "no")) });
    expect(codes(await refusing.trigger("plain", {}, "why"))).toEqual(["gate.denied"]);
    expect(fake.requests.filter(({ method }) => method === "POST")).toEqual([]);
  });

  it("answers with the queue item while no executor is free, and its status follows the build", async () => {
    job("plain");
    fake.queuePolls = 1_000;
    const jenkins = backend({}, 5);
    const ref = ok(await jenkins.trigger("plain", {}, "why"));
    expect(ref.id).toBe("queue-41");
    expect(ok(await jenkins.status(ref)).state).toBe("queued");
    expect(ok(await jenkins.log(ref, 0))).toEqual({ text: "", next: 0, more: true });
    fake.queuePolls = 0;
    expect(ok(await jenkins.status(ref))).toMatchObject({ ref: { id: "1" }, state: "running" });
    expect(ok(await jenkins.log(ref, 0)).text).toBe("Started\n");
  });

  it("finds what was started when nobody heard the answer: in the queue, as a build, by cause or by parameters", async () => {
    const since = Date.now();
    const jenkins = backend({}, 5);
    const find = async (name: string, cause: string, parameters: Record<string, string> = { VERSION: "1" }) =>
      ok(await (jenkins.started as NonNullable<typeof jenkins.started>)(name, parameters, cause, since))?.id;
    const telling = job("acme/telling", [], ["VERSION", "CODEMONKEYS_CAUSE"]);
    const plain = job("acme/plain", [build({ number: 3, parameters: { VERSION: "1" }, timestamp: 5 })], ["VERSION"]);
    fake.queuePolls = 1_000;
    ok(await jenkins.trigger("acme/telling", { VERSION: "1" }, "mine"));
    expect([await find("acme/telling", "mine"), await find("acme/telling", "theirs")]).toEqual(["queue-41", undefined]);
    expect(await find("acme/plain", "mine")).toBeUndefined();
    telling.builds.push(build({ number: 8, parameters: { VERSION: "1", CODEMONKEYS_CAUSE: "theirs" } }));
    plain.builds.unshift(build({ number: 4, parameters: { VERSION: "1" } }));
    expect(await find("acme/telling", "theirs")).toBe("8");
    expect([await find("acme/plain", "mine"), await find("acme/plain", "mine", { VERSION: "2" })]).toEqual([
      "4",
      undefined,
    ]);
    expect(codes(await (jenkins.started as NonNullable<typeof jenkins.started>)("nobody", {}, "mine", since))).toEqual([
      "jenkins.unknown_job",
    ]);
  });

  it("cancels in the queue", async () => {
    job("plain");
    fake.queuePolls = 1_000;
    const jenkins = backend({}, 5);
    const ref = ok(await jenkins.trigger("plain", {}, "why"));
    ok(await jenkins.cancel(ref));
    expect(ok(await jenkins.status(ref)).state).toBe("cancelled");
  });

  it("gets a fresh crumb when the session has ended", async () => {
    job("plain");
    const jenkins = backend();
    ok(await jenkins.trigger("plain", {}, "one"));
    fake.restart();
    ok(await jenkins.trigger("plain", {}, "two"));
    expect(fake.queue.size).toBe(2);
  });

  it("works without crumbs where a controller has none", async () => {
    fake.crumbs = false;
    job("plain");
    expect(ok(await backend().trigger("plain", {}, "why")).id).toBe("1");
  });

  it("waits for a controller that is starting, and starts one build only", async () => {
    job("plain");
    const starting = (_: unknown, response: { statusCode: number; end(text: string): void }) => {
      response.statusCode = 503;
      response.end("Please wait while Jenkins is getting ready to work ...");
      return true;
    };
    const passed = () => false;
    fake.faults.push(starting, passed, starting, passed, starting, starting, passed);
    expect(ok(await backend().trigger("plain", {}, "why")).id).toBe("1");
    expect(fake.queue.size).toBe(1);
  });

  it("does not try again when the build may have been started", async () => {
    job("plain");
    const passed = () => false;
    fake.faults.push(passed, passed, (request) => {
      request.socket.destroy();
      return true;
    });
    expect(codes(await backend().trigger("plain", {}, "why"))).toEqual(["jenkins.unreachable"]);
    expect(fake.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("says what is wrong with the job, the user or the address", async () => {
    expect(codes(await backend().trigger("missing", {}, "why"))).toEqual(["jenkins.unknown_job"]);
    const made = job("plain");
    fake.jobs.set("/job/off", { ...made, disabled: true });
    expect(codes(await backend().trigger("off", {}, "why"))).toEqual(["jenkins.disabled"]);
    expect(codes(await backend({ token: "wrong" }).trigger("plain", {}, "why"))).toEqual(["jenkins.unauthenticated"]);
    expect(codes(connectJenkins({ url: "jenkins", user: "u", token: "t" }))).toEqual(["jenkins.url"]);
    const gone = backend({ url: "http://127.0.0.1:1", attempts: 2 });
    expect(codes(await gone.trigger("plain", {}, "why"))).toEqual(["jenkins.unreachable"]);
  });
});

describe("status", () => {
  const ref = { backend: "jenkins", job: "acme/payments", id: "7" } as const;

  it.each([
    ["SUCCESS", "passed"],
    ["UNSTABLE", "unstable"],
    ["FAILURE", "failed"],
    ["ABORTED", "cancelled"],
    ["NOT_BUILT", "cancelled"],
  ])("knows the result %s", async (result, state) => {
    job("acme/payments", [build({ result })]);
    expect(ok(await backend().status(ref))).toMatchObject({ state, commit: COMMIT });
  });

  it("has stages and times by the stage API", async () => {
    const stages = [
      { name: "build", status: "SUCCESS", durationMillis: 1200 },
      { name: "test", status: "FAILED", durationMillis: 300 },
      { name: "release", status: "NOT_EXECUTED" },
      { name: "approve", status: "PAUSED_PENDING_INPUT" },
    ];
    job("acme/payments", [build({ result: "FAILURE", stages })]);
    expect(ok(await backend().status(ref)).stages).toEqual([
      { name: "build", state: "passed", durationMs: 1200 },
      { name: "test", state: "failed", durationMs: 300 },
      { name: "release", state: "skipped" },
      { name: "approve", state: "running" },
    ]);
  });

  it("reads stages from the log where there is no stage API", async () => {
    fake.stageApi = false;
    const log = [
      "[Pipeline] { (build)",
      "[Pipeline] { (Branch: lint)",
      "[Pipeline] { (Declarative: Post Actions)",
      "[Pipeline] { (release)",
      'Stage "release" skipped due to when conditional',
    ].join("\n");
    job("acme/payments", [build({ result: "FAILURE", log })]);
    expect(ok(await backend().status(ref)).stages).toEqual([
      { name: "build", state: "passed" },
      { name: "lint", state: "failed" },
      { name: "release", state: "skipped" },
    ]);
  });

  it("reads running stages, and none from a log that has none", () => {
    expect(stagesOfLog("[Pipeline] { (a)\n", undefined)).toEqual([{ name: "a", state: "running" }]);
    expect(stagesOfLog("echo { (a)\n", "passed")).toEqual([]);
  });

  it("tries again on 5xx, and tells a login page from JSON", async () => {
    job("acme/payments", [build({})]);
    fake.faults.push((_, response) => {
      response.statusCode = 502;
      response.end();
      return true;
    });
    expect(ok(await backend().status(ref)).state).toBe("passed");
    fake.faults.push((_, response) => {
      response.end("<html>log in</html>");
      return true;
    });
    expect(codes(await backend().status(ref))).toEqual(["jenkins.not_json"]);
  });

  it("gives up on a controller that does not answer in time", async () => {
    job("acme/payments", [build({})]);
    fake.faults.push(
      () => true,
      () => true,
    );
    expect(codes(await backend({ timeoutMs: 50, attempts: 2 }).status(ref))).toEqual(["jenkins.unreachable"]);
  });

  it("is of the product's commit, not of the library's that was loaded before it", async () => {
    job("acme/payments", [build({ commits: ["e".repeat(40), COMMIT] })]);
    expect(ok(await backend().status({ ...ref, job: "acme/payments", id: "7" }))).toMatchObject({ commit: COMMIT });
  });

  it("does not know a build that is gone", async () => {
    job("acme/payments", []);
    expect(codes(await backend().status(ref))).toEqual(["jenkins.unknown_build"]);
  });
});

describe("latest", () => {
  it("is the newest finished build of the commit", async () => {
    job("payments", [
      build({ number: 9, building: true, result: null }),
      build({ number: 8, commits: ["b".repeat(40)] }),
      build({ number: 7, result: "FAILURE", commits: ["c".repeat(40), COMMIT] }),
      build({ number: 6 }),
    ]);
    expect(ok(await backend().latest("payments", COMMIT))).toMatchObject({
      ref: { id: "7" },
      state: "failed",
      commit: COMMIT,
    });
    expect(ok(await backend().latest("payments", "d".repeat(40)))).toBeUndefined();
  });
});

describe("log", () => {
  const ref = { backend: "jenkins", job: "payments", id: "7" } as const;

  it("is followed from where it was left, over a restart of either side", async () => {
    const running = build({ building: true, result: null, log: "one\nzwö" });
    job("payments", [running]);
    const first = ok(await backend().log(ref, 0));
    expect(first).toEqual({ text: "one\nzwö", next: 8, more: true });
    running.log += "lf\nend\n";
    running.building = false;
    fake.restart();
    expect(ok(await backend().log(ref, first.next))).toEqual({ text: "lf\nend\n", next: 15, more: false });
    expect(ok(await backend().log(ref, 15))).toEqual({ text: "", next: 15, more: false });
  });

  it("leaves Jenkins' console notes out, however the log is cut", async () => {
    // As Jenkins 2.541.3 gives it: progressiveText has the notes, consoleText does not.
    const note = "\u001b[8mha:////4HenZcts7fy3c/0SA0oIuO8RYEdMg2JM3oK5gDyzBAB6AAAA==\u001b[0m";
    const whole = `${note}[Pipeline] sh\nStarted by ${note}ada\n`;
    for (let cut = 0; cut <= whole.length; cut++) {
      const running = build({ building: true, result: null, log: whole.slice(0, cut) });
      job("payments", [running]);
      const first = ok(await backend().log(ref, 0));
      running.log = whole;
      running.building = false;
      const rest = ok(await backend().log(ref, first.next));
      expect(first.text + rest.text).toBe("[Pipeline] sh\nStarted by ada\n");
    }
  });

  it("gives nothing twice when Jenkins starts again at the beginning", async () => {
    job("payments", [build({ building: true, result: null, log: "short" })]);
    expect(ok(await backend().log(ref, 99))).toEqual({ text: "", next: 99, more: true });
  });
});

describe("tests and artefacts", () => {
  const ref = { backend: "jenkins", job: "payments", id: "7" } as const;

  it("names the tests that failed, and counts all", async () => {
    const cases = [
      { className: "acme.RefundTest", name: "rounds", status: "REGRESSION", errorDetails: "expected 1" },
      { className: "acme.RefundTest", name: "pays", status: "PASSED", errorDetails: null },
      { className: null, name: "lone", status: "FAILED", errorDetails: null },
    ];
    job("payments", [
      build({
        testReport: {
          _class: "hudson.tasks.junit.TestResult",
          failCount: 2,
          passCount: 1,
          skipCount: 0,
          suites: [{ cases }],
        },
      }),
    ]);
    expect(ok(await backend().tests(ref))).toEqual({
      total: 3,
      failed: 2,
      skipped: 0,
      failures: [{ name: "acme.RefundTest.rounds", message: "expected 1" }, { name: "lone" }],
    });
    job("payments", [build({})]);
    expect(ok(await backend().tests(ref))).toBeUndefined();
  });

  it("takes an archive that lies elsewhere without showing its credentials there, and no page of its own for a file", async () => {
    const store = await fakeJenkins();
    const folder = await mkdtemp(join(tmpdir(), "codemonkeys-"));
    try {
      const seen: (string | undefined)[] = [];
      store.faults.push((request, response) => {
        seen.push(request.headers.authorization);
        response.end("from the store");
        return true;
      });
      job("payments", [build({ artifacts: { "a.txt": "" } })]);
      const redirect = (to: string) =>
        fake.faults.push((_, response) => {
          response.writeHead(302, { location: to }).end();
          return true;
        });
      redirect(`${store.url.replace("127.0.0.1", "localhost")}/bucket/a.txt?signature=x`);
      const [path] = ok(await backend().download(ref, "a.txt", { folder, mostBytes: 100 }));
      expect([readFileSync(path as string, "utf8"), seen]).toEqual(["from the store", [undefined]]);
      redirect(`${fake.url}/login`);
      expect(codes(await backend().download(ref, "a.txt", { folder, mostBytes: 100 }))).toEqual([
        "jenkins.unknown_artifact",
      ]);
    } finally {
      await rm(folder, { recursive: true });
      await store.close();
    }
  });
});

describe("over TLS", () => {
  it("trusts the authority that it is given, and no server that only the system could know", async () => {
    const { ca, key, cert } = certificates();
    const secure = await fakeJenkins({ key, cert });
    try {
      secure.jobs.set("/job/payments", { parameters: [], builds: [build({})] });
      const ref = { backend: "jenkins", job: "payments", id: "7" } as const;
      expect(ok(await backend({ url: secure.url, ca }).status(ref)).state).toBe("passed");
      const unknown = await backend({ url: secure.url, attempts: 1 }).status(ref);
      expect([codes(unknown), unknown.ok || unknown.diagnostics[0]?.next]).toEqual([
        ["jenkins.unreachable"],
        "give the certificate authority of this Jenkins as a PEM file: jenkins.ca_file",
      ]);
    } finally {
      await secure.close();
    }
  });
});

describe("stopping", () => {
  it("is seen at once, between attempts and while a trigger waits for its build", async () => {
    job("payments", [build({})]);
    fake.faults.push((_, response) => {
      response.writeHead(503, { "retry-after": "30" }).end();
      return true;
    });
    const stop = new AbortController();
    const since = performance.now();
    const asking = backend({ signal: stop.signal, retryMs: 20_000 }).status({
      backend: "jenkins",
      job: "payments",
      id: "7",
    });
    await expect.poll(() => fake.requests.length).toBe(1);
    stop.abort();
    expect(codes(await asking)).toEqual(["jenkins.stopped"]);

    const leave = new AbortController();
    job("plain");
    fake.queuePolls = 1_000;
    const jenkins = ok(connectJenkins({ url: fake.url, user: "monkey", token: "api-token", signal: leave.signal }));
    const permits: CiPermits = async (action, target) => succeed(allow(action, target));
    const starting = jenkinsBackend({ jenkins, permits, pollMs: 20_000, queueMs: 60_000 }).trigger("plain", {}, "why");
    await expect.poll(() => fake.requests.some(({ url }) => url.startsWith("/queue/item/"))).toBe(true);
    leave.abort();
    // It was started, and is not lost to who stopped waiting for it.
    const left = await starting;
    expect(left.ok ? left.value.id : codes(left)).toBe("queue-41");
    expect(performance.now() - since).toBeLessThan(5_000);
  });
});

describe("cancel", () => {
  it("stops a running build under a permit", async () => {
    const running = build({ building: true, result: null });
    job("payments", [running]);
    ok(await backend().cancel({ backend: "jenkins", job: "payments", id: "7" }));
    expect(running.result).toBe("ABORTED");
    expect(asked).toHaveLength(1);
  });
});
