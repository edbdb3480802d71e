import { copyFile, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { runWork } from "../../tools/sandbox/sandbox.ts";
import type { KeptRelease } from "../release/kept.ts";
import type { ReleaseArtifact } from "../release/report.ts";
import type { DeployEntry } from "./place.ts";
import type { Deployable } from "./report.ts";

/**
 * What of a release is put on servers: the package's archive as it was published (npm, Python's source archive), or the
 * program that is built from the published crate. Work half: product code runs here, without keys.
 */
export async function deployableOf(
  session: Session,
  release: KeptRelease,
  entry: DeployEntry,
): Promise<Outcome<Deployable>> {
  const built = release.artifacts.filter(
    ({ ecosystem, package: name, file }) =>
      ecosystem !== "docker" && !file.endsWith(".whl") && (entry.package === undefined || entry.package === name),
  );
  const [artifact] = built;
  if (artifact === undefined) {
    const { place } = productOf(session).spec;
    const names = [...new Set(release.artifacts.map(({ package: name }) => name))];
    const what = entry.package === undefined ? "no package that a playbook could start" : `no package ${entry.package}`;
    return fail(
      problem("config", "deploy.nothing", `the release built ${what}`, {
        where: place(["deploy"]),
        next:
          names.length > 0
            ? `it built ${names.join(", ")}; images need a playbook of your own`
            : "mark the package with publish: true in SPEC.md, and release again",
      }),
    );
  }
  if (artifact.ecosystem === "cargo") return await buildBinary(session, artifact);
  const { package: name, file, sha256 } = artifact;
  return succeed({ package: name, kind: "archive", file, sha256 });
}

/** Builds the program from the crate's own published bytes, with the versions that its lock file names. */
async function buildBinary(session: Session, artifact: ReleaseArtifact): Promise<Outcome<Deployable>> {
  const { package: name, version } = artifact;
  return await task(
    session.emit,
    `deploy.build.${name}`,
    `${name} ${version}: build the program`,
    async (progress) => {
      const crate = await session.artifacts.path(artifact.sha256);
      if (!crate.ok) return crate;
      const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-deploy-"));
      try {
        await copyFile(crate.value, join(scratch, "source.crate"));
        await mkdir(join(scratch, "target"));
        const locked =
          'if [ -f Cargo.lock ]; then set -- --locked; fi; cargo build --release --target-dir ../target "$@"';
        const done = await runWork(`tar -xzf source.crate && cd "$CRATE" && { ${locked}; }`, {
          cwd: scratch,
          network: "host",
          timeoutMs: 1_800_000,
          logFile: join(session.homes.state, "logs", `deploy-${name}-${version}.log`),
          redactor: session.redactor,
          signal: session.signal,
          homes: session.homes,
          onLine: progress,
          env: { CRATE: `${name}-${version}` },
        });
        if (done.exitCode !== 0) {
          return fail(
            problem("product", "deploy.build_failed", `the program ${name} ${version} cannot be built`, {
              details: `${done.stdout}\n${done.stderr}`.trim().slice(-4000),
              next: "cargo build --release shows the same failure",
            }),
          );
        }
        const program = join(scratch, "target", "release", name);
        if (!(await isFile(program))) {
          return fail(
            problem("product", "deploy.no_binary", `the crate ${name} builds no program of its name`, {
              next: `name a [[bin]] ${name} in Cargo.toml, or another package in SPEC.md's deploy`,
            }),
          );
        }
        const stored = await session.artifacts.put({ path: program });
        if (!stored.ok) return stored;
        return succeed<Deployable>({ package: name, kind: "binary", file: name, sha256: stored.value.digest });
      } finally {
        await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
      }
    },
    (done) => (done.ok ? { title: `${name} ${version}: built the program` } : { state: "failed" }),
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
