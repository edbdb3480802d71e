import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { ratingOf, type ScannerAnswer, type ScannerFinding } from "../../core/security.ts";
import { inScratch, parseAnswer, runScanner, type ScanCall } from "../scanner/run.ts";
import { baseScore } from "./cvss.ts";

export interface CargoAuditOptions extends ScanCall {
  /** A clone of the RustSec advisory database; undefined: where cargo-audit keeps its own. */
  readonly database: string | undefined;
  /** Fetch nothing. */
  readonly offline: boolean;
}

const advisory = z.looseObject({
  id: z.string(),
  title: z.string(),
  aliases: z.array(z.string()).default([]),
  cvss: z.string().nullish(),
  url: z.string().nullish(),
});

const entry = z.looseObject({
  advisory: advisory.nullish(),
  versions: z.looseObject({ patched: z.array(z.string()).default([]) }).nullish(),
  package: z.looseObject({ name: z.string(), version: z.string() }),
});

const report = z.looseObject({
  database: z.looseObject({ "last-updated": z.string().nullish() }),
  lockfile: z.looseObject({ "dependency-count": z.number() }),
  vulnerabilities: z.looseObject({ list: z.array(entry) }),
  warnings: z.record(z.string(), z.array(entry)).default({}),
});

/**
 * Compares a Cargo.lock with RustSec's advisories. Starts in an empty folder, so that the product's `.cargo/audit.toml`
 * cannot ignore anything.
 */
export async function auditCargo(lockFile: string, options: CargoAuditOptions): Promise<Outcome<ScannerAnswer>> {
  return await inScratch(async (scratch) => {
    const args = [
      ...["audit", "--json", "--file", lockFile],
      ...(options.database === undefined ? [] : ["--db", options.database]),
      ...(options.offline ? ["--no-fetch", "--stale"] : []),
    ];
    const ran = await runScanner("cargo-audit", "cargo-audit", args, {
      ...options,
      cwd: scratch,
      inherit: CARGO_VARIABLES,
    });
    if (!ran.ok) return ran;
    const { exitCode, stdout, stderr } = ran.value;
    // 1: it found something. Any other failure has no report, or half of one.
    if (exitCode !== 0 && !(exitCode === 1 && stdout.trimStart().startsWith("{"))) {
      return fail(
        problem("infrastructure", "scan.scanner_failed", `cargo-audit ended with exit code ${exitCode}`, {
          details: stderr.trim().slice(-2000),
          next: options.offline
            ? "check ship.security.rustsec_db"
            : "check the network, or scan with a database that is there (ship.security.offline: true)",
        }),
      );
    }
    const read = parseAnswer("cargo-audit", stdout, report);
    if (!read.ok) return read;
    const { vulnerabilities, warnings, database } = read.value;
    const updated = Date.parse(database["last-updated"] ?? "");
    return succeed({
      scanner: "cargo-audit",
      version: undefined,
      findings: [
        ...vulnerabilities.list.map((one) => findingOf(one, undefined)),
        ...Object.entries(warnings).flatMap(([kind, list]) => list.map((one) => findingOf(one, kind))),
      ],
      databaseAt: Number.isNaN(updated) ? undefined : updated,
      skipped: [],
    });
  });
}

const CARGO_VARIABLES = ["CARGO_HOME", "CARGO_NET_GIT_FETCH_WITH_CLI"];

/** What RustSec only warns of: no exploit is known, so that none of it stops a release at the usual threshold. */
const WARNINGS: Readonly<Record<string, "low" | "medium">> = {
  unmaintained: "low",
  yanked: "low",
  notice: "low",
  unsound: "medium",
};

function findingOf(
  { advisory, versions, package: pkg }: z.infer<typeof entry>,
  warning: string | undefined,
): ScannerFinding {
  const score = advisory?.cvss ? baseScore(advisory.cvss) : undefined;
  return {
    id: advisory?.id ?? `${warning ?? "unknown"}:${pkg.name}`,
    aliases: advisory?.aliases ?? [],
    kind: "vulnerability",
    severity: warning === undefined ? ratingOf(score) : (WARNINGS[warning] ?? "unrated"),
    score,
    title: advisory?.title ?? `${pkg.name} ${pkg.version} is ${warning}`,
    package: pkg.name,
    installed: pkg.version,
    fixedIn: versions?.patched ?? [],
    path: "Cargo.lock",
    url: advisory?.url ?? undefined,
  };
}
