import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Scanner, ScannerAnswer } from "../../core/security.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { lastReleaseAt, noteFindings } from "../../swarm/findings.ts";
import { unpack } from "../../tools/archive/unpack.ts";
import { auditCargo } from "../../tools/cargo-audit/cargo-audit.ts";
import { auditNpm } from "../../tools/npm/audit.ts";
import { auditPython } from "../../tools/python/audit.ts";
import { inScratch } from "../../tools/scanner/run.ts";
import { scanWithTrivy, type TrivyTarget } from "../../tools/trivy/trivy.ts";
import { billsOf, isImage, type ScannedArtifact, SOURCE } from "./bills.ts";
import { keyOf, mergeSightings, type Sighting } from "./merge.ts";
import { callOf, trivyOptions } from "./options.ts";
import type { Collected } from "./report.ts";

/** What is scanned: a clean tree of a commit, and what was built of it. */
export interface Subject {
  readonly root: string;
  readonly commit: string;
  readonly artifacts: readonly ScannedArtifact[];
}

/** One scanner over one thing. */
interface Look {
  readonly scanner: Scanner;
  readonly in: string;
  readonly digest: string | null;
  readonly run: () => Promise<Outcome<ScannerAnswer>>;
}

/** A collection, with the diagnostics of scanners that gave no usable answer. */
export interface Collection {
  readonly collected: Collected;
  readonly failures: readonly Diagnostic[];
}

/**
 * Runs every scanner that is switched on over the source and the artefacts, one after another, and merges what they say.
 * A scanner that is missing, does not end or answers garbage is listed as failed. Bills of materials go into the artefact
 * store. Nothing of the product is run.
 */
export async function collect(session: Session, subject: Subject): Promise<Outcome<Collection>> {
  const { company, name: product } = productOf(session);
  return await inScratch(async (scratch) => {
    const looks = [...sourceLooks(session, subject), ...(await artifactLooks(session, subject, scratch))];
    const sightings: Sighting[] = [];
    const scanners: Collected["scanners"] = [];
    const failures: Diagnostic[] = [];
    for (const look of looks) {
      const answer = await task(
        session.emit,
        `scan.${look.scanner}.${look.in}`,
        `${look.scanner} ${look.in}`,
        look.run,
        (done) =>
          done.ok
            ? { title: `${look.scanner} ${look.in}: ${counted(done.value.findings.length)}` }
            : { state: "failed", title: `${look.scanner} ${look.in}: ${done.diagnostics[0]?.message}` },
      );
      const common = { scanner: look.scanner, in: look.in };
      if (!answer.ok) {
        failures.push(...answer.diagnostics);
        const failed = answer.diagnostics[0]?.message ?? "it failed";
        scanners.push({ ...common, version: null, findings: 0, database_at: null, skipped: [], failed });
        continue;
      }
      const { version, findings, databaseAt, skipped } = answer.value;
      scanners.push({
        ...common,
        version: version ?? null,
        findings: findings.length,
        database_at: databaseAt === undefined ? null : new Date(databaseAt).toISOString(),
        skipped: [...skipped],
        failed: null,
      });
      sightings.push(
        ...findings.map((one) => ({ ...one, path: within(one.path, scratch), ...common, digest: look.digest })),
      );
    }
    const sboms = await billsOf(session, subject, failures);
    if (!sboms.ok) return sboms;
    const merged = mergeSightings(sightings);
    const complete = failures.length === 0;
    const since = await noteFindings(session.swarm, { company, product }, merged.map(keyOf), { complete });
    if (!since.ok) return since;
    const released = await lastReleaseAt(session.swarm, { company, product });
    if (!released.ok) return released;
    const findings = merged.map((one) => {
      const firstSeen = since.value.get(keyOf(one)) ?? session.clock.now();
      return {
        ...one,
        first_seen: new Date(firstSeen).toISOString(),
        new: released.value === undefined || firstSeen > released.value,
      };
    });
    const at = new Date(session.clock.now()).toISOString();
    return succeed({ collected: { commit: subject.commit, at, scanners, findings, sboms: sboms.value }, failures });
  });
}

function counted(findings: number): string {
  return findings === 1 ? "1 finding" : `${findings} findings`;
}

function within(path: string, scratch: string): string {
  return path.startsWith(`${scratch}/`) ? path.slice(scratch.length + 1) : path;
}

function sourceLooks(session: Session, { root }: Subject): Look[] {
  const { config, spec } = productOf(session);
  const call = callOf(session);
  const looks: Look[] = [];
  const source = { in: SOURCE, digest: null };
  if (config.get("ship.security.trivy_enabled")) {
    looks.push({
      ...source,
      scanner: "trivy",
      run: () => scanWithTrivy({ kind: "fs", path: root }, trivyOptions(session)),
    });
  }
  const folders = (ecosystem: string) =>
    spec.value.packages.filter((one) => one.ecosystem === ecosystem).map(({ path }) => path);
  if (config.get("ship.security.npm_audit_enabled")) {
    const registry = config.get("ship.registries.npm").url;
    for (const folder of placesOf(root, folders("npm"), "package-lock.json", "package.json")) {
      looks.push({ ...source, scanner: "npm-audit", run: () => auditNpm(folder, { ...call, registry }) });
    }
  }
  if (config.get("ship.security.pip_audit_enabled")) {
    const osv = config.get("ship.security.osv_url");
    for (const folder of folders("pypi")) {
      looks.push({ ...source, scanner: "pip-audit", run: () => auditPython(join(root, folder), { ...call, osv }) });
    }
  }
  if (config.get("ship.security.cargo_audit_enabled")) {
    const options = {
      ...call,
      database: config.get("ship.security.rustsec_db"),
      offline: config.get("ship.security.offline"),
    };
    for (const folder of placesOf(root, folders("cargo"), "Cargo.lock", "Cargo.lock")) {
      looks.push({ ...source, scanner: "cargo-audit", run: () => auditCargo(join(folder, "Cargo.lock"), options) });
    }
  }
  return looks;
}

/** The folder with each package's lock file, its own or a workspace's above it; else the package's own when it has `else_`. */
function placesOf(root: string, folders: readonly string[], lockFile: string, else_: string): string[] {
  const places = folders.flatMap((folder) => {
    for (let at = join(root, folder); at.startsWith(root); at = dirname(at)) {
      if (existsSync(join(at, lockFile))) return [at];
    }
    return existsSync(join(root, folder, else_)) ? [join(root, folder)] : [];
  });
  return [...new Set(places)];
}

async function artifactLooks(session: Session, { artifacts }: Subject, scratch: string): Promise<Look[]> {
  if (!productOf(session).config.get("ship.security.trivy_enabled")) return [];
  return artifacts.map(({ file, sha256 }) => ({
    scanner: "trivy" as const,
    in: file,
    digest: sha256,
    run: async () => {
      const stored = await session.artifacts.path(sha256);
      if (!stored.ok) return stored;
      const target = await targetOf(stored.value, file, join(scratch, sha256), session.signal);
      return target.ok ? await scanWithTrivy(target.value, trivyOptions(session)) : target;
    },
  }));
}

/** An image as it is; a package as it will lie on somebody's disk. */
async function targetOf(
  stored: string,
  file: string,
  into: string,
  signal: AbortSignal,
): Promise<Outcome<TrivyTarget>> {
  if (isImage(file)) return succeed({ kind: "image", archive: stored });
  const unpacked = await unpack(stored, file, into, signal);
  if (!unpacked.ok) return unpacked;
  return succeed({ kind: "rootfs", path: unpacked.value ? into : stored });
}
