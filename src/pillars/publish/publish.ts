import * as z from "zod";
import { type Diagnostic, fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun } from "../../swarm/journal.ts";
import { type Acting, actingFor, waitIfAsked } from "../acting.ts";
import { releaseConditions } from "../release/conditions.ts";
import { findRelease, type KeptRelease } from "../release/kept.ts";
import { type PlannedEffect, type Published, plannedEffectSchema, publishedSchema } from "../release/report.ts";
import { scanBuilt, withScan } from "../scan/scan.ts";
import { PATIENCE, type PublishItem, type PublishPatience, publishPackage, publishTarget } from "./publish-package.ts";
import { destinationOf } from "./token.ts";

export const publishResultSchema = z.object({
  run: z.string().nullable(),
  release: z.string().describe("the release run whose artefacts these are"),
  version: z.string(),
  published: z.array(publishedSchema),
  effects: z.array(plannedEffectSchema).describe("in a dry run: what would be done, in order"),
});
export type PublishResult = z.infer<typeof publishResultSchema>;

export interface PublishParams {
  /** Semantic version; the newest built release when absent. */
  readonly version?: string | undefined;
  readonly patience?: PublishPatience;
}

/**
 * Publishes the packages of a release that was built before: the very bytes its run kept, to every registry that does
 * not show them yet. What is published already is looked up and left alone, so that this may be run at any time.
 */
export async function publish(session: Session, params: PublishParams = {}): Promise<Outcome<PublishResult>> {
  const product = productOf(session);
  const found = await findRelease(session, params.version);
  if (!found.ok) return found;
  const { plan } = found.value;
  const git = await productRepository(session);
  if (!git.ok) return git;
  const facts = await releaseConditions(session, git.value, plan, undefined);
  if (!facts.ok) return facts;
  const built = { commit: plan.commit, artifacts: found.value.artifacts };
  const scanned = await scanBuilt(session, git.value, built, { stops: !session.dryRun });
  if (!scanned.ok) return scanned;
  const judged = withScan(facts.value, scanned.value);
  const items = itemsOf(found.value);
  const version = plan.units.map((unit) => unit.version).join("+");
  const result: PublishResult = { run: null, release: found.value.run, version, published: [], effects: [] };
  if (session.dryRun) {
    const gate = session.gate.bound({ pillar: "publish", attempt: 1, trigger: session.trigger, facts: judged });
    const effects = await previewItems(session, items, gate.preview);
    return effects.ok ? succeed({ ...result, effects: effects.value }) : effects;
  }
  const run = await openRun(session.swarm, {
    kind: "publish",
    key: `${product.name}@${version}`,
    company: product.company,
    product: product.name,
    title: `publish ${product.name} ${version}`,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!run.ok) return run;
  const acting = actingFor(session, run.value, "publish", judged);
  const published = await publishAll(acting, items, params.patience ?? PATIENCE);
  if (!published.ok) return await stop(acting, published.diagnostics);
  const closed = await run.value.finish("succeeded", { published: published.value });
  if (!closed.ok) return closed;
  return succeed({ ...result, run: run.value.id, published: published.value }, published.warnings);
}

function itemsOf({ plan, artifacts }: KeptRelease): PublishItem[] {
  return plan.units.flatMap((unit) =>
    unit.packages
      .filter((pkg) => pkg.publish)
      .map((pkg) => ({
        unit,
        pkg,
        artifacts: artifacts.filter((one) => one.ecosystem === pkg.ecosystem && one.package === pkg.name),
      })),
  );
}

async function publishAll(
  acting: Acting,
  items: readonly PublishItem[],
  patience: PublishPatience,
): Promise<Outcome<Published[]>> {
  const published: Published[] = [];
  const warnings: Diagnostic[] = [];
  for (const item of items) {
    const done = await publishPackage(acting, item, patience);
    if (!done.ok) return done;
    warnings.push(...done.warnings);
    if (done.value) published.push(done.value);
  }
  return succeed(published, warnings);
}

/** Leaves the run for the next call, or lets it wait for the people it asked. */
export async function stop(acting: Acting, diagnostics: readonly Diagnostic[]): Promise<Outcome<never>> {
  if (acting.asked) return await waitIfAsked(acting, fail(...diagnostics));
  const released = await acting.run.release();
  return fail(...diagnostics, ...(released.ok ? [] : released.diagnostics));
}

async function previewItems(
  session: Session,
  items: readonly PublishItem[],
  preview: Session["gate"]["preview"],
): Promise<Outcome<PlannedEffect[]>> {
  const effects: PlannedEffect[] = [];
  for (const item of items) {
    const ecosystem = ECOSYSTEMS[item.pkg.ecosystem];
    const to = destinationOf(session, productOf(session), ecosystem);
    if (!to.ok) return to;
    if (to.value === undefined) continue;
    const registry = await ecosystem.registry({ url: to.value.url, signal: session.signal });
    if (!registry.ok) return registry;
    const target = publishTarget({ item, ecosystem }, registry.value);
    const decision = await preview("package.publish", target, {});
    effects.push({
      action: "package.publish",
      target,
      answer: decision.answer,
      rule: decision.rule ?? null,
      reason: decision.reason,
    });
  }
  return succeed(effects);
}
