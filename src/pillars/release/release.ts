import type { CiBackend } from "../../core/ci-backend.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Rules } from "../../pipeline/release-rules.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { openRun, type Run } from "../../swarm/journal.ts";
import { type Git, openRepository } from "../../tools/git/git.ts";
import { announceRelease } from "../announce/announce.ts";
import { fetchForAct, runToTake, sameDigests, workHalfOnly } from "../halves.ts";
import { PATIENCE, type PublishPatience, publishPackage } from "../publish/publish-package.ts";
import { tokensReady } from "../publish/token.ts";
import { remoteCredentials } from "../remote-credentials.ts";
import { scanBuilt, scanOf, withScan } from "../scan/scan.ts";
import { type Acting, actingFor, waitIfAsked } from "./acting.ts";
import { releaseConditions } from "./conditions.ts";
import { previewRelease } from "./dry-run.ts";
import { isOnGitHub, type Papers, pageOf, releaseOnGitHub } from "./github-release.ts";
import { commitRelease, type Landing, pushCommit, tagRelease } from "./land.ts";
import { planRelease } from "./plan.ts";
import { keepProvenance } from "./provenance.ts";
import { emptyResult, type ReleasePlan, type ReleaseResult } from "./report.ts";
import { findUnfinished } from "./resume.ts";
import { findSource } from "./source.ts";
import { artifactLines } from "./unpublished.ts";
import { doWork, type ReleaseWork } from "./work.ts";

export interface ReleaseParams {
  /** Pre-release channel; undefined for a stable release. */
  readonly channel?: string | undefined;
  /** A person's word for the next version. */
  readonly releaseAs?: string | undefined;
  /** Go on with this run; without it the newest unfinished release goes on. */
  readonly resume?: string | undefined;
  /** Whether the tag is pushed after everything is published, or before; as the spec says without it. */
  readonly tag?: "last" | "first" | undefined;
  readonly rules?: Rules;
  /** Who knows whether the commit's pipeline passed; the local runner's builds when absent. */
  readonly ci?: CiBackend | undefined;
  readonly patience?: PublishPatience;
}

/**
 * Releases the product: plan, versions and changelog, artefacts (work half), then commit, push, publish, tag and
 * announce (act half), each effect asked of the constitution and done exactly once. A release that stopped, for whatever
 * reason, is finished by the same command. With `session.dryRun` nothing is changed and the answer lists every effect
 * with what the constitution says to it.
 */
export async function release(session: Session, params: ReleaseParams = {}): Promise<Outcome<ReleaseResult>> {
  const product = productOf(session);
  const author = { name: product.config.get("git.author_name"), email: product.config.get("git.author_email") };
  const git = await openRepository(product.path, { author, redactor: session.redactor, signal: session.signal });
  if (!git.ok) return git;
  const taken = session.half?.does === "act" && !session.dryRun ? runToTake(session) : succeed(undefined);
  if (!taken.ok) return taken;
  const fetched = await fetchForAct(session, git.value, "release");
  if (!fetched.ok) return fetched;
  const resume = taken.value ?? params.resume;
  const unfinished = await findUnfinished(session, git.value, resume);
  if (!unfinished.ok) return unfinished;
  if (unfinished.value && !session.dryRun) {
    const { run, plan, untouched } = unfinished.value;
    const stale = plan && untouched && resume === undefined ? await isStale(git.value, plan) : succeed(false);
    if (!stale.ok) return stale;
    if (plan && !stale.value) return await carryOut(session, git.value, params, plan);
    const ended = await giveUp(session, run);
    if (!ended.ok) return ended;
  }
  const plan = await findPlan(session, git.value, params);
  if (!plan.ok) return plan;
  if (plan.value.units.length === 0) {
    return succeed({ ...emptyResult(plan.value), released: false }, plan.warnings);
  }
  if (session.dryRun) return await previewRelease(session, git.value, plan.value, params);
  return await carryOut(session, git.value, params, plan.value);
}

/** What a release of the checked-out commit would be; nothing is built and no gate is asked. */
export async function planNow(
  session: Session,
  params: Pick<ReleaseParams, "channel" | "releaseAs" | "rules"> = {},
): Promise<Outcome<ReleasePlan>> {
  const git = await openRepository(productOf(session).path, { redactor: session.redactor, signal: session.signal });
  return git.ok ? await findPlan(session, git.value, params) : git;
}

async function findPlan(session: Session, git: Git, params: ReleaseParams): Promise<Outcome<ReleasePlan>> {
  const product = productOf(session);
  return await task(
    session.emit,
    "release.plan",
    `${product.name}: version from the commits`,
    async () => {
      const credentials = await remoteCredentials(session, git, "release");
      if (!credentials.ok) return credentials;
      const source = await findSource(git, product.config.get("git.main_branch"), credentials.value);
      if (!source.ok) return source;
      return await planRelease(product, git, source.value, { ...params, at: session.clock.now() });
    },
    (plan) => (plan.ok ? { title: describePlan(plan.value) } : { state: "failed" }),
  );
}

/** `payments 1.4.2 → 1.5.0   feat: partial refunds (+1 fix)`, or that there is nothing to release. */
export function describePlan(plan: ReleasePlan): string {
  if (plan.units.length === 0) return `${plan.product}: nothing to release, no commit since the last one calls for it`;
  return plan.units
    .map((unit) => {
      const from = unit.previous ? `${unit.previous.version} → ` : "first release ";
      const [first, ...rest] = [...unit.reasons].sort((a, b) => rank(b) - rank(a));
      const said = first ? `   ${first.type || "change"}${first.breaking ? "!" : ""}: ${first.description}` : "";
      const counts = Map.groupBy(rest, ({ type }) => type || "change");
      const more = [...counts].map(([type, list]) => `+${list.length} ${type}`).join(", ");
      return `${unit.name} ${from}${unit.version}${said}${more ? ` (${more})` : ""}`;
    })
    .join("\n");
}

function rank({ level }: { level: string }): number {
  return ["none", "patch", "minor", "major"].indexOf(level);
}

async function isStale(git: Git, plan: ReleasePlan): Promise<Outcome<boolean>> {
  const head = await git.head();
  return head.ok ? succeed(head.value !== plan.commit) : head;
}

/** Ends a run that did nothing yet, so that a newer plan takes its place. */
async function giveUp(
  session: Session,
  { kind, key, title }: { kind: string; key: string; title: string },
): Promise<Outcome<void>> {
  const { company, name } = productOf(session);
  const run = await openRun(session.swarm, {
    kind,
    key,
    company,
    product: name,
    title,
    requester: session.requester,
    trigger: session.trigger,
  });
  return run.ok ? await run.value.finish("abandoned") : run;
}

async function carryOut(
  session: Session,
  git: Git,
  params: ReleaseParams,
  planned: ReleasePlan,
): Promise<Outcome<ReleaseResult>> {
  const product = productOf(session);
  const versions = planned.units.map(({ name, version }) => (name === product.name ? version : `${name}-${version}`));
  const opened = await openRun(session.swarm, {
    kind: "release",
    key: `${product.name}@${versions.join("+")}`,
    company: product.company,
    product: product.name,
    title: `release ${product.name} ${versions.join(", ")}`,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!opened.ok) return opened;
  const run = opened.value;
  session.emit({ type: "run.started", run: run.id, title: `${run.resumed ? "resuming " : ""}${describeKey(run)}` });
  const done = await carryOutRun(session, git, params, planned, run);
  if (done.ok && done.value.handover) {
    const released = await run.release();
    if (!released.ok) return released;
    session.emit({ type: "run.finished", run: run.id, verdict: "waiting" });
    return done;
  }
  if (done.ok) {
    const closed = await run.finish("succeeded", { result: summaryOf(done.value) });
    if (!closed.ok) return closed;
    session.emit({ type: "run.finished", run: run.id, verdict: "success" });
    return done;
  }
  const waiting = done.diagnostics.some(({ code }) => code === "journal.waiting");
  if (!waiting) await run.release();
  session.emit({ type: "run.finished", run: run.id, verdict: waiting ? "waiting" : "failure" });
  return fail(...done.diagnostics, resumable(run, await artifactLines(session.swarm, run.id)));
}

function describeKey(run: Run): string {
  return `release ${run.key}`;
}

function resumable(run: Run, artifacts: string | undefined): Diagnostic {
  return problem("infrastructure", "release.resumable", "nothing is half done that this command cannot finish", {
    severity: "note",
    ...(artifacts === undefined ? {} : { details: artifacts }),
    next: `codemonkeys release --resume ${run.id}`,
  });
}

/** What the finished run keeps beside its steps; the plan and the work are steps already. */
function summaryOf(result: ReleaseResult) {
  const { commit, tags, artifacts, provenance, published, pages, announced } = result;
  return { commit, tags, artifacts, provenance, published, pages, announced };
}

async function carryOutRun(
  session: Session,
  git: Git,
  params: ReleaseParams,
  planned: ReleasePlan,
  run: Run,
): Promise<Outcome<ReleaseResult>> {
  const product = productOf(session);
  const plan = await run.step("plan", async () => succeed(planned));
  if (!plan.ok) return plan;
  const conditions = await releaseConditions(session, git, plan.value, params.ci);
  if (!conditions.ok) return conditions;
  const doIt = () => doWork(session, product, git, plan.value);
  const work = await run.step<ReleaseWork>("work", workHalfOnly(session, doIt));
  if (!work.ok) return work;
  const digests = [...work.value.edits.map(({ digest }) => digest), ...work.value.artifacts.map((one) => one.sha256)];
  if (session.half?.does === "work") {
    const handover = { job: "publish" as const, run: run.id, digests: [...new Set(digests)] };
    return succeed({ ...emptyResult(plan.value), run: run.id, artifacts: [...work.value.artifacts], handover });
  }
  const same = sameDigests(session, digests);
  if (!same.ok) return same;
  const scanned = await scanBuilt(
    session,
    git,
    { commit: plan.value.commit, artifacts: work.value.artifacts },
    { run, stops: true },
  );
  if (!scanned.ok) return scanned;
  const ready = await tokensReady(session, plan.value);
  if (!ready.ok) return ready;
  const allowed = await remoteCredentials(session, git, "release");
  if (!allowed.ok) return allowed;
  const credentials = allowed.value;
  if (run.resumed) {
    const cleared = await git.removeDeadWorktrees();
    if (!cleared.ok) return cleared;
    const fetched = await git.fetch("origin", credentials ? { credentials } : {});
    if (!fetched.ok) return fetched;
  }
  const acting = actingFor(session, run, "release", withScan(conditions.value, scanned.value));
  const sboms = scanOf(scanned.value)?.sboms ?? [];
  const provenance = await keepProvenance(session, run, {
    repository: git.identity,
    plan: plan.value,
    ...work.value,
    sboms,
  });
  if (!provenance.ok) return provenance;
  const papers = { provenance: provenance.value, sboms };
  const done = await act(acting, { git, plan: plan.value, credentials }, work.value, params, papers);
  if (!done.ok) return await waitIfAsked(acting, done);
  return succeed({ ...done.value, scan: scanOf(scanned.value), provenance: provenance.value }, [
    ...scanned.warnings,
    ...done.warnings,
  ]);
}

/** The act half, effect by effect; when one fails the later ones are shown as held. */
async function act(
  acting: Acting,
  landing: Landing,
  work: ReleaseWork,
  params: ReleaseParams,
  papers: Papers,
): Promise<Outcome<ReleaseResult>> {
  const { session, run } = acting;
  const { plan } = landing;
  const hasPages = await isOnGitHub(session, landing.git);
  if (!hasPages.ok) return hasPages;
  const result = { ...emptyResult(plan), released: true, run: run.id, artifacts: [...work.artifacts] };
  const warnings: Diagnostic[] = [];
  const effects: Effect[] = [
    {
      id: "release.commit",
      title: "release commit",
      done: () => `committed ${result.commit?.slice(0, 7)} to ${plan.branch}`,
      run: async () => {
        const commit = await commitRelease(acting, landing, work);
        if (commit.ok) result.commit = commit.value;
        return commit;
      },
    },
    {
      id: "release.push",
      title: `push ${plan.branch}`,
      done: () => `pushed ${plan.branch}`,
      run: () => pushCommit(acting, landing, result.commit ?? plan.commit),
    },
  ];
  const tags = plan.units.map(
    (unit): Effect => ({
      id: `release.tag.${unit.tag}`,
      title: `tag ${unit.tag}`,
      done: () => `tagged ${unit.tag}`,
      run: async () => {
        const tagged = await tagRelease(acting, landing, unit, result.commit ?? plan.commit);
        if (tagged.ok) result.tags.push(unit.tag);
        return tagged;
      },
    }),
  );
  const publishes = plan.units.flatMap((unit) =>
    unit.packages
      .filter(({ publish }) => publish)
      .map((pkg): Effect => {
        const artifacts = work.artifacts.filter((one) => one.ecosystem === pkg.ecosystem && one.package === pkg.name);
        return {
          id: `publish.${pkg.ecosystem}.${pkg.name}`,
          title: `${pkg.ecosystem} ${pkg.name} ${pkg.version}: publish`,
          run: async () => {
            const published = await publishPackage(acting, { unit, pkg, artifacts }, params.patience ?? PATIENCE);
            if (published.ok && published.value) result.published.push(published.value);
            return published;
          },
        };
      }),
  );
  const pages = plan.units.map(
    (unit): Effect => ({
      id: `release.page.${unit.tag}`,
      title: `GitHub release ${unit.tag}`,
      done: () =>
        result.pages.some(({ tag }) => tag === unit.tag)
          ? `GitHub release ${unit.tag} is public`
          : `GitHub release ${unit.tag} left out: no token`,
      run: async () => {
        const page = await pageOf(session, unit, { ...papers, artifacts: work.artifacts });
        if (!page.ok) return page;
        const made = await releaseOnGitHub(acting, landing.git, page.value, result.commit ?? plan.commit);
        if (made.ok && made.value !== undefined) result.pages.push({ tag: unit.tag, url: made.value });
        return made;
      },
    }),
  );
  const announcements = plan.units.map(
    (unit): Effect => ({
      id: `announce.${unit.name}`,
      title: "announcement",
      run: async () => {
        const announced = await announceRelease(acting, {
          ...unit,
          product: plan.product,
          published: result.published,
        });
        if (announced.ok) result.announced.push(...announced.value);
        return announced;
      },
    }),
  );
  effects.push(
    ...((params.tag ?? acting.product.spec.value.release.tag_order) === "first"
      ? [...tags, ...publishes]
      : [...publishes, ...tags]),
    ...(hasPages.value ? pages : []),
    ...announcements,
  );
  for (const [at, effect] of effects.entries()) {
    const done = effect.done
      ? await task(session.emit, effect.id, effect.title, effect.run, (outcome) =>
          outcome.ok ? { title: effect.done?.() ?? effect.title } : { state: acting.asked ? "held" : "failed" },
        )
      : await effect.run();
    if (done.ok) {
      warnings.push(...done.warnings);
      continue;
    }
    for (const held of effects.slice(at + 1)) {
      session.emit({ type: "task.started", task: held.id, title: held.title });
      session.emit({ type: "task.finished", task: held.id, state: "held", title: `${held.title} waits` });
    }
    return done;
  }
  return succeed(result, warnings);
}

interface Effect {
  readonly id: string;
  readonly title: string;
  /** The title when it is done; absent where `run` shows its own task. */
  readonly done?: () => string;
  readonly run: () => Promise<Outcome<unknown>>;
}
