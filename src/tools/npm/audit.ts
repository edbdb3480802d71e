import { existsSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Rating, ScannerAnswer, ScannerFinding } from "../../core/security.ts";
import { inScratch, parseAnswer, runScanner, type ScanCall } from "../scanner/run.ts";

export interface NpmAuditOptions extends ScanCall {
  /** Registry whose advisories are asked for; undefined: npm's own. */
  readonly registry: string | undefined;
}

const rating = z.string().transform((text): Rating => {
  switch (text) {
    case "critical":
    case "high":
    case "low":
      return text;
    case "moderate":
      return "medium";
    case "info":
      return "low";
    default:
      return "unrated";
  }
});

const advisory = z.looseObject({
  source: z.union([z.number(), z.string()]),
  name: z.string(),
  title: z.string(),
  url: z.string().optional(),
  severity: rating,
  cvss: z.looseObject({ score: z.number().nullish() }).nullish(),
  range: z.string(),
});

const report = z.looseObject({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({
      via: z.array(z.union([z.string(), advisory])),
      nodes: z.array(z.string()),
      fixAvailable: z.union([z.boolean(), z.looseObject({ name: z.string(), version: z.string() })]),
    }),
  ),
});

const lock = z.looseObject({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) });

const QUIET = ["--no-update-notifier", "--no-fund", "--ignore-scripts", "--package-lock-only"];

/**
 * Asks the registry for the advisories of everything that a package's lock file names; a package without one is locked
 * first, without running anything of it. Works on copies of the two files, so that the product's `.npmrc` cannot send the
 * question elsewhere.
 *
 * @param directory of package.json, and of package-lock.json where there is one
 */
export async function auditNpm(directory: string, options: NpmAuditOptions): Promise<Outcome<ScannerAnswer>> {
  return await inScratch(async (scratch) => {
    const files = ["package.json", "package-lock.json", "npm-shrinkwrap.json"].filter((name) =>
      existsSync(join(directory, name)),
    );
    for (const name of files) await copyFile(join(directory, name), join(scratch, name));
    const npm = (args: readonly string[]) =>
      runScanner("npm-audit", "npm", [...args, ...QUIET], {
        ...options,
        cwd: scratch,
        env: {
          npm_config_logs_max: "0",
          npm_config_fetch_retries: "1",
          npm_config_audit: "true",
          ...(options.registry === undefined ? {} : { npm_config_registry: options.registry }),
        },
        inherit: [
          "NPM_CONFIG_USERCONFIG",
          "npm_config_userconfig",
          ...(options.registry === undefined ? ["npm_config_registry"] : []),
        ],
      });
    if (files.length === 1) {
      const locked = await npm(["install", "--no-audit"]);
      if (!locked.ok) return locked;
      if (locked.value.exitCode !== 0) return fail(auditFailed("npm install --package-lock-only", locked.value.stderr));
    }
    const audited = await npm(["audit", "--json"]);
    if (!audited.ok) return audited;
    const { exitCode, stdout, stderr } = audited.value;
    // npm answers 1 for findings as well as for failures, and tells failures as JSON of another shape.
    if (exitCode !== 0 && !/"auditReportVersion"/.test(stdout))
      return fail(auditFailed("npm audit", `${stdout}\n${stderr}`));
    const read = parseAnswer("npm-audit", stdout, report);
    if (!read.ok) return read;
    const versions = await versionsIn(scratch);
    return versions.ok
      ? succeed({
          scanner: "npm-audit",
          version: undefined,
          findings: findingsOf(read.value, versions.value),
          databaseAt: undefined,
          skipped: [],
        })
      : versions;
  });
}

/** Installed versions by lock file path. */
async function versionsIn(scratch: string): Promise<Outcome<ReadonlyMap<string, string | undefined>>> {
  for (const name of ["npm-shrinkwrap.json", "package-lock.json"]) {
    const file = join(scratch, name);
    if (!existsSync(file)) continue;
    const read = parseAnswer("npm-audit", await readFile(file, "utf8"), lock.partial());
    if (!read.ok) return read;
    return succeed(new Map(Object.entries(read.value.packages ?? {}).map(([path, { version }]) => [path, version])));
  }
  return succeed(new Map());
}

function findingsOf(
  { vulnerabilities }: z.output<typeof report>,
  versions: ReadonlyMap<string, string | undefined>,
): ScannerFinding[] {
  const findings: ScannerFinding[] = [];
  for (const [name, { via, nodes, fixAvailable }] of Object.entries(vulnerabilities)) {
    // A text in `via` only says through which other package it comes; that one has an entry of its own.
    for (const one of via.filter((cause) => typeof cause !== "string")) {
      const id = /GHSA-[\w-]+/.exec(one.url ?? "")?.[0] ?? `npm:${one.source}`;
      const installed = [...new Set(nodes.map((node) => versions.get(node)))];
      for (const version of installed.length > 0 ? installed : [undefined]) {
        findings.push({
          id,
          aliases: [],
          kind: "vulnerability",
          severity: one.severity,
          // 0 is npm's word for "not scored".
          score: one.cvss?.score || undefined,
          title: one.title,
          package: name,
          installed: version,
          fixedIn: fixedIn(name, fixAvailable, one.range),
          path: "package-lock.json",
          url: one.url,
        });
      }
    }
  }
  return findings;
}

/** The version to update to: of the package itself, else of the direct dependency that brings it. */
function fixedIn(
  name: string,
  fix: boolean | { readonly name: string; readonly version: string },
  range: string,
): string[] {
  if (typeof fix !== "object") return fixedBy(range);
  return [fix.name === name ? fix.version : `${fix.name}@${fix.version}`];
}

/** `<4.17.21` says that 4.17.21 is the first one without it; other ranges say less. */
function fixedBy(range: string): string[] {
  const bound = /<(\d[\w.+-]*)$/.exec(range.trim())?.[1];
  return bound === undefined ? [] : [bound];
}

function auditFailed(command: string, said: string) {
  return problem("infrastructure", "scan.scanner_failed", `${command} got no advisories from the registry`, {
    next: "check the registry and the network; not every registry answers npm audit",
    details: said.trim().slice(-2000),
  });
}
