import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import { type RunningServer, startOnFreePort } from "./listen.ts";

export interface NpmRegistryServer extends RunningServer {
  /** Of a user that may publish. */
  readonly token: string;
}

/**
 * An npm registry of our own on loopback, for tests and the demo: it knows no other registry, anyone may read, one user
 * may publish. `directory` holds its packages, settings and log, and outlives it.
 */
export async function startVerdaccio(directory: string): Promise<Outcome<NpmRegistryServer>> {
  const program = findProgram();
  if (program === undefined) {
    return fail(
      problem("infrastructure", "servers.verdaccio_missing", "verdaccio is not installed", {
        next: "run npm ci in a checkout of this project: verdaccio is one of its development dependencies",
      }),
    );
  }
  await makeFolder(directory);
  const config = join(directory, "config.yaml");
  await writeFile(
    config,
    stringify({
      storage: join(directory, "storage"),
      auth: { htpasswd: { file: join(directory, "htpasswd"), max_users: 100 } },
      uplinks: {},
      packages: { "**": { access: "$all", publish: "$authenticated", unpublish: "$authenticated" } },
      web: { enable: false },
      flags: { searchRemote: false },
      log: { type: "stdout", format: "json", level: "warn" },
      max_body_size: "100mb",
    }),
  );
  const started = await startOnFreePort("verdaccio", {
    cwd: directory,
    logFile: join(directory, "verdaccio.log"),
    env: { NODE_ENV: "production" },
    commandLine: (port) => [process.execPath, program, "--config", config, "--listen", `127.0.0.1:${port}`],
    readyPath: "/-/ping",
  });
  if (!started.ok) return started;
  const token = await createUser(started.value.url);
  if (!token.ok) {
    await started.value.stop();
    return token;
  }
  return succeed({ ...started.value, token: token.value });
}

function findProgram(): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  try {
    const program = join(dirname(resolve("verdaccio/package.json")), "bin", "verdaccio");
    return existsSync(program) ? program : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

async function createUser(url: string): Promise<Outcome<string>> {
  const name = `publisher-${randomBytes(4).toString("hex")}`;
  const response = await fetch(`${url}/-/user/org.couchdb.user:${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: randomBytes(24).toString("base64url") }),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { token?: unknown };
  if (response.ok && typeof answer.token === "string") return succeed(answer.token);
  return fail(problem("infrastructure", "servers.no_user", `verdaccio did not create a user (${response.status})`));
}
