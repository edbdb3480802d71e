import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import { homes } from "../../core/state-home.ts";

const VERSION = "0.22.1";
const GO_VARIABLES = ["GOPROXY", "GOSUMDB", "GONOSUMDB", "GOFLAGS", "GOCACHE", "GOMODCACHE", "GOPATH", "GOTOOLCHAIN"];

let found: Promise<Outcome<string>> | undefined;

/**
 * Path of crane, the client of container registries: the machine's own, else the pinned version, built by name with Go
 * into the tools folder. Looked for once per process.
 */
export function ensureCrane({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Outcome<string>> {
  found ??= look(signal);
  return found;
}

async function look(signal: AbortSignal | undefined): Promise<Outcome<string>> {
  const own = await runProcess("crane", ["version"], { cwd: tmpdir(), timeoutMs: 30_000 });
  if (own.exitCode === 0) return succeed("crane");
  const directory = join(homes().cache, "tools", `crane-${VERSION}`, "bin");
  const program = join(directory, "crane");
  if (existsSync(program)) return succeed(program);
  const scratch = `${directory}.${process.pid}`;
  await mkdir(scratch, { recursive: true });
  try {
    const built = await runProcess("go", ["install", `github.com/google/go-containerregistry/cmd/crane@v${VERSION}`], {
      cwd: tmpdir(),
      env: { GOBIN: scratch },
      inherit: GO_VARIABLES,
      timeoutMs: 900_000,
      ...(signal ? { signal } : {}),
    });
    if (built.exitCode === 0) {
      await mkdir(directory, { recursive: true });
      await rename(join(scratch, "crane"), program);
      return succeed(program);
    }
    return fail(
      problem("infrastructure", "oci.no_crane", "crane, which images are published with, is not installed", {
        details: built.ended === "not_started" ? "neither is Go, to build it with" : built.stderr.slice(-2000),
        next: `install crane ${VERSION} or Go`,
      }),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
