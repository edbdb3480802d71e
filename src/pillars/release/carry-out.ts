import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { openRun, type Run } from "../../swarm/journal.ts";
import type { Git } from "../../tools/git/git.ts";
import { actingFor, waitIfAsked } from "../acting.ts";
import { alertFailure } from "../announce/alert.ts";
import { handOver, sameDigests, workHalfOnly } from "../halves.ts";
import { tokensReady } from "../publish/token.ts";
import { remoteCredentials } from "../remote-credentials.ts";
import { scanBuilt, scanOf, withScan } from "../scan/scan.ts";
import { act } from "./act.ts";
import { askAhead } from "./ask-ahead.ts";
import { releaseConditions } from "./conditions.ts";
import { publishTargets } from "./effects-ahead.ts";
import type { ReleaseParams } from "./params.ts";
import { keepProvenance } from "./provenance.ts";
import { emptyResult, type ReleasePlan, type ReleaseResult } from "./report.ts";
import { artifactLines } from "./unpublished.ts";
import { digestsOf, doWork, type ReleaseWork } from "./work.ts";

/** Carries a plan out as a run: opens or takes up the run of its versions, and ends it, or leaves it to be gone on with. */
export async function carryOut(
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
  const title = `release ${product.name} ${versions.join(", ")}`;
  const alerts = waiting ? [] : await alertFailure(session, { run: run.id, title, diagnostics: done.diagnostics });
  session.emit({ type: "run.finished", run: run.id, verdict: waiting ? "waiting" : "failure" });
  return fail(...done.diagnostics, ...alerts, resumable(run, await artifactLines(session.swarm, run.id)));
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
  const digests = digestsOf(work.value);
  if (session.half?.does === "work") {
    const handover = handOver(session, "publish", run.id, digests);
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
  const unseen = scanOf(scanned.value) === null ? await unseenElsewhere(session, plan.value, work.value) : [];
  const done = await run.finished();
  if (!done.ok) return done;
  const ready = await tokensReady(session, plan.value, done.value);
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
  const landing = { git, plan: plan.value, credentials };
  /** Who is asked for the key that provenance is signed with is asked for the rest in the same breath. */
  const withTheOthers = async (asked: Outcome<never>): Promise<Outcome<never>> => {
    if (asked.ok || !acting.asked) return asked;
    const others = await askAhead(acting, landing, work.value, { papers: undefined, tag: params.tag });
    return others.ok ? asked : fail(...asked.diagnostics, ...others.diagnostics);
  };
  const provenance = await keepProvenance(acting, {
    repository: git.identity,
    plan: plan.value,
    ...work.value,
    sboms,
  });
  if (!provenance.ok) return await waitIfAsked(acting, await withTheOthers(provenance));
  const papers = { provenance: provenance.value, sboms };
  const acted = await act(acting, landing, work.value, {
    tag: params.tag,
    patience: params.patience,
    papers,
  });
  if (!acted.ok) return await waitIfAsked(acting, acted);
  return succeed({ ...acted.value, scan: scanOf(scanned.value), provenance: provenance.value }, [
    ...scanned.warnings,
    ...unseen,
    ...acted.warnings,
  ]);
}

/** That nobody looks at what goes to a registry beyond this machine: the organisation asks for no scan. */
async function unseenElsewhere(session: Session, plan: ReleasePlan, work: ReleaseWork): Promise<Diagnostic[]> {
  const targets = await publishTargets(session, plan, work);
  // What is wrong with a registry's settings is told where the package is published.
  if (!targets.ok) return [];
  const away = targets.value.find(({ target: { registry } }) => {
    const host = URL.canParse(registry) ? new URL(registry).hostname : registry;
    return !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/.test(host);
  });
  if (!away) return [];
  return [
    problem(
      "config",
      "release.not_scanned",
      `${away.target.name} was published without a scan: the organisation asks for none`,
      {
        severity: "warning",
        next: "put scans.clean under release.requires in constitution.yaml, once the scanners are installed",
      },
    ),
  ];
}
