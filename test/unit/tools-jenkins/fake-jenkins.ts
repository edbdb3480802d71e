import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

/** One build of the fake controller. */
export interface FakeBuild {
  number: number;
  building: boolean;
  result: string | null;
  commits: string[];
  log: string;
  parameters?: Record<string, string>;
  /** When it began; now without it. */
  timestamp?: number;
  stages?: { name: string; status: string; durationMillis?: number }[];
  /** Who let an `input` step proceed, once for each, as pipeline-input-step records it. */
  approvers?: string[];
  /** Who started it by hand. */
  startedBy?: string;
  /** The log as `progressiveHtml` shows it: the controller's own notes are links there. */
  html?: string;
  /** What it archived, by paths below the archive. */
  artifacts?: Record<string, string>;
  /** What the JUnit plugin recorded; without it there is no such page. */
  testReport?: unknown;
}

/** A controller on loopback that answers in the shapes of the real one, and can be told to misbehave. */
export interface FakeJenkins {
  readonly url: string;
  /** Jobs by URL path: `/job/acme/job/payments`. */
  readonly jobs: Map<string, { parameters: string[]; builds: FakeBuild[]; disabled?: boolean }>;
  readonly queue: Map<string, { polls: number; path: string; build?: FakeBuild; cancelled?: boolean }>;
  readonly requests: { method: string; url: string }[];
  /** Polls of a queue item until its build has a number. */
  queuePolls: number;
  /** Answers to give instead of the true one, first come first served. */
  readonly faults: ((request: IncomingMessage, response: ServerResponse) => boolean)[];
  /** What the next builds that are triggered come to; they run without it. */
  next: Partial<FakeBuild>;
  stageApi: boolean;
  crumbs: boolean;
  /** Ends all sessions, as a restart does. */
  restart(): void;
  close(): Promise<void>;
}

function parametersAction({ parameters }: FakeBuild) {
  const given = Object.entries(parameters ?? {}).map(([name, value]) => ({ name, value }));
  return given.length > 0 ? [{ _class: "hudson.model.ParametersAction", parameters: given }] : [];
}

export async function fakeJenkins(tls?: { readonly key: string; readonly cert: string }): Promise<FakeJenkins> {
  let session = 1;
  let nextItem = 40;
  const listener: RequestListener = (request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => answer(request, response, body));
  };
  const server = tls ? createSecureServer({ ...tls }, listener) : createServer(listener);

  const json = (response: ServerResponse, value: unknown) => {
    response.setHeader("content-type", "application/json;charset=utf-8");
    response.end(JSON.stringify(value));
  };
  const status = (response: ServerResponse, code: number, text = "") => {
    response.statusCode = code;
    response.end(text);
  };
  const buildJson = (path: string, build: FakeBuild) => ({
    _class: "org.jenkinsci.plugins.workflow.job.WorkflowRun",
    actions: [
      {},
      ...parametersAction(build),
      ...(build.startedBy
        ? [
            {
              _class: "hudson.model.CauseAction",
              causes: [{ _class: "hudson.model.Cause$UserIdCause", userId: build.startedBy }],
            },
          ]
        : []),
      ...(build.approvers ?? []).map((userId) => ({
        _class: "org.jenkinsci.plugins.workflow.support.steps.input.ApproverAction",
        userId,
      })),
      ...build.commits.map((SHA1) => ({ _class: "hudson.plugins.git.util.BuildData", lastBuiltRevision: { SHA1 } })),
    ],
    artifacts: Object.keys(build.artifacts ?? {}).map((relativePath) => ({
      displayPath: relativePath.split("/").at(-1),
      fileName: relativePath.split("/").at(-1),
      relativePath,
    })),
    building: build.building,
    timestamp: build.timestamp ?? Date.now(),
    number: build.number,
    result: build.result,
    url: `${fake.url}${path}/${build.number}/`,
  });

  function answer(request: IncomingMessage, response: ServerResponse, body: string) {
    const url = new URL(request.url ?? "/", "http://fake");
    const method = request.method ?? "GET";
    fake.requests.push({ method, url: `${request.url}` });
    const fault = fake.faults.shift();
    if (fault?.(request, response)) return;
    if (request.headers.authorization !== `Basic ${Buffer.from("monkey:api-token").toString("base64")}`) {
      return status(response, 401, "Invalid password/token");
    }
    const own = request.headers.cookie?.includes(`JSESSIONID.x=s${session}`) ?? false;
    response.setHeader("set-cookie", [`JSESSIONID.x=s${session}; Path=/; HttpOnly`]);
    if (url.pathname === "/crumbIssuer/api/json") {
      if (!fake.crumbs) return status(response, 404);
      return json(response, {
        _class: "hudson.security.csrf.DefaultCrumbIssuer",
        crumb: `crumb-${session}`,
        crumbRequestField: "Jenkins-Crumb",
      });
    }
    if (method === "POST" && fake.crumbs && !(own && request.headers["jenkins-crumb"] === `crumb-${session}`)) {
      return status(response, 403, "<html><title>Error 403 No valid crumb was included in the request</title></html>");
    }
    const item = /^\/queue\/item\/(\d+)\/api\/json$/.exec(url.pathname)?.[1];
    if (item) return queueItem(response, item);
    if (url.pathname === "/queue/api/json") {
      const waiting = [...fake.queue].flatMap(([id, { path, build, cancelled }]) =>
        !build || cancelled || fake.jobs.get(path)?.builds.includes(build)
          ? []
          : [
              {
                _class: "hudson.model.Queue$WaitingItem",
                id: Number(id),
                inQueueSince: build.timestamp ?? Date.now(),
                task: { url: `${fake.url}${path}/` },
                actions: parametersAction(build),
              },
            ],
      );
      return json(response, { _class: "hudson.model.Queue", items: waiting });
    }
    if (url.pathname === "/queue/cancelItem" && method === "POST") {
      const queued = fake.queue.get(url.searchParams.get("id") ?? "");
      if (queued) queued.cancelled = true;
      return status(response, 302);
    }
    const [, path = "", rest = ""] = /^((?:\/job\/[^/]+)+)(\/.*)$/.exec(url.pathname) ?? [];
    const job = fake.jobs.get(path);
    if (!job) return status(response, 404, "<html>Not found</html>");
    if (rest === "/api/json") {
      return json(response, {
        _class: "org.jenkinsci.plugins.workflow.job.WorkflowJob",
        property: [
          {},
          ...(job.parameters.length > 0 ? [{ parameterDefinitions: job.parameters.map((name) => ({ name })) }] : []),
        ],
        builds: job.builds.map((build) => buildJson(path, build)),
      });
    }
    if (method === "POST" && (rest === "/build" || rest === "/buildWithParameters")) {
      if (job.disabled) return status(response, 409);
      if (rest === "/buildWithParameters" && job.parameters.length === 0)
        return status(response, 500, "not parameterized");
      if (rest === "/build" && job.parameters.length > 0) return status(response, 400, "Nothing is submitted");
      nextItem += 1;
      const build: FakeBuild = {
        number: job.builds.length + 1,
        building: true,
        result: null,
        commits: [],
        log: "Started\n",
        parameters: Object.fromEntries(new URLSearchParams(body)),
        ...fake.next,
      };
      fake.queue.set(String(nextItem), { polls: 0, path, build });
      response.setHeader("location", `${fake.url}/queue/item/${nextItem}/`);
      return status(response, 201);
    }
    const [, number, tail = ""] = /^\/(\d+)(\/.*)$/.exec(rest) ?? [];
    const build = job.builds.find((one) => String(one.number) === number);
    if (!build) return status(response, 404);
    if (tail === "/api/json") return json(response, buildJson(path, build));
    if (tail === "/wfapi/describe") {
      return fake.stageApi
        ? json(response, { id: number, name: `#${number}`, stages: build.stages ?? [] })
        : status(response, 404);
    }
    if (tail === "/testReport/api/json")
      return build.testReport ? json(response, build.testReport) : status(response, 404);
    if (tail.startsWith("/artifact/")) {
      const kept = build.artifacts?.[tail.slice("/artifact/".length).split("/").map(decodeURIComponent).join("/")];
      return kept === undefined ? status(response, 404) : status(response, 200, kept);
    }
    if (tail === "/consoleText") return status(response, 200, build.log);
    if (tail === "/stop" && method === "POST") {
      if (build.building) Object.assign(build, { building: false, result: "ABORTED" });
      return status(response, 302);
    }
    if (tail === "/logText/progressiveHtml") {
      response.setHeader("x-text-size", String(build.log.length));
      return status(response, 200, build.html ?? build.log.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
    }
    if (tail === "/logText/progressiveText") {
      const bytes = Buffer.from(build.log);
      const start = Number(url.searchParams.get("start"));
      response.setHeader("x-text-size", String(bytes.length));
      if (build.building) response.setHeader("x-more-data", "true");
      return status(response, 200, bytes.subarray(start > bytes.length ? 0 : start).toString());
    }
    return status(response, 404);
  }

  function queueItem(response: ServerResponse, id: string) {
    const queued = fake.queue.get(id);
    if (!queued) return status(response, 404);
    queued.polls += 1;
    if (queued.cancelled) return json(response, { _class: "hudson.model.Queue$LeftItem", cancelled: true });
    if (queued.polls <= fake.queuePolls || !queued.build) {
      return json(response, {
        _class: "hudson.model.Queue$WaitingItem",
        why: "In the quiet period. Expires in 4.9 sec",
      });
    }
    const job = fake.jobs.get(queued.path);
    if (job && !job.builds.includes(queued.build)) job.builds.unshift(queued.build);
    const { number } = queued.build;
    return json(response, {
      _class: "hudson.model.Queue$LeftItem",
      cancelled: false,
      executable: { number, url: `${fake.url}${queued.path}/${number}/` },
    });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeJenkins = {
    url: `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jobs: new Map(),
    queue: new Map(),
    requests: [],
    queuePolls: 2,
    faults: [],
    next: {},
    stageApi: true,
    crumbs: true,
    restart() {
      session += 1;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
  return fake;
}
