import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import { runProcess } from "../../core/process.ts";
import { ensureVenv, type VenvOptions } from "../python/venv.ts";
import { type RunningServer, startOnFreePort } from "./listen.ts";

export interface PythonIndexServer extends RunningServer {
  /** Address of the simple API, for readers. */
  readonly index: string;
  /** Address for uploads. */
  readonly upload: string;
  readonly username: string;
  readonly password: string;
}

const PACKAGES = ["pypiserver==2.4.2", "passlib==1.7.4"] as const;

/** Reads the password from its input, so that it is in no argument. */
const WRITE_USERS = `
import sys
from passlib.apache import HtpasswdFile
users = HtpasswdFile(sys.argv[1], new=True, default_scheme="apr_md5_crypt")
users.set_password(sys.argv[2], sys.stdin.read())
users.save()
`;

/**
 * A Python index of our own on loopback, for tests and the demo: it knows no other index, anyone may read, one user may
 * upload, and no file is ever overwritten. `directory` holds its files, users and log, and outlives it.
 */
export async function startPypiserver(
  directory: string,
  options: VenvOptions = {},
): Promise<Outcome<PythonIndexServer>> {
  const venv = await ensureVenv("pypiserver", PACKAGES, options);
  if (!venv.ok) return venv;
  const packages = join(directory, "packages");
  await makeFolder(packages);
  const users = join(directory, "htpasswd");
  const username = "publisher";
  const password = randomBytes(24).toString("base64url");
  const written = await runProcess(venv.value.python, ["-c", WRITE_USERS, users, username], {
    cwd: directory,
    input: password,
    timeoutMs: 30_000,
  });
  if (written.exitCode !== 0) {
    return fail(
      problem("infrastructure", "servers.no_user", "pypiserver's user could not be made", {
        details: written.stderr.slice(-2000),
      }),
    );
  }
  const started = await startOnFreePort("pypiserver", {
    cwd: directory,
    logFile: join(directory, "pypiserver.log"),
    commandLine: (port) => [
      venv.value.python,
      ...["-m", "pypiserver", "run", "--interface", "127.0.0.1", "--port", String(port)],
      ...["--passwords", users, "--authenticate", "update", "--disable-fallback", "--hash-algo", "sha256", packages],
    ],
    readyPath: "/simple/",
  });
  if (!started.ok) return started;
  const { url } = started.value;
  return succeed({ ...started.value, index: `${url}/simple/`, upload: `${url}/`, username, password });
}
