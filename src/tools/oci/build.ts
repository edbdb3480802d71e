import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";

export interface ImageBuild {
  /** The build context; its Containerfile or Dockerfile is taken. */
  readonly directory: string;
  /** Relative to `directory`. */
  readonly containerfile: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since the epoch: the time of the image and of every file in its layers. */
  readonly epoch: number;
  /** Path of the OCI archive that is written. */
  readonly archive: string;
  readonly logFile?: string | undefined;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface BuiltImage {
  /** SHA-256 of the image's manifest, lower-case hex: the name by which registries know it. */
  readonly manifest: string;
}

/**
 * Without these a RUN step cannot leave the image's files by a second chroot, make devices, or forge packets.
 */
const DROPPED = ["CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_NET_RAW"];

/**
 * Builds an image once, without a daemon, into an OCI archive whose bytes follow from the sources alone: fixed times,
 * owners and order. RUN steps are the product's code; buildah shows them the image's own files and no variable of this
 * process, and they hold no keys.
 */
export async function buildImage(build: ImageBuild): Promise<Outcome<BuiltImage>> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-image-"));
  try {
    const [home, layout, id] = [join(scratch, "home"), join(scratch, "layout"), join(scratch, "id")];
    await mkdir(home);
    const storage = [
      ...["--storage-driver", "vfs"],
      ...["--root", join(scratch, "storage"), "--runroot", join(scratch, "run")],
    ];
    const run = (args: readonly string[]) =>
      runProcess("buildah", [...storage, ...args], {
        cwd: build.directory,
        // The person's logins lie in the home; base images are pulled without them.
        env: { HOME: home, XDG_CONFIG_HOME: join(home, ".config"), XDG_RUNTIME_DIR: scratch },
        timeoutMs: 1_800_000,
        ...(build.logFile === undefined ? {} : { logFile: build.logFile }),
        ...(build.redactor ? { redactor: build.redactor } : {}),
        ...(build.signal ? { signal: build.signal } : {}),
        ...(build.onLine ? { onLine: build.onLine } : {}),
      });
    const labels = Object.entries(build.labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
    const built = await run([
      ...["build", "--isolation", "chroot", "--format", "oci", "--timestamp", String(build.epoch)],
      ...DROPPED.flatMap((capability) => ["--cap-drop", capability]),
      ...["--iidfile", id, "--file", build.containerfile, ...labels, "."],
    ]);
    if (built.ended === "not_started") {
      return fail(
        problem("infrastructure", "oci.no_buildah", "buildah could not be started, so that no image can be built", {
          next: "install buildah (on Debian and Ubuntu: apt install buildah)",
        }),
      );
    }
    if (built.exitCode !== 0) return fail(notBuilt(build, `${built.stdout}\n${built.stderr}`));
    const pushed = await run(["push", (await readFile(id, "utf8")).trim(), `oci:${layout}`]);
    if (pushed.exitCode !== 0) return fail(notBuilt(build, `${pushed.stdout}\n${pushed.stderr}`));
    const packed = await pack(layout, build);
    return packed.ok ? await manifestDigestOf(build.archive) : packed;
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** buildah's own archives carry the time at which they were made; this one does not. */
async function pack(layout: string, { archive, epoch, signal }: ImageBuild): Promise<Outcome<void>> {
  const fixed = ["--sort=name", `--mtime=@${epoch}`, "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
  const result = await runProcess("tar", [...fixed, "--format=ustar", "-cf", archive, "-C", layout, "--", "."], {
    cwd: layout,
    timeoutMs: 600_000,
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode === 0) return succeed(undefined);
  return fail(
    problem("infrastructure", "oci.pack_failed", "the image could not be packed into an archive", {
      details: result.stderr.slice(-2000),
      next: "check that GNU tar is installed and that the disk has room",
    }),
  );
}

function notBuilt({ containerfile }: ImageBuild, said: string) {
  const line = /^(?:Error|error): (.+)$/m.exec(said)?.[1];
  return problem("product", "oci.build_failed", `the image cannot be built${line ? `: ${line}` : ""}`, {
    where: { file: containerfile },
    details: said.trim().slice(-4000),
    next: "buildah build --isolation chroot shows the same failure",
  });
}

/** The digest of the one image in an OCI archive, as its index names it. */
export async function manifestDigestOf(archive: string): Promise<Outcome<BuiltImage>> {
  const read = await runProcess("tar", ["-xOf", archive, "./index.json"], { cwd: tmpdir(), timeoutMs: 60_000 });
  const digest = /"digest"\s*:\s*"sha256:([0-9a-f]{64})"/.exec(read.stdout)?.[1];
  if (read.exitCode === 0 && digest !== undefined) return succeed({ manifest: digest });
  return fail(problem("internal", "oci.no_image", `${archive} is no OCI archive with an image`));
}
