import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "semver";
import { digestOf } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Permit } from "../../core/permit.ts";
import type { Ecosystem, PackageQuery } from "../../ecosystems/ecosystem.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { runPlaybook } from "../../tools/ansible/ansible.ts";
import { type Acting, permitFor } from "../acting.ts";
import type { PlannedPackage, Published, ReleaseArtifact, ReleaseUnit } from "../release/report.ts";
import { compareFiles } from "./compare.ts";
import { publishFailure } from "./failure.ts";
import { findPlaybook } from "./playbook.ts";
import { type Destination, destinationOf, publishStep, readToken } from "./token.ts";

/** A package of a release with the files that were built of it. */
export interface PublishItem {
  readonly unit: Pick<ReleaseUnit, "version">;
  readonly pkg: PlannedPackage;
  readonly artifacts: readonly ReleaseArtifact[];
}

export interface PublishPatience {
  /** How long to wait where a registry answers that it is asked too often and does not say how long, in milliseconds. */
  readonly retryMs?: number;
  /** How long an index may lag behind an accepted upload, in milliseconds. */
  readonly visibleMs: number;
}

export const PATIENCE: PublishPatience = { visibleMs: 5 * 60_000 };

/** How far apart the playbook looks whether the registry shows what it sent. */
const READ_BACK_SECONDS = 3;
const FIRST_LOOK_MS = 500;
const LONGEST_LOOK_MS = 15_000;

/**
 * Publishes one package exactly once: looks whether the registry has it, lets the ecosystem's playbook publish what is
 * missing, waits until the registry shows the built bytes, and installs the version as a user would. Undefined when the
 * organisation has switched the registry off.
 */
export async function publishPackage(
  acting: Acting,
  item: PublishItem,
  patience: PublishPatience = PATIENCE,
): Promise<Outcome<Published | undefined>> {
  const ecosystem = ECOSYSTEMS[item.pkg.ecosystem];
  const destination = destinationOf(acting.session, acting.product, ecosystem);
  if (!destination.ok) return destination;
  const name = acting.product.name === item.pkg.name ? "" : ` ${item.pkg.name}`;
  const label = `${ecosystem.title}${name} ${item.pkg.version}`;
  const id = taskOf(item);
  if (destination.value === undefined) {
    const title = `${label}: publishing is switched off (${ecosystem.registryOption})`;
    return await task(
      acting.session.emit,
      id,
      title,
      async () => succeed(undefined),
      () => ({ state: "skipped" }),
    );
  }
  const to = destination.value;
  return await task(
    acting.session.emit,
    id,
    `${label}: publish`,
    (progress) => publish(acting, { item, ecosystem, to, label, patience, progress }),
    (done) => {
      if (!done.ok)
        return { state: acting.asked ? "held" : "failed", title: `${label}: ${done.diagnostics[0]?.message}` };
      const algorithm = ecosystem.id === "npm" ? "sha512" : ecosystem.id === "docker" ? "manifest" : "sha256";
      const how = done.value?.already ? "was published already" : "published, read back";
      return { title: `${label} ${how}, ${algorithm} equal${done.value?.installed ? ", installed" : ""}` };
    },
  );
}

/** The task's id in events. */
export function taskOf({ pkg }: PublishItem): string {
  return publishStep(pkg);
}

interface Publishing {
  readonly item: PublishItem;
  readonly ecosystem: Ecosystem;
  readonly to: Destination;
  readonly label: string;
  readonly patience: PublishPatience;
  readonly progress: (text: string) => void;
}

async function publish(acting: Acting, publishing: Publishing): Promise<Outcome<Published>> {
  const { item, ecosystem, to } = publishing;
  const { session, run } = acting;
  const query: PackageQuery = {
    name: item.pkg.name,
    version: item.unit.version,
    url: to.url,
    redactor: session.redactor,
    signal: session.signal,
  };
  const registry = await ecosystem.registry(query);
  if (!registry.ok) return registry;
  let acted = false;
  const done = await run.effect(taskOf(item), {
    async probe() {
      const seen = await standing(publishing, query);
      if (!seen.ok || seen.value.missing.length > 0) return seen.ok ? succeed(undefined) : seen;
      return succeed({ files: [...seen.value.same], already: !acted });
    },
    async act() {
      const permit = await permitFor(acting, "package.publish", publishTarget(publishing, registry.value));
      if (!permit.ok) return permit;
      const token = await readToken(acting, ecosystem, to);
      if (!token.ok) return token;
      acted = true;
      const sent = await send(acting, publishing, {
        registry: registry.value,
        token: token.value,
        query,
        permit: permit.value,
      });
      if (!sent.ok) return sent;
      return await untilVisible(publishing, query, sent.value);
    },
    // `act` itself waits until the registry shows it.
    readBack: { attempts: 1, delayMs: 0 },
  });
  if (!done.ok) return done;
  publishing.progress("installing it from the registry");
  const installed = await run.step(`install-check ${taskOf(item)}`, async () => {
    const checked = await ecosystem.installCheck(query);
    return checked.ok ? succeed(true, checked.warnings) : checked;
  });
  if (!installed.ok) return installed;
  return succeed(
    {
      ecosystem: ecosystem.id,
      package: item.pkg.name,
      version: item.pkg.version,
      registry: registry.value,
      files: done.value.files,
      already: done.value.already,
      installed: installed.value,
    },
    [...done.warnings, ...installed.warnings],
  );
}

/** The target's digest names the bytes: the file's own, or for several files that of their sorted digests. */
export function publishTarget({ item, ecosystem }: Pick<Publishing, "item" | "ecosystem">, registry: string) {
  const digests = item.artifacts.map(({ sha256 }) => sha256).sort();
  return {
    ecosystem: ecosystem.id,
    registry,
    name: item.pkg.name,
    version: item.unit.version,
    digest: digests.length === 1 ? (digests[0] as string) : digestOf(digests),
  };
}

async function standing({ item, ecosystem, label }: Publishing, query: PackageQuery) {
  const shown = await ecosystem.published(query);
  return shown.ok ? compareFiles(label, item.artifacts, shown.value) : shown;
}

interface Sending {
  readonly permit: Permit<"package.publish">;
  readonly registry: string;
  readonly token: string;
  readonly query: PackageQuery;
}

/**
 * Runs the publish playbook over the files that the registry lacks. A playbook that failed after it had changed
 * something has most likely sent them (what it then waited for did not come), so that it is worth looking once more.
 */
async function send(
  { session, run }: Acting,
  publishing: Publishing,
  { permit, registry, token, query }: Sending,
): Promise<Outcome<"accepted" | { readonly failed: readonly Diagnostic[] }>> {
  const { item, ecosystem, to, patience, progress } = publishing;
  const seen = await standing(publishing, query);
  if (!seen.ok) return seen;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-publish-"));
  try {
    const files: string[] = [];
    for (const { file, sha256 } of item.artifacts.filter((one) => seen.value.missing.includes(one.file))) {
      const stored = await session.artifacts.path(sha256);
      if (!stored.ok) return stored;
      // The store names files by digest; registries go by the name.
      files.push(join(scratch, file));
      await copyFile(stored.value, files.at(-1) as string);
    }
    const planned = await ecosystem.publishPlan({
      name: item.pkg.name,
      version: item.unit.version,
      url: to.url,
      files,
      channel: channelOf(item.unit.version),
      signal: session.signal,
    });
    if (!planned.ok) return planned;
    const plan = planned.value;
    const playbook = await findPlaybook(session, plan.playbook);
    if (!playbook.ok) return playbook;
    let changed = false;
    const played = await runPlaybook(permit, "package.publish", publishTarget(publishing, registry), {
      playbook: playbook.value,
      extraVars: {
        ...plan.vars,
        package_readback_attempts: Math.max(1, Math.ceil(patience.visibleMs / READ_BACK_SECONDS / 1000)),
        package_readback_delay: READ_BACK_SECONDS,
        ...(patience.retryMs === undefined || ecosystem.id === "cargo"
          ? {}
          : { package_retry_delay: Math.ceil(patience.retryMs / 1000) }),
      },
      secrets: { [plan.tokenVariable]: token },
      logFile: join(session.homes.state, "logs", `${run.id}-${taskOf(item)}.log`.replaceAll("/", "-")),
      redactor: session.redactor,
      signal: session.signal,
      onEvent(event) {
        if (event.event === "task") progress(event.task);
        if (event.event === "ok" && event.changed) changed = true;
      },
    });
    if (played.ok) return succeed("accepted", played.warnings);
    const failed = publishFailure(played.diagnostics, { title: ecosystem.title, token: to.token.name });
    return changed ? succeed({ failed }) : fail(...failed);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The pre-release's channel: `rc` of 1.5.0-rc.1. */
function channelOf(version: string): string | undefined {
  const word = parse(version)?.prerelease[0];
  return typeof word === "string" ? word : undefined;
}

/**
 * Looks, less and less often, until the registry shows every file or the time is over. A playbook that failed has waited
 * already: then one look is enough.
 */
async function untilVisible(
  publishing: Publishing,
  query: PackageQuery,
  sent: "accepted" | { readonly failed: readonly Diagnostic[] },
): Promise<Outcome<void>> {
  const { label, ecosystem, item, patience, progress } = publishing;
  const start = performance.now();
  for (let delay = FIRST_LOOK_MS; ; delay = Math.min(delay * 2, LONGEST_LOOK_MS)) {
    const seen = await standing(publishing, query);
    if (!seen.ok) return seen;
    if (seen.value.missing.length === 0) return succeed(undefined);
    const left = (sent === "accepted" ? patience.visibleMs : 0) - (performance.now() - start);
    if (left <= 0) break;
    progress(`waiting until the index shows it (${Math.ceil(left / 1000)} s left)`);
    const slept = await sleep(Math.min(delay, left), undefined, { signal: query.signal }).then(
      () => true,
      (error: Error) => {
        if (error.name === "AbortError") return false;
        throw error;
      },
    );
    if (!slept)
      return fail(problem("infrastructure", "publish.cancelled", `${label}: stopped while waiting for the index`));
  }
  const how = sent === "accepted" ? "it accepted the upload" : "it was sent, then the playbook failed";
  const after =
    patience.visibleMs >= 60_000
      ? `${Math.round(patience.visibleMs / 60_000)} min`
      : `${Math.round(patience.visibleMs / 1000)} s`;
  return fail(
    problem(
      "infrastructure",
      "publish.not_visible",
      `the index does not show ${item.pkg.version} after ${after} (${how})`,
      {
        next: `wait until ${ecosystem.title} shows it, then run the same command again: it looks first and uploads nothing twice`,
      },
    ),
    ...(sent === "accepted" ? [] : sent.failed),
  );
}
