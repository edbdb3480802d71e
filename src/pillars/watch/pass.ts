import type { BuildRef, BuildStatus, CiBackend } from "../../core/ci-backend.ts";
import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { advanceWaiting } from "../../swarm/journal.ts";
import { pausesInForce } from "../../swarm/pauses.ts";
import { addTrigger, isKnownTrigger, pendingTriggers, settleTrigger, type Trigger } from "../../swarm/triggers.ts";
import { openRepository } from "../../tools/git/git.ts";
import { remoteCredentials } from "../remote-credentials.ts";

/** What the pass needs of one product; handed in, since who opens products stands above. */
export interface Watched {
  readonly session: Session;
  readonly backend: CiBackend;
  /** The product's job for a branch. */
  readonly job: (branch: string) => string;
  /** Starts the work of a trigger; answers the build in CI that does it, if one does. */
  readonly start: (trigger: Trigger) => Promise<Outcome<BuildRef | undefined>>;
}

/** What was seen of a product, and what it led to. */
export interface Watching {
  readonly product: string;
  readonly commit?: string;
  /** The newest finished build of that commit. */
  readonly build?: { readonly id: string; readonly state: string };
  readonly triggers: readonly {
    readonly kind: Trigger["kind"];
    readonly reason: string;
    readonly state: Trigger["state"] | "planned";
    readonly detail?: string;
  }[];
  /** Runs that waited for this build and may go on. */
  readonly advanced: readonly string[];
  /** Why the product was left alone. */
  readonly skipped?: string;
}

/** How often the start of a trigger is tried before it is given up. */
const MOST_ATTEMPTS = 5;

/** What runs that wait for the build of a commit wait for: `run.wait({ for: "ci", key: ciKey(…) })`. */
export function ciKey(product: string, commit: string): string {
  return `${product}@${commit}`;
}

/**
 * Looks once at a product's main branch and at its build in CI, writes a trigger for what is new, and starts what waits.
 * A failed build leads to heal; a commit that the local runner has not built, to a build; a green one, to the docs and
 * release that its pipeline did not do itself. What a pass saw before triggers nothing again; what a killed pass wrote
 * down and did not start, the next one starts.
 */
export async function watchProduct(watched: Watched, source: Trigger["source"]): Promise<Outcome<Watching>> {
  const { session, backend } = watched;
  const { name: product, company, path, config } = productOf(session);
  const idle = { product, triggers: [], advanced: [] };
  const pauses = await pausesInForce(session.swarm, { company, product });
  if (!pauses.ok) return pauses;
  const [pause] = pauses.value;
  if (pause) return succeed({ ...idle, skipped: `paused by ${pause.by}: ${pause.reason}` });
  const git = await openRepository(path, { redactor: session.redactor, signal: session.signal });
  if (!git.ok) return git;
  const credentials = await remoteCredentials(session, git.value, "watch");
  if (!credentials.ok) return credentials;
  const branch = config.get("git.main_branch");
  const tip = await git.value.lsRemote("origin", `refs/heads/${branch}`, credentials.value);
  if (!tip.ok) return tip;
  if (tip.value === undefined) return succeed({ ...idle, skipped: `origin has no branch ${branch}` });
  const commit = tip.value;
  const head = await git.value.head();
  if (!head.ok) return head;
  if (backend.name === "local" && head.value !== commit) {
    // The local runner builds what is checked out, which is not this program's to change.
    const behind = `its work tree ${path} is at ${head.value.slice(0, 7)} and not at origin's ${commit.slice(0, 7)}`;
    return succeed({ ...idle, commit, skipped: `${behind}; git pull there, or build it in CI` });
  }
  const latest = await backend.latest(watched.job(branch), commit);
  if (!latest.ok) return latest;
  const seen = { company, product, source };
  const wanted = whatFollows(watched, branch, commit, latest.value).map((one) => ({ ...seen, ...one }));
  const build = latest.value ? { build: { id: latest.value.ref.id, state: latest.value.state } } : {};
  if (session.dryRun) {
    const planned = [];
    for (const one of wanted) {
      const known = await isKnownTrigger(session.swarm, one);
      if (!known.ok) return known;
      if (!known.value) planned.push({ kind: one.kind, reason: one.reason, state: "planned" as const });
    }
    return succeed({ product, commit, ...build, triggers: planned, advanced: [] });
  }
  for (const one of wanted) {
    const added = await addTrigger(session.swarm, one);
    if (!added.ok) return added;
  }
  const advanced = latest.value
    ? await advanceWaiting(session.swarm, { for: "ci", key: ciKey(product, commit) })
    : succeed([]);
  if (!advanced.ok) return advanced;
  const started = await startPending(watched, { company, product });
  if (!started.ok) return started;
  return succeed({ product, commit, ...build, triggers: started.value, advanced: advanced.value.map(({ id }) => id) });
}

type Wanted = Pick<Trigger, "kind" | "key" | "reason" | "parameters">;

/** What the state of a branch calls for. */
function whatFollows(
  { session, backend }: Watched,
  branch: string,
  commit: string,
  latest: BuildStatus | undefined,
): Wanted[] {
  const short = commit.slice(0, 7);
  const at = { branch, commit };
  // Other CI systems are told of commits by their own means; only the local runner has to be asked.
  if (!latest) {
    if (backend.name !== "local") return [];
    return [{ kind: "build", key: commit, reason: `${branch} is at ${short}, which was never built`, parameters: at }];
  }
  const build = { ...at, job: latest.ref.job, build: latest.ref.id };
  if (latest.state === "failed") {
    const stage = latest.stages.find(({ state }) => state === "failed")?.name;
    const where = stage === undefined ? "" : ` in ${stage}`;
    const reason = `build ${latest.ref.id} of ${short} failed${where}`;
    const parameters = { ...build, ...(stage === undefined ? {} : { stage }) };
    return [{ kind: "heal", key: `${latest.ref.job} ${latest.ref.id}`, reason, parameters }];
  }
  if (latest.state !== "passed") return [];
  const { docs, packages } = productOf(session).spec.value;
  const did = (stage: string) => latest.stages.some(({ name, state }) => name === stage && state !== "skipped");
  const follows: Wanted[] = [];
  if (docs.site !== "none" && !did("docs")) {
    follows.push({
      kind: "docs",
      key: commit,
      reason: `${short} is green and its docs were not built`,
      parameters: build,
    });
  }
  if (packages.some(({ publish }) => publish) && !did("release")) {
    follows.push({ kind: "release", key: commit, reason: `${short} is green and was not released`, parameters: build });
  }
  return follows;
}

async function startPending(
  watched: Watched,
  of: { readonly company: string; readonly product: string },
): Promise<Outcome<Watching["triggers"][number][]>> {
  const { swarm } = watched.session;
  const pending = await pendingTriggers(swarm, of);
  if (!pending.ok) return pending;
  const done: Watching["triggers"][number][] = [];
  for (const trigger of pending.value) {
    const started = await watched.start(trigger);
    const end = started.ok
      ? { state: "started" as const, ref: started.value, detail: undefined }
      : { ...endOf(trigger, started.diagnostics), ref: undefined };
    const settled = await settleTrigger(swarm, trigger.id, end);
    if (!settled.ok) return settled;
    const detail = end.detail ?? (end.ref ? `${end.ref.backend} ${end.ref.job} ${end.ref.id}` : undefined);
    const { kind, reason } = trigger;
    done.push({ kind, reason, state: end.state, ...(detail === undefined ? {} : { detail }) });
  }
  return succeed(done);
}

/** A no of the constitution is final for this trigger; what may pass by itself is tried again by the next pass. */
function endOf(trigger: Trigger, diagnostics: readonly Diagnostic[]) {
  const detail = diagnostics
    .map(({ message }) => message)
    .join("; ")
    .slice(0, 2_000);
  if (diagnostics.some(({ kind }) => kind === "policy")) return { state: "refused" as const, detail };
  const again = diagnostics.every(({ kind }) => kind === "infrastructure") && trigger.attempts + 1 < MOST_ATTEMPTS;
  return { state: again ? ("pending" as const) : ("failed" as const), detail };
}
