import type { BuildRef, BuildStatus, CiBackend } from "../../core/ci-backend.ts";
import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { repositoryAt } from "../../pipeline/session-git.ts";
import { acquireLease } from "../../swarm/leases.ts";
import { pausesInForce } from "../../swarm/pauses.ts";
import {
  addTrigger,
  claimTrigger,
  isKnownTrigger,
  pendingTriggers,
  settleTrigger,
  type Trigger,
} from "../../swarm/triggers.ts";
import type { Git } from "../../tools/git/git.ts";
import { deliverAlerts } from "../announce/alert.ts";
import { branchCi, goOnWithHeals, type WentOn } from "../heal/go-on.ts";
import { type GreenInCi, learnFromCi } from "../heal/learn/ci.ts";
import { remoteCredentials } from "../remote-credentials.ts";

/** What the pass needs of one product; handed in, since who opens products stands above. */
export interface Watched {
  readonly session: Session;
  readonly backend: CiBackend;
  /** The product's job for a branch. */
  readonly job: (branch: string) => string;
  /** Starts the work of a trigger; answers the build in CI that does it, if one does. */
  readonly start: (trigger: Trigger) => Promise<Outcome<BuildRef | undefined>>;
  /** The build that an earlier start of the trigger led to; undefined where starting it again does nothing twice. */
  readonly started: (trigger: Trigger) => Promise<Outcome<BuildRef | undefined>>;
  /** The file of a build's whole log. */
  readonly logOf: (ref: BuildRef) => Promise<Outcome<string>>;
  /** The waiting heal of the very failure that a red build shows, if there is one. */
  readonly healOf: (build: BuildStatus, commit: string) => Promise<Outcome<string | undefined>>;
}

/** A heal that waited for CI and was told of its build. */
export interface WatchedHeal {
  readonly run: string;
  readonly now: NonNullable<WentOn["now"]>;
  /** The commit that it had pushed. */
  readonly commit: string;
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
  /** Heals that waited for CI and were told of their build. In a dry run what they would be told. */
  readonly advanced: readonly WatchedHeal[];
  /** The waiting heal because of which a red build starts no other. */
  readonly held?: string;
  /** The template that people's repair taught, when this pass saw that CI is green again. */
  readonly learned?: string;
  /** Why the product was left alone. */
  readonly skipped?: string;
}

/** How often the start of a trigger is tried before it is given up. */
const MOST_ATTEMPTS = 5;

/**
 * Looks once at a product's main branch, at its build in CI and at those that heals wait for; goes on with these heals,
 * writes a trigger for what is new, and starts what waits. A failed build leads to heal, unless one of the same failure
 * waits; a red one of a heal's own commit, to that heal's next round; a commit that the local runner has not built, to a
 * build; a green one, to the docs and release that its pipeline did not do itself. What a pass saw before triggers
 * nothing again; what a killed pass wrote down and did not start, the next one starts. One pass of a product at a time.
 */
export async function watchProduct(watched: Watched, source: Trigger["source"]): Promise<Outcome<Watching>> {
  const { session } = watched;
  const { name: product, company } = productOf(session);
  const idle = { product, triggers: [], advanced: [] };
  const pauses = await pausesInForce(session.swarm, { company, product });
  if (!pauses.ok) return pauses;
  const [pause] = pauses.value;
  if (pause) return succeed({ ...idle, skipped: `paused by ${pause.by}: ${pause.reason}` });
  if (session.dryRun) return await pass(watched, source);
  const lease = await acquireLease(session.swarm, `watch ${company}/${product}`);
  if (!lease.ok) {
    const held = lease.diagnostics.some(({ code }) => code === "journal.held");
    return held ? succeed({ ...idle, skipped: "another pass is at it" }) : lease;
  }
  const late = await deliverAlerts(session);
  const done = await pass(watched, source);
  const released = await lease.value.release();
  if (!released.ok) return released;
  return done.ok ? succeed(done.value, [...late, ...done.warnings]) : done;
}

async function pass(watched: Watched, source: Trigger["source"]): Promise<Outcome<Watching>> {
  const { session } = watched;
  const { name: product, company, path } = productOf(session);
  const git = await repositoryAt(session, path);
  if (!git.ok) return git;
  const went = await goOnWithHeals(session, git.value, branchCi(watched));
  if (!went.ok) return went;
  const rounds = went.value.flatMap((one) => nextRound(one));
  const advanced = went.value.flatMap(({ run, now, news, round: { commit } }) =>
    now && news ? [{ run, now, commit }] : [],
  );
  const main = await lookAtMain(watched, git.value);
  if (!main.ok) return main;
  const { triggers: follows, green, ...stand } = main.value;
  const wanted = [...rounds, ...follows].map((one) => ({ company, product, source, ...one }));
  if (session.dryRun) {
    const planned = new Map<string, Watching["triggers"][number]>();
    for (const one of wanted) {
      const known = await isKnownTrigger(session.swarm, one);
      if (!known.ok) return known;
      const { kind, key, reason } = one;
      if (!known.value && !planned.has(`${kind} ${key}`)) {
        planned.set(`${kind} ${key}`, { kind, reason, state: "planned" });
      }
    }
    return succeed({ product, ...stand, triggers: [...planned.values()], advanced });
  }
  const learned = green === undefined ? succeed(undefined) : await learnFromCi(session, git.value, green);
  for (const one of wanted) {
    const added = await addTrigger(session.swarm, one);
    if (!added.ok) return added;
  }
  // What a pass does to a product that is left alone is going on with its heals.
  const kinds = stand.skipped === undefined ? undefined : (["heal"] as const);
  const started = await startPending(watched, { company, product }, kinds);
  if (!started.ok) return started;
  const taught = learned.ok && learned.value !== undefined ? { learned: learned.value } : {};
  // What could not be learned is a warning: the pass was asked for something else.
  const problems = learned.ok ? [] : learned.diagnostics.map((one) => ({ ...one, severity: "warning" as const }));
  return succeed({ product, ...stand, ...taught, triggers: started.value, advanced }, problems);
}

interface MainStand extends Omit<Watching, "product" | "triggers" | "advanced"> {
  readonly triggers: readonly Wanted[];
  /** The newest build of another system than the local runner, which learns by itself, is green. */
  readonly green?: GreenInCi;
}

/** What the main branch and its build call for. */
async function lookAtMain(watched: Watched, git: Git): Promise<Outcome<MainStand>> {
  const { session, backend } = watched;
  const { path, config } = productOf(session);
  const none = { triggers: [] };
  const credentials = await remoteCredentials(session, git, "watch");
  if (!credentials.ok) return credentials;
  const branch = config.get("git.main_branch");
  const tip = await git.lsRemote("origin", `refs/heads/${branch}`, credentials.value);
  if (!tip.ok) return tip;
  if (tip.value === undefined) return succeed({ ...none, skipped: `origin has no branch ${branch}` });
  const commit = tip.value;
  const head = await git.head();
  if (!head.ok) return head;
  if (backend.name === "local" && head.value !== commit) {
    // The local runner builds what is checked out, which is not this program's to change.
    const behind = `its work tree ${path} is at ${head.value.slice(0, 7)} and not at origin's ${commit.slice(0, 7)}`;
    return succeed({ ...none, commit, skipped: `${behind}; git pull there, or build it in CI` });
  }
  const latest = await backend.latest(watched.job(branch), commit);
  if (!latest.ok) return latest;
  const build = latest.value ? { build: { id: latest.value.ref.id, state: latest.value.state } } : {};
  const held = latest.value?.state === "failed" ? await watched.healOf(latest.value, commit) : succeed(undefined);
  if (!held.ok) return held;
  if (held.value !== undefined) return succeed({ ...none, commit, ...build, held: held.value });
  const passed = latest.value?.state === "passed" && backend.name !== "local" ? latest.value : undefined;
  const green = passed && { branch, commit, build: passed, logOf: watched.logOf, credentials: credentials.value };
  const triggers = whatFollows(watched, branch, commit, latest.value);
  return succeed({ triggers, commit, ...build, ...(green ? { green } : {}) });
}

type Wanted = Pick<Trigger, "kind" | "key" | "reason" | "parameters">;

/** A build that is red after a heal: the run goes on with it. */
function nextRound({ run, now, build, round: { number, branch, commit } }: WentOn): Wanted[] {
  if (now !== "red" || !build) return [];
  const reason = `build ${build.ref.id} of ${commit.slice(0, 7)} is red after the heal ${run}: round ${number + 1}`;
  return [healing(build, { branch, commit }, reason)];
}

function healing(build: BuildStatus, at: { readonly branch: string; readonly commit: string }, reason: string): Wanted {
  const { job, id, url } = build.ref;
  const stage = build.stages.find(({ state }) => state === "failed")?.name;
  const parameters = { ...at, job, build: id, ...(url ? { url } : {}), ...(stage ? { stage } : {}) };
  return { kind: "heal", key: `${job} ${id}`, reason, parameters };
}

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
  if (latest.state === "failed") {
    const stage = latest.stages.find(({ state }) => state === "failed")?.name;
    const where = stage === undefined ? "" : ` in ${stage}`;
    return [healing(latest, at, `build ${latest.ref.id} of ${short} failed${where}`)];
  }
  const build = { ...at, job: latest.ref.job, build: latest.ref.id };
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
  kinds: readonly Trigger["kind"][] | undefined,
): Promise<Outcome<Watching["triggers"][number][]>> {
  const { swarm } = watched.session;
  const pending = await pendingTriggers(swarm, of);
  if (!pending.ok) return pending;
  const done: Watching["triggers"][number][] = [];
  for (const trigger of pending.value) {
    if (kinds && !kinds.includes(trigger.kind)) continue;
    const started = await startOnce(watched, trigger);
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

/** Notes the start before it is made, so that who finds the note without an end looks in CI before starting again. */
async function startOnce(watched: Watched, trigger: Trigger): Promise<Outcome<BuildRef | undefined>> {
  const earlier = trigger.attempts > 0 ? await watched.started(trigger) : succeed(undefined);
  if (!earlier.ok || earlier.value) return earlier;
  const claimed = await claimTrigger(watched.session.swarm, trigger.id);
  return claimed.ok ? await watched.start(trigger) : claimed;
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
