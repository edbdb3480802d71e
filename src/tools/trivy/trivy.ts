import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import type { ScannerAnswer } from "../../core/security.ts";
import { unpack } from "../archive/unpack.ts";
import { inScratch, runScanner, type ScanCall } from "../scanner/run.ts";
import { readAnswer } from "./answer.ts";
import { type BillFormat, type BillSubject, nameBill } from "./bill.ts";

export type TrivyTarget =
  | { readonly kind: "fs"; readonly path: string }
  /** Files as they will be installed: also finds packages that lie there without a lock file. */
  | { readonly kind: "rootfs"; readonly path: string }
  /** An image in a file, as `docker save` or an OCI layout in a tar have it. */
  | { readonly kind: "image"; readonly archive: string };

export interface TrivyOptions extends ScanCall {
  /** Where Trivy keeps its databases. */
  readonly cache: string;
  /** Use the databases that are there, and fetch nothing. */
  readonly offline: boolean;
}

const FETCH_NOTHING = ["--offline-scan", "--skip-db-update", "--skip-java-db-update", "--skip-check-update"];

/**
 * Looks for vulnerabilities, secrets and misconfiguration. Trivy starts in an empty folder: a `trivy.yaml`, `.trivyignore`
 * or `trivy-secret.yaml` of the scanned product has no say in what is found.
 */
export async function scanWithTrivy(target: TrivyTarget, options: TrivyOptions): Promise<Outcome<ScannerAnswer>> {
  return await inScratch(async (scratch) => {
    const out = join(scratch, "report.json");
    const input = await inputOf(target, scratch, options);
    if (!input.ok) return input;
    const args = [
      ...command(target, options),
      ...["--scanners", "vuln,secret,misconfig", "--format", "json", "--output", out],
      ...(options.offline ? FETCH_NOTHING : []),
      ...input.value,
    ];
    const ran = await runScanner("trivy", "trivy", args, { ...options, cwd: scratch, inherit: TRIVY_VARIABLES });
    if (!ran.ok) return ran;
    if (ran.value.exitCode !== 0) return fail(trivyFailed(ran.value.exitCode, ran.value.stderr));
    const answer = readAnswer(await readFile(out, "utf8"));
    if (!answer.ok) return answer;
    const version = await trivyVersion(options);
    const databaseAt = await databaseTime(options.cache);
    return succeed({ scanner: "trivy", version, findings: answer.value, databaseAt, skipped: [] });
  });
}

/** The bill of materials of what is there, as CycloneDX or SPDX JSON, under the subject's name. Needs no database. */
export async function sbomOf(
  target: TrivyTarget,
  format: BillFormat,
  subject: BillSubject,
  options: TrivyOptions,
): Promise<Outcome<string>> {
  return await inScratch(async (scratch) => {
    const out = join(scratch, "sbom.json");
    const input = await inputOf(target, scratch, options);
    if (!input.ok) return input;
    const args = [...command(target, options), "--format", format, "--output", out, ...input.value];
    const ran = await runScanner("trivy", "trivy", args, { ...options, cwd: scratch, inherit: TRIVY_VARIABLES });
    if (!ran.ok) return ran;
    return ran.value.exitCode === 0
      ? nameBill(await readFile(out, "utf8"), format, subject)
      : fail(trivyFailed(ran.value.exitCode, ran.value.stderr));
  });
}

/** Whether there is a Trivy that starts. */
export async function trivyThere(signal: AbortSignal): Promise<boolean> {
  const said = await runProcess("trivy", ["--version"], { cwd: "/", timeoutMs: 60_000, signal });
  return said.exitCode === 0;
}

/** Where Trivy fetches its databases, when its user has set that up. */
const TRIVY_VARIABLES = ["TRIVY_DB_REPOSITORY", "TRIVY_JAVA_DB_REPOSITORY", "TRIVY_CHECKS_BUNDLE_REPOSITORY"];

/** Where Trivy keeps its databases when nobody says otherwise. */
export function trivyCache(environment: Readonly<Record<string, string | undefined>>): string {
  return environment.TRIVY_CACHE_DIR ?? join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "trivy");
}

function command({ kind }: TrivyTarget, { cache }: TrivyOptions): string[] {
  return [kind, "--quiet", "--cache-dir", cache];
}

/** Trivy takes an OCI layout as a folder only, and what `docker save` writes as the file it is. */
async function inputOf(target: TrivyTarget, scratch: string, { signal }: TrivyOptions): Promise<Outcome<string[]>> {
  if (target.kind !== "image") return succeed(["--", target.path]);
  const layout = join(scratch, "image");
  const unpacked = await unpack(target.archive, "image.tar", layout, signal);
  if (!unpacked.ok) return unpacked;
  const isLayout = existsSync(join(layout, "oci-layout")) && !existsSync(join(layout, "manifest.json"));
  return succeed(["--input", isLayout ? layout : target.archive]);
}

async function trivyVersion(options: TrivyOptions): Promise<string | undefined> {
  const said = await runScanner("trivy", "trivy", ["--version"], { ...options, cwd: "/" });
  return said.ok ? /^Version: (\S+)/m.exec(said.value.stdout)?.[1] : undefined;
}

/** When the database was made, as its own metadata says. */
async function databaseTime(cache: string): Promise<number | undefined> {
  try {
    const { UpdatedAt } = JSON.parse(await readFile(join(cache, "db", "metadata.json"), "utf8")) as {
      UpdatedAt?: string;
    };
    const at = Date.parse(UpdatedAt ?? "");
    return Number.isNaN(at) ? undefined : at;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function trivyFailed(exitCode: number | undefined, stderr: string): Diagnostic {
  const details = stderr.trim().slice(-2000);
  if (/cannot be specified on the first run|no such file or directory.*trivy\.db/i.test(details)) {
    return problem(
      "infrastructure",
      "scan.no_database",
      "Trivy has no vulnerability database, and was told to fetch none",
      {
        next: "let it fetch one (ship.security.offline: false), or put one into ship.security.trivy_cache_dir",
        details,
      },
    );
  }
  if (/failed to download|dial tcp|lookup .*: no such host|connection refused|deadline exceeded/i.test(details)) {
    return problem("infrastructure", "scan.database_unreachable", "Trivy could not fetch its vulnerability database", {
      next: "check the network, or scan with a database that is there (ship.security.offline: true)",
      details,
    });
  }
  return problem("infrastructure", "scan.scanner_failed", `trivy ended with exit code ${exitCode}`, { details });
}
