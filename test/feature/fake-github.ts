import { execFileSync, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** A pull request in the shape that GitHub's REST API gives it (the fields that clients read). */
export interface FakePull {
  number: number;
  state: "open" | "closed";
  merged_at: string | null;
  title: string;
  body: string | null;
  html_url: string;
  head: { ref: string; sha: string; label: string };
  base: { ref: string };
}

/** A GitHub server on loopback: repositories over git's own HTTP back end, and the API of their pull requests. */
export interface FakeGitHub {
  readonly url: string;
  readonly pulls: FakePull[];
  readonly comments: { issue: number; body: string; html_url: string }[];
  readonly requests: string[];
  /** Answers to give instead of the true one, first come first served; only to the API. */
  readonly faults: ((response: ServerResponse) => void)[];
  /** Answers what is asked of GitHub Actions, below the repository's address; undefined: it is not known. */
  actions: (path: string, search: URLSearchParams) => unknown;
  close(): Promise<void>;
}

/** Serves the bare repositories `OWNER/NAME.git` below `root`. `token` is what the API wants. */
export async function fakeGitHub(root: string, token: string): Promise<FakeGitHub> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    if (!url.pathname.startsWith("/api/v3/")) return gitBackend(root, request, response, url);
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => api(request, response, url, body === "" ? {} : JSON.parse(body)));
  });
  const answer = (response: ServerResponse, status: number, value: unknown) => {
    response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(value));
  };

  const tip = (repository: string, branch: string) =>
    execFileSync("git", ["-C", join(root, repository), "rev-parse", `refs/heads/${branch}`], {
      encoding: "utf8",
    }).trim();

  function api(request: IncomingMessage, response: ServerResponse, url: URL, body: Record<string, string>) {
    fake.requests.push(`${request.method} ${url.pathname}`);
    const fault = fake.faults.shift();
    if (fault) return fault(response);
    if (request.headers.authorization !== `token ${token}`)
      return answer(response, 401, { message: "Bad credentials" });
    const [, owner, name, rest = ""] = /^\/api\/v3\/repos\/([^/]+)\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
    if (rest.startsWith("/actions/")) {
      const said = fake.actions(rest.slice("/actions".length), url.searchParams);
      return said === undefined ? answer(response, 404, { message: "Not Found" }) : answer(response, 200, said);
    }
    const number = Number(/^\/(?:pulls|issues)\/(\d+)/.exec(rest)?.[1]);
    const pull = fake.pulls.find((one) => one.number === number);
    const route = `${request.method} ${rest.replace(/\d+/, "N")}`;
    switch (route) {
      case "GET /pulls": {
        const head = url.searchParams.get("head");
        const state = url.searchParams.get("state");
        return answer(
          response,
          200,
          fake.pulls.filter((one) => one.head.label === head && (state === "all" || one.state === state)).reverse(),
        );
      }
      case "POST /pulls": {
        const label = `${owner}:${body.head}`;
        if (fake.pulls.some((one) => one.head.label === label && one.state === "open")) {
          const errors = [
            { resource: "PullRequest", code: "custom", message: `A pull request already exists for ${label}.` },
          ];
          return answer(response, 422, { message: "Validation Failed", errors });
        }
        const made: FakePull = {
          number: 118 + fake.pulls.length,
          state: "open",
          merged_at: null,
          title: `${body.title}`,
          body: body.body ?? null,
          html_url: `${fake.url}/${owner}/${name}/pull/${118 + fake.pulls.length}`,
          head: { ref: `${body.head}`, sha: tip(`${owner}/${name}.git`, `${body.head}`), label },
          base: { ref: `${body.base}` },
        };
        fake.pulls.push(made);
        return answer(response, 201, made);
      }
      case "GET /pulls/N":
        return pull ? answer(response, 200, pull) : answer(response, 404, { message: "Not Found" });
      case "PATCH /pulls/N":
        if (!pull) return answer(response, 404, { message: "Not Found" });
        Object.assign(pull, body);
        return answer(response, 200, pull);
      case "GET /issues/N/comments":
        return answer(
          response,
          200,
          fake.comments.filter(({ issue }) => issue === number),
        );
      case "POST /issues/N/comments": {
        const comment = { issue: number, body: `${body.body}`, html_url: `${pull?.html_url}#issuecomment-1` };
        fake.comments.push(comment);
        return answer(response, 201, comment);
      }
      default:
        return answer(response, 404, { message: "Not Found" });
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeGitHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pulls: [],
    comments: [],
    requests: [],
    faults: [],
    actions: () => undefined,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
  return fake;
}

/** git-http-backend is a CGI program: the request in its environment and standard input, headers before its answer. */
function gitBackend(root: string, request: IncomingMessage, response: ServerResponse, url: URL): void {
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      // Without a user git http-backend refuses pushes.
      REMOTE_USER: "tester",
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: (request.headers["git-protocol"] as string | undefined) ?? "",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  let begun = false;
  child.stdout.on("data", (chunk: Buffer) => {
    if (begun) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    begun = true;
    for (const line of head.subarray(0, end).toString().split("\r\n")) {
      const [name = "", value = ""] = line.split(/: ?/, 2);
      if (name === "Status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
  });
  child.once("close", () => response.end());
}
