import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { ScannerAnswer, ScannerFinding } from "../../core/security.ts";
import { inScratch, parseAnswer, runScanner, type ScanCall } from "../scanner/run.ts";
import { ensureVenv, PIP_VARIABLES, type Venv } from "./venv.ts";

const PIP_AUDIT = "pip-audit==2.10.1";

export interface PipAuditOptions extends ScanCall {
  /** Address of an OSV server's query; undefined: the Python index' own advisories. */
  readonly osv: string | undefined;
}

const report = z.looseObject({
  dependencies: z.array(
    z.union([
      z.looseObject({ name: z.string(), skip_reason: z.string() }),
      z.looseObject({
        name: z.string(),
        version: z.string(),
        vulns: z.array(
          z.looseObject({
            id: z.string(),
            fix_versions: z.array(z.string()),
            aliases: z.array(z.string()).default([]),
            description: z.string().default(""),
          }),
        ),
      }),
    ]),
  ),
});

/**
 * Asks for the advisories of a Python package's dependencies: those that `requirements*.txt` pins, else what the package's
 * pyproject.toml resolves to today, from wheels only, so that nothing of the product or its dependencies is run. pip-audit
 * itself is installed by name into a private environment.
 */
export async function auditPython(directory: string, options: PipAuditOptions): Promise<Outcome<ScannerAnswer>> {
  const venv = await ensureVenv("pip-audit", [PIP_AUDIT], { signal: options.signal });
  if (!venv.ok) return venv;
  return await inScratch(async (scratch) => {
    const pinned = await requirementsOf(directory, { scratch, venv: venv.value, options });
    if (!pinned.ok) return pinned;
    const findings: ScannerFinding[] = [];
    const skipped: string[] = [];
    for (const { shown, file } of pinned.value) {
      const audited = await auditFile(file, shown, { scratch, venv: venv.value, options });
      if (!audited.ok) return audited;
      findings.push(...audited.value.findings);
      skipped.push(...audited.value.skipped);
    }
    const version = PIP_AUDIT.split("==")[1];
    return succeed({ scanner: "pip-audit", version, findings, databaseAt: undefined, skipped });
  });
}

interface Place {
  readonly scratch: string;
  readonly venv: Venv;
  readonly options: PipAuditOptions;
}

async function auditFile(file: string, shown: string, { scratch, venv, options }: Place) {
  const args = [
    ...[
      "--requirement",
      file,
      "--disable-pip",
      "--no-deps",
      "--format",
      "json",
      "--desc",
      "on",
      "--progress-spinner",
      "off",
    ],
    ...(options.osv === undefined ? [] : ["--vulnerability-service", "osv", "--osv-url", options.osv]),
  ];
  const env = { PIP_AUDIT_CACHE_DIR: join(scratch, "cache"), XDG_CACHE_HOME: join(scratch, "cache") };
  const ran = await runScanner("pip-audit", venv.bin("pip-audit"), args, {
    ...options,
    cwd: scratch,
    env,
    inherit: ["PIP_CERT"],
  });
  if (!ran.ok) return ran;
  const { exitCode, stdout, stderr } = ran.value;
  if (exitCode !== 0 && !(exitCode === 1 && stdout.trimStart().startsWith("{"))) {
    return fail(
      problem("infrastructure", "scan.scanner_failed", `pip-audit could not audit ${shown}`, {
        next: "pin each requirement with ==, and check the network",
        details: stderr.trim().slice(-2000),
      }),
    );
  }
  const read = parseAnswer("pip-audit", stdout, report);
  if (!read.ok) return read;
  const findings: ScannerFinding[] = [];
  const skipped: string[] = [];
  for (const one of read.value.dependencies) {
    if ("skip_reason" in one) {
      skipped.push(`${one.name}: ${one.skip_reason}`);
      continue;
    }
    for (const { id, aliases, fix_versions, description } of (one as Audited).vulns) {
      findings.push({
        id,
        aliases,
        kind: "vulnerability",
        severity: "unrated",
        score: undefined,
        title: description.split("\n")[0]?.slice(0, 200) || id,
        package: one.name,
        installed: (one as Audited).version,
        fixedIn: fix_versions,
        path: shown,
        url: `https://osv.dev/vulnerability/${id}`,
      });
    }
  }
  return succeed({ findings, skipped });
}

interface Audited {
  readonly version: string;
  readonly vulns: readonly {
    readonly id: string;
    readonly aliases: readonly string[];
    readonly fix_versions: readonly string[];
    readonly description: string;
  }[];
}

async function requirementsOf(directory: string, place: Place): Promise<Outcome<{ shown: string; file: string }[]>> {
  const names = (await readdir(directory)).filter((name) => /^requirements.*\.txt$/.test(name)).sort();
  if (names.length > 0) return succeed(names.map((shown) => ({ shown, file: join(directory, shown) })));
  const declared = await dependenciesOf(directory);
  if (!declared.ok) return declared;
  if (declared.value.length === 0) return succeed([]);
  const resolved = await resolve(declared.value, place);
  if (!resolved.ok) return resolved;
  const file = join(place.scratch, "resolved.txt");
  await writeFile(file, `${resolved.value.join("\n")}\n`);
  return succeed([{ shown: "pyproject.toml", file }]);
}

const project = z.looseObject({ project: z.looseObject({ dependencies: z.array(z.string()).optional() }).optional() });

async function dependenciesOf(directory: string): Promise<Outcome<string[]>> {
  const file = join(directory, "pyproject.toml");
  if (!existsSync(file)) return succeed([]);
  let value: unknown;
  try {
    value = getStaticTOMLValue(parseTOML(await readFile(file, "utf8")));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return fail(problem("product", "scan.bad_manifest", `${file} is no TOML: ${error.message}`));
  }
  const read = project.safeParse(value);
  if (read.success) return succeed(read.data.project?.dependencies ?? []);
  return fail(
    problem("product", "scan.bad_manifest", "project.dependencies of pyproject.toml is no list of requirements"),
  );
}

const installReport = z.looseObject({
  install: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string(), version: z.string() }) })),
});

/** What pip would install for these requirements today, with all that it brings: `name==version`. */
async function resolve(requirements: readonly string[], { scratch, venv, options }: Place): Promise<Outcome<string[]>> {
  const wanted = join(scratch, "wanted.txt");
  await writeFile(wanted, `${requirements.join("\n")}\n`);
  const out = join(scratch, "report.json");
  const args = [
    ...[
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-input",
      "--disable-pip-version-check",
      "--ignore-installed",
      "--dry-run",
    ],
    ...["--only-binary=:all:", "--report", out, "--requirement", wanted],
  ];
  const ran = await runScanner("pip-audit", venv.python, args, { ...options, cwd: scratch, inherit: PIP_VARIABLES });
  if (!ran.ok) return ran;
  if (ran.value.exitCode !== 0) {
    return fail(
      problem(
        "infrastructure",
        "scan.scanner_failed",
        "pip could not resolve the package's dependencies for pip-audit",
        {
          next: "pin them in requirements.txt, and check the index and the network",
          details: ran.value.stderr.trim().slice(-2000),
        },
      ),
    );
  }
  const read = parseAnswer("pip-audit", await readFile(out, "utf8"), installReport);
  if (!read.ok) return read;
  return succeed(read.value.install.map(({ metadata }) => `${metadata.name}==${metadata.version}`));
}
