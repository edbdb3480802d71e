import { join } from "node:path";
import { mergeFacts } from "../../constitution/probe.ts";
import type { Target } from "../../core/action.ts";
import type { Json } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Facts } from "../../core/facts.ts";
import { writeFileAtomic } from "../../core/files.ts";
import type { Handover } from "../../core/result.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun, type Run, readRun } from "../../swarm/journal.ts";
import { infraFacts } from "../../tools/tofu/facts.ts";
import { applyPlan, type InfraPlan, outputs, planIn, planInto } from "../../tools/tofu/tofu.ts";
import { actingFor, permitFor, waitIfAsked } from "../acting.ts";
import { fetchForAct, handOver, sameDigests } from "../halves.ts";
import { APPLY_RUN, ASKED, type AskedApply, handedOverPlan, unfinishedApplies } from "./handed-over.ts";
import type { AppliedEvidence } from "./outputs.ts";
import { environmentOf, folderOf, infraHome, withInfra } from "./place.ts";
import { findPlan, planFile, planInfra } from "./plan.ts";
import type { KeptPlan } from "./report.ts";
import { planSource } from "./source.ts";

export interface Applied {
  readonly plan: KeptPlan;
  readonly state: "applied" | "nothing" | "planned" | "handed_over";
  readonly run: string | undefined;
  /** The configuration's outputs that are not sensitive. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The work half ended here: what the act half takes. */
  readonly handover?: Handover;
}

/** In place of a plan's digest: one of the checked-out commit, made now unless its application was begun before. */
export const NEW_PLAN = "new";

/** The step of a run that says that OpenTofu was told to apply: from then on the world is asked first. */
const BEGUN = "begun";

/**
 * Applies exactly one kept plan, under `infra.apply` bound to its digest. An environment's application has one process at
 * a time: the journal's lease names who has it and until when. After a crash the world is asked: a plan that was carried
 * out to the end leaves nothing to change; one that was carried out in part is stale, and a new one has to be approved.
 *
 * Where the halves are apart, the work half ends with the plan's file in the artefact store, and the act half applies the
 * file whose digest it was given: it plans nothing, and reads what rules ask about from that very file.
 */
export async function applyInfra(
  session: Session,
  params: { readonly environment: string | undefined; readonly plan: string | undefined },
): Promise<Outcome<Applied>> {
  const wanted = isTaken(session) ? await handedOverPlan(session) : await planToApply(session, params);
  return wanted.ok ? await applyWanted(session, wanted.value, wanted.warnings) : wanted;
}

/** The act half is told by the run that it takes up what it applies. */
function isTaken(session: Session): boolean {
  return session.half?.does === "act" && !session.dryRun;
}

async function applyWanted(
  session: Session,
  wanted: AskedApply,
  warnings: readonly Diagnostic[],
): Promise<Outcome<Applied>> {
  const { plan } = wanted;
  const git = await productRepository(session);
  if (!git.ok) return git;
  const fetched = await fetchForAct(session, git.value, "infra");
  if (!fetched.ok) return fetched;
  const source = await planSource(session, git.value, plan.commit);
  if (!source.ok) return source;
  if (changesNothing(plan)) return succeed({ plan, state: "nothing", run: undefined, outputs: {} }, warnings);
  if (session.dryRun) return await preview(session, plan, source.value);
  const opened = await openRun(session.swarm, requestOf(session, plan));
  if (!opened.ok) return opened;
  const run = opened.value;
  const kept = await run.step<AskedApply>(ASKED, async () => {
    const stored = await session.artifacts.put({ path: planFile(session, plan.environment, plan.digest) });
    return stored.ok ? succeed(wanted) : stored;
  });
  if (!kept.ok) return await letGo(run, kept);
  if (session.half?.does === "work") {
    const released = await run.release();
    if (!released.ok) return released;
    const handover = handOver(session, "apply", run.id, [plan.digest]);
    return succeed({ plan, state: "handed_over", run: run.id, outputs: {}, handover }, warnings);
  }
  const same = sameDigests(session, [plan.digest]);
  const file = same.ok ? await session.artifacts.path(plan.digest) : same;
  if (!file.ok) return await letGo(run, file);
  const done = await carryOut(session, run, { ...kept.value, file: file.value }, source.value);
  return done.ok ? succeed({ plan, state: "applied", run: run.id, outputs: done.value }, done.warnings) : done;
}

/** The plan that is meant: the newest, the one whose digest begins so, or a new one. */
async function planToApply(
  session: Session,
  params: { readonly environment: string | undefined; readonly plan: string | undefined },
): Promise<Outcome<AskedApply>> {
  const environment = environmentOf(session, params.environment);
  if (!environment.ok) return environment;
  if (params.plan === NEW_PLAN) return await begunOrNew(session, environment.value, "change");
  const plan = await findPlan(session, environment.value, params.plan);
  return plan.ok ? succeed({ plan: plan.value, folder: folderOf(session) }) : plan;
}

/**
 * Goes on with the application that was begun, so that what people approved is not in vain; else makes a plan. A begun one
 * of another commit is given up: it would undo what a later one did.
 */
async function begunOrNew(
  session: Session,
  environment: string,
  mode: "change" | "destroy",
): Promise<Outcome<AskedApply>> {
  const git = await productRepository(session);
  const head = git.ok ? await git.value.head() : git;
  if (!head.ok) return head;
  const begun = await unfinishedApplies(session, environment);
  if (!begun.ok) return begun;
  const alike = begun.value.filter(({ asked: { plan } }) => plan.destroy === (mode === "destroy"));
  const going = alike.find(({ asked: { plan } }) => mode === "destroy" || plan.commit === head.value);
  if (going) return succeed(going.asked);
  if (!session.dryRun) {
    for (const { asked } of alike) {
      const run = await openRun(session.swarm, requestOf(session, asked.plan));
      const ended = run.ok ? await run.value.finish("abandoned") : run;
      if (!ended.ok) return ended;
    }
  }
  const plan = await planInfra(session, { environment, mode });
  return plan.ok ? succeed({ plan: plan.value, folder: folderOf(session) }, plan.warnings) : plan;
}

async function preview(session: Session, plan: KeptPlan, source: Facts): Promise<Outcome<Applied>> {
  const facts = mergeFacts(source, infraFacts(plan));
  const gate = session.gate.bound({ pillar: "infra", attempt: 1, trigger: session.trigger, facts });
  const decision = await gate.preview("infra.apply", targetOf(plan), {});
  if (decision.answer !== "allow") return fail(decision.diagnostic);
  return succeed({ plan, state: "planned", run: undefined, outputs: {} });
}

function targetOf({ environment, digest }: KeptPlan): Target<"infra.apply"> {
  return { environment, plan_digest: digest };
}

/** The run of one plan's application. */
function requestOf(session: Session, { environment, digest }: KeptPlan) {
  const { company, name } = productOf(session);
  return {
    kind: APPLY_RUN,
    key: `${name}/${environment}@${digest}`,
    company,
    product: name,
    title: `apply ${name} ${environment}`,
    requester: session.requester,
    trigger: session.trigger,
  };
}

/** Applies the file, keeps the outputs, and ends the run: succeeded, failed for good, or open to be gone on with. */
async function carryOut(
  session: Session,
  run: Run,
  { plan, folder, file }: AskedApply & { readonly file: string },
  source: Facts,
): Promise<Outcome<Record<string, unknown>>> {
  const { environment } = plan;
  const acting = actingFor(session, run, "infra", source);
  const target = targetOf(plan);
  const id = "infra.apply";
  const progress = (text: string) => session.emit({ type: "task.progress", task: id, text });
  const done = await task(session.emit, id, `applying ${environment}`, () =>
    withInfra(session, environment, { commit: plan.commit, folder, progress }, async (place) => {
      const seen = await planIn(place.work, file);
      if (!seen.ok) return seen;
      const applied = await run.effect("apply", {
        // Before it was begun there is nothing to look for: looking is a whole plan.
        probe: async () => {
          const so = await readRun(session.swarm, run.id);
          if (!so.ok) return so;
          if (!so.value.steps.some(({ name, state }) => name === BEGUN && state === "done")) return succeed(undefined);
          const now = await planInto(place.work, join(place.scratch, "look"), plan.destroy ? "destroy" : "change");
          if (!now.ok) return now;
          return succeed(changesNothing(now.value) ? true : undefined);
        },
        act: async () => {
          const permit = await permitFor(acting, "infra.apply", target, infraFacts(seen.value));
          if (!permit.ok) return permit;
          const noted = await run.step(BEGUN, async () => succeed(true));
          return noted.ok ? await applyPlan(permit.value, target, place.work, file) : noted;
        },
        readBack: { attempts: 1, delayMs: 0 },
      });
      if (!applied.ok) return applied;
      const told = await outputs(place.work);
      if (!told.ok) return told;
      const kept = join(infraHome(session, environment), "outputs.json");
      await writeFileAtomic(kept, `${JSON.stringify(told.value)}\n`);
      return succeed(told.value, applied.warnings);
    }),
  );
  if (!done.ok && acting.asked) return await waitIfAsked(acting, done);
  if (!done.ok) {
    // A stale plan can never be gone on with; anything else may be tried again.
    const over = done.diagnostics.some(({ code }) => code === "tofu.stale_plan");
    const closed = over ? await run.finish("failed") : await run.release();
    return closed.ok ? done : closed;
  }
  const closed = await run.finish("succeeded", {
    environment,
    plan: plan.digest,
    destroyed: plan.destroy,
    outputs: done.value as Readonly<Record<string, Json>>,
  } satisfies AppliedEvidence);
  return closed.ok ? done : closed;
}

async function letGo(run: Run, failed: Outcome<unknown>): Promise<Outcome<never>> {
  const released = await run.release();
  return fail(...(failed.ok ? [] : failed.diagnostics), ...(released.ok ? [] : released.diagnostics));
}

function changesNothing({ changes, outputs }: Pick<InfraPlan, "changes" | "outputs">): boolean {
  return changes.length === 0 && outputs.length === 0;
}

/**
 * Removes an environment: plans that and applies the plan. A removal that waits for people, or whose process died, is gone
 * on with; another plan would make the approval void.
 */
export async function destroyInfra(
  session: Session,
  params: { readonly environment: string | undefined },
): Promise<Outcome<Applied>> {
  if (isTaken(session)) return await applyInfra(session, { ...params, plan: undefined });
  const environment = environmentOf(session, params.environment);
  if (!environment.ok) return environment;
  const wanted = await begunOrNew(session, environment.value, "destroy");
  return wanted.ok ? await applyWanted(session, wanted.value, wanted.warnings) : wanted;
}
