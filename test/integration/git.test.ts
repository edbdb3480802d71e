import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRedactor } from "../../src/core/redact.ts";
import { cloneRepository, createRepository, type Git, openRepository } from "../../src/tools/git/git.ts";
import { allow, codes, ok } from "../unit/tools/permit.ts";
import { scratchFolder } from "./publish.ts";

/** git's own HTTP server program behind a door that wants a name and a token. */
const scratch = scratchFolder();
const TOKEN = "gh0st-t0ken-value";
let server: Server;
let url: string;
const asked: (string | undefined)[] = [];

beforeAll(async () => {
  server = createServer((request, answer) => {
    asked.push(request.headers.authorization);
    if (request.headers.authorization !== `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`) {
      answer.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    const { pathname, search } = new URL(request.url ?? "/", "http://x");
    const backend = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: scratch.path,
        GIT_HTTP_EXPORT_ALL: "1",
        REQUEST_METHOD: request.method,
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        REMOTE_USER: "x",
      },
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    backend.on("close", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      for (const line of all.subarray(0, end).toString().split("\r\n")) {
        const [name = "", value = ""] = line.split(": ", 2);
        if (name === "Status") answer.statusCode = Number(value.slice(0, 3));
        else answer.setHeader(name, value);
      }
      answer.end(all.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/remote.git`;
  ok(await createRepository(join(scratch.path, "remote.git"), { bare: true }));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  scratch.remove();
});

async function product(): Promise<{ git: Git; commit: string }> {
  const root = join(scratch.path, `work-${Math.random().toString(36).slice(2)}`);
  ok(await createRepository(root));
  const { execFileSync } = await import("node:child_process");
  const raw = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@b", ...args], { cwd: root, encoding: "utf8" }).trim();
  writeFileSync(join(root, "a.txt"), root);
  raw("add", ".");
  raw("commit", "-qm", "feat: first");
  raw("remote", "add", "origin", url);
  return {
    git: ok(await openRepository(root, { redactor: createRedactor([TOKEN]) })),
    commit: raw("rev-parse", "HEAD"),
  };
}

test("pushes, looks and fetches over http with a token that is in no argument and no file", async () => {
  const { git, commit } = await product();
  const credentials = { username: "x-access-token", token: TOKEN };
  const target = { repository: url, remote: "origin", ref: "refs/heads/main", commit };
  ok(await git.push(allow("git.push", target), target, { credentials }));
  expect(ok(await git.lsRemote("origin", "refs/heads/main", credentials))).toBe(commit);
  ok(await git.fetch("origin", { credentials }));
  expect(ok(await git.resolve("origin/main"))).toBe(commit);
  const { execFileSync } = await import("node:child_process");
  const found = execFileSync("sh", ["-c", `grep -rl '${TOKEN}' . || true`], { cwd: git.root, encoding: "utf8" });
  expect(found).toBe("");
});

test("a wrong or missing token is a question of secrets, and is not shown", async () => {
  const { git, commit } = await product();
  const target = { repository: url, remote: "origin", ref: "refs/heads/other", commit };
  const wrong = { username: "x-access-token", token: "wr0ng-t0ken" };
  const refused = await git.push(allow("git.push", target), target, { credentials: wrong });
  expect(codes(refused)).toEqual(["git.not_authorised"]);
  expect(refused.ok || refused.diagnostics[0]?.kind).toBe("secret");
  expect(JSON.stringify(refused)).not.toContain("wr0ng-t0ken");
  expect(codes(await git.lsRemote("origin", "refs/heads/main"))).toEqual(["git.not_authorised"]);
});

test("a token is not offered to another host that the remote redirects to", async () => {
  const { git } = await product();
  const seen: (string | undefined)[] = [];
  const thief = createServer((request, answer) => {
    seen.push(request.headers.authorization);
    answer.writeHead(401, { "www-authenticate": 'Basic realm="thief"' }).end();
  });
  await new Promise<void>((resolve) => thief.listen(0, "127.0.0.1", resolve));
  const elsewhere = `http://localhost:${(thief.address() as { port: number }).port}`;
  const door = createServer((request, answer) =>
    answer.writeHead(302, { location: `${elsewhere}${request.url}` }).end(),
  );
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const { execFileSync } = await import("node:child_process");
  const address = `http://127.0.0.1:${(door.address() as { port: number }).port}/x.git`;
  execFileSync("git", ["remote", "set-url", "origin", address], { cwd: git.root });
  const credentials = { username: "x-access-token", token: TOKEN };
  expect(codes(await git.lsRemote("origin", "refs/heads/main", credentials))).not.toEqual([]);
  expect(seen.filter((header) => header !== undefined)).toEqual([]);
  for (const one of [thief, door]) {
    one.closeAllConnections();
    one.close();
  }
});

test("an unreachable remote and one that is no repository", async () => {
  expect(codes(await cloneRepository("http://127.0.0.1:1/x.git", join(scratch.path, "c1")))).toEqual([
    "git.unreachable",
  ]);
  expect(codes(await cloneRepository(join(scratch.path, "nowhere"), join(scratch.path, "c2")))).toEqual([
    "git.no_remote",
  ]);
});
