import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import { runProcess } from "../../core/process.ts";
import { runWork, type WorkOptions } from "../sandbox/sandbox.ts";
import { ensureVenv, type VenvOptions } from "./venv.ts";

export interface BuiltFile {
  readonly path: string;
  readonly filename: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly size: number;
}

/** Pinned, so that the same sources give the same bytes on every machine. */
const BUILD_TOOLS = ["build==1.6.1", "setuptools==84.2.1", "wheel==0.48.0"] as const;

/** Prints pyproject.toml's build requirements as JSON; parses, never runs anything of the project's. */
const REQUIREMENTS = `
import json, sys
try:
    import tomllib
except ImportError:
    import tomli as tomllib
try:
    with open(sys.argv[1], "rb") as file:
        system = tomllib.load(file).get("build-system", {})
    print(json.dumps({"requires": system.get("requires", [])}))
except FileNotFoundError:
    print(json.dumps({"requires": []}))
except Exception as error:
    print(json.dumps({"error": str(error)}))
`;

/**
 * Packs a source distribution anew with sorted members, one time stamp and no owner: setuptools heeds
 * SOURCE_DATE_EPOCH in wheels only. Run in the sandbox, since the archive is the product's.
 */
const STEADY_SDIST = `
import glob, gzip, io, os, tarfile
epoch = int(os.environ["SOURCE_DATE_EPOCH"])
for name in glob.glob(os.path.join(os.environ["BUILD_OUT"], "*.tar.gz")):
    packed = io.BytesIO()
    with tarfile.open(name) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda item: item.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname, member.pax_headers = epoch, 0, 0, "", "", {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    with open(name, "wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=epoch) as out:
        out.write(packed.getvalue())
`;

export interface BuildPythonOptions
  extends Pick<WorkOptions, "logFile" | "redactor" | "signal" | "emit" | "task" | "homes"> {
  /** Root of the package: where pyproject.toml lies. */
  readonly directory: string;
  /** Gets the files; made when absent, must be empty. */
  readonly outDirectory: string;
  /** Seconds since the epoch that the archives carry as time stamp; the commit's time makes builds repeatable. */
  readonly sourceDateEpoch?: number;
  readonly venv?: VenvOptions;
}

/**
 * Builds a source distribution and a wheel in the sandbox, without network. The build backend and its tools come from
 * a private environment: pinned build, setuptools and wheel, and as wheels whatever else pyproject.toml requires.
 */
export async function buildPython(options: BuildPythonOptions): Promise<Outcome<BuiltFile[]>> {
  const basic = await ensureVenv("python-build", BUILD_TOOLS, options.venv);
  if (!basic.ok) return basic;
  const extra = await requirementsOf(options.directory, basic.value.python);
  if (!extra.ok) return extra;
  const venv =
    extra.value.length === 0
      ? basic
      : await ensureVenv("python-build", [...BUILD_TOOLS, ...extra.value], { ...options.venv, wheelsOnly: true });
  if (!venv.ok) return venv;
  await makeFolder(options.outDirectory);
  const { logFile, redactor, signal, emit, task, homes, sourceDateEpoch } = options;
  const build = '"$BUILD_PYTHON" -m build --no-isolation --outdir "$BUILD_OUT" .';
  const steady = sourceDateEpoch === undefined ? "" : ' && "$BUILD_PYTHON" -I -c "$STEADY_SDIST"';
  const result = await runWork(`umask 022; ${build}${steady}`, {
    cwd: options.directory,
    network: "none",
    timeoutMs: 600_000,
    visible: [venv.value.directory],
    writable: [options.outDirectory],
    env: {
      BUILD_PYTHON: venv.value.python,
      BUILD_OUT: options.outDirectory,
      ...(sourceDateEpoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(sourceDateEpoch), STEADY_SDIST }),
    },
    ...(logFile === undefined ? {} : { logFile }),
    ...(redactor === undefined ? {} : { redactor }),
    ...(signal === undefined ? {} : { signal }),
    ...(emit === undefined ? {} : { emit }),
    ...(task === undefined ? {} : { task }),
    ...(homes === undefined ? {} : { homes }),
  });
  if (result.exitCode !== 0) {
    return fail(
      problem("product", "python.build_failed", `the Python package in ${options.directory} does not build`, {
        details: `${result.stdout}\n${result.stderr}`.trim().slice(-4000),
        next: "python -m build shows the same failure",
      }),
    );
  }
  return builtFiles(options.outDirectory);
}

async function requirementsOf(directory: string, python: string): Promise<Outcome<string[]>> {
  const manifest = join(directory, "pyproject.toml");
  const result = await runProcess(python, ["-I", "-c", REQUIREMENTS, manifest], { cwd: directory, timeoutMs: 30_000 });
  if (result.exitCode !== 0) {
    return fail(
      problem("internal", "python.requirements_unread", `Python could not read ${manifest}`, {
        details: result.stderr,
      }),
    );
  }
  const answer = JSON.parse(result.stdout) as { requires?: unknown; error?: string };
  const where = { file: manifest };
  if (answer.error !== undefined) {
    return fail(problem("product", "python.bad_pyproject", `pyproject.toml is not valid: ${answer.error}`, { where }));
  }
  const requires = Array.isArray(answer.requires) ? answer.requires : [];
  // A requirement is a name with a version range; options, paths and URLs are not followed.
  const bad = requires.find(
    (item) =>
      typeof item !== "string" ||
      !/^[A-Za-z0-9][\w.-]*(\[[\w,\s.-]+\])?\s*([<>=!~;(].*)?$/.test(item) ||
      item.includes("://"),
  );
  if (bad !== undefined) {
    return fail(
      problem(
        "product",
        "python.bad_pyproject",
        `build-system.requires has an unusable entry: ${JSON.stringify(bad)}`,
        { where },
      ),
    );
  }
  return succeed((requires as string[]).filter((item) => !/^(setuptools|wheel|build)\b(?![-_.])/i.test(item)));
}

async function builtFiles(directory: string): Promise<Outcome<BuiltFile[]>> {
  const files: BuiltFile[] = [];
  for (const filename of (await readdir(directory)).sort()) {
    if (!/\.(whl|tar\.gz)$/.test(filename)) continue;
    const path = join(directory, filename);
    const bytes = await readFile(path);
    files.push({ path, filename, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  }
  if (files.length > 0) return succeed(files);
  return fail(
    problem("product", "python.built_nothing", "the build ended well but left no wheel and no source distribution"),
  );
}
