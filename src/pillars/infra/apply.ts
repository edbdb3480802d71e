import { join } from "node:path";
import { mergeFacts } from "../../constitution/probe.ts";
import type { Target } from "../../core/action.ts";
import type { Json } from "../../core/canonical.ts";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { writeFileAtomic } from "../../core/files.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun } from "../../swarm/journal.ts";
import { gitFacts } from "../../tools/git/git.ts";
import { infraFacts } from "../../tools/tofu/facts.ts";
import { applyPlan, type InfraPlan, outputs, planInto } from "../../tools/tofu/tofu.ts";
import { actingFor, permitFor, waitIfAsked } from "../acting.ts";
import type { AppliedEvidence } from "./outputs.ts";
import { environmentOf, infraHome, withInfra } from "./place.ts";
import { findPlan, planFile, planInfra, unfinishedPlan } from "./plan.ts";
import type { KeptPlan } from "./report.ts";

export interface Applied {
  readonly plan: KeptPlan;
  readonly state: "applied" | "nothing" | "planned";
  readonly run: string | undefined;
  /** The configuration's outputs that are not sensitive. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Applies exactly one kept plan, under `infra.apply` bound to its digest. The environment has one run at a time: the
 * journal's lease names who has it and until when. After a crash the world is asked: a plan that was carried out to the end
 * leaves nothing to change; one that was carried out in part is stale, and a new one has to be approved.
 */
export async function applyInfra(
  session: Session,
  params: { readonly environment: string | undefined; readonly plan: string | undefined },
): Promise<Outcome<Applied>> {
  const environment = environmentOf(session, params.environment);
  if (!environment.ok) return environment;
  const plan = await findPlan(session, environment.value, params.plan);
  if (!plan.ok) return plan;
  const product = productOf(session);
  const git = await productRepository(session);
  if (!git.ok) return git;
  const source = await gitFacts(git.value);
  if (!source.ok) return source;
  const facts = mergeFacts(source.value, infraFacts(plan.value));
  const target: Target<"infra.apply"> = { environment: environment.value, plan_digest: plan.value.digest };
  if (changesNothing(plan.value)) {
    return succeed({ plan: plan.value, state: "nothing", run: undefined, outputs: {} });
  }
  if (session.dryRun) {
    const gate = session.gate.bound({ pillar: "infra", attempt: 1, trigger: session.trigger, facts });
    const decision = await gate.preview("infra.apply", target, {});
    if (decision.answer !== "allow") return fail(decision.diagnostic);
    return succeed({ plan: plan.value, state: "planned", run: undefined, outputs: {} });
  }
  const run = await openRun(session.swarm, {
    kind: "infra",
    key: `${product.name}/${environment.value}@${plan.value.digest}`,
    company: product.company,
    product: product.name,
    title: `apply ${product.name} ${environment.value}`,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!run.ok) return run;
  const acting = actingFor(session, run.value, "infra", facts);
  const id = "infra.apply";
  let begun = false;
  const progress = (text: string) => session.emit({ type: "task.progress", task: id, text });
  const done = await task(session.emit, id, `applying ${environment.value}`, () =>
    withInfra(session, environment.value, { commit: plan.value.commit, progress }, async (place) => {
      const applied = await run.value.effect("apply", {
        // A first process has nothing to look for: looking is a whole plan.
        probe: async () => {
          if (!run.value.resumed && !begun) return succeed(undefined);
          const now = await planInto(
            place.work,
            join(place.scratch, "look"),
            plan.value.destroy ? "destroy" : "change",
          );
          if (!now.ok) return now;
          return succeed(changesNothing(now.value) ? true : undefined);
        },
        act: async () => {
          begun = true;
          const permit = await permitFor(acting, "infra.apply", target);
          if (!permit.ok) return permit;
          return await applyPlan(
            permit.value,
            target,
            place.work,
            planFile(session, environment.value, plan.value.digest),
          );
        },
        readBack: { attempts: 1, delayMs: 0 },
      });
      if (!applied.ok) return applied;
      const told = await outputs(place.work);
      if (!told.ok) return told;
      await writeFileAtomic(
        join(infraHome(session, environment.value), "outputs.json"),
        `${JSON.stringify(told.value)}\n`,
      );
      return succeed(told.value, applied.warnings);
    }),
  );
  if (!done.ok && acting.asked) return await waitIfAsked(acting, done);
  if (!done.ok) {
    // A stale plan can never be gone on with; anything else may be tried again.
    const over = done.diagnostics.some(({ code }) => code === "tofu.stale_plan");
    const closed = over ? await run.value.finish("failed") : await run.value.release();
    return closed.ok ? done : closed;
  }
  const closed = await run.value.finish("succeeded", {
    environment: environment.value,
    plan: plan.value.digest,
    destroyed: plan.value.destroy,
    outputs: done.value as Readonly<Record<string, Json>>,
  } satisfies AppliedEvidence);
  if (!closed.ok) return closed;
  return succeed({ plan: plan.value, state: "applied", run: run.value.id, outputs: done.value }, done.warnings);
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
  const environment = environmentOf(session, params.environment);
  if (!environment.ok) return environment;
  const begun = await unfinishedPlan(session, environment.value, true);
  if (!begun.ok) return begun;
  const plan = begun.value
    ? succeed(begun.value)
    : await planInfra(session, { environment: environment.value, mode: "destroy" });
  if (!plan.ok) return plan;
  return await applyInfra(session, { environment: environment.value, plan: plan.value.digest });
}
