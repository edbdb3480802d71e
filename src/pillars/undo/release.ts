import type { Target } from "../../core/action.ts";
import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { productOf } from "../../pipeline/session.ts";
import { destinationOf, readToken } from "../publish/token.ts";
import { findRelease } from "../release/kept.ts";
import { type PlannedPackage, planSchema, type ReleasePlan } from "../release/report.ts";
import { plainEffect, type UndoEffect } from "./report.ts";
import { type ByHand, byHand, retractionOf } from "./retract.ts";
import { takeBack, type Undoing } from "./undoing.ts";

/**
 * Undoes a release as far as registries let one: published packages are marked where that can be done from here, and
 * nothing is ever deleted. The rest (tags, commits, announcements, registries without such a call) is named with the
 * reason and what a person can do.
 */
export async function undoRelease(undoing: Undoing): Promise<Outcome<UndoEffect[]>> {
  const planned = await planOf(undoing);
  if (!planned.ok) return planned;
  const done = undoing.steps.filter(({ state }) => state === "done");
  const did = (name: string) => done.some((step) => step.name === name);
  const effects: UndoEffect[] = [];
  for (const unit of planned.value?.units ?? []) {
    for (const pkg of unit.packages.filter(({ ecosystem, name }) => did(`publish.${ecosystem}.${name}`))) {
      const retracted = await retract(undoing, pkg, unit.version);
      if (!retracted.ok) return retracted;
      effects.push(retracted.value);
    }
  }
  for (const { name } of done.filter(({ kind }) => kind === "delivery")) {
    effects.push(
      plainEffect(name, "cannot", "what was told cannot be taken back: tell its receivers in a new message"),
    );
  }
  for (const { name } of done.filter(({ name }) => name.startsWith("tag "))) {
    const why = "a published tag is never moved or deleted: others may build on it; release the next version instead";
    effects.push(plainEffect(name, "cannot", why));
  }
  if (did("push")) {
    const branch = planned.value?.branch ?? "the branch";
    const why = `it stays on ${branch}: its version is used up, and the next release continues from it`;
    effects.push(plainEffect("release commit", "cannot", why));
  }
  return succeed(effects);
}

/** A release's own plan; for a run that only published, that of the release whose packages these are. */
async function planOf({ session, target, steps }: Undoing): Promise<Outcome<ReleasePlan | undefined>> {
  if (target.kind === "publish") {
    const version = target.key.slice(target.key.lastIndexOf("@") + 1).split("+")[0];
    const release = await findRelease(session, version);
    return release.ok ? succeed(release.value.plan) : release;
  }
  const plan = steps.find(({ name, state }) => name === "plan" && state === "done");
  return succeed(plan ? planSchema.parse(plan.value) : undefined);
}

/** What a person does: seen to be done, or how to do it. An index that cannot be asked now changes nothing in that. */
async function lookedAt(effect: string, { byHand: way, probe }: ByHand): Promise<Outcome<UndoEffect>> {
  const seen = await probe();
  if (!seen.ok) return succeed(plainEffect(effect, "by_hand", way), seen.diagnostics.map(asWarning));
  return succeed(plainEffect(effect, seen.value === undefined ? "by_hand" : "already", seen.value ?? way));
}

function asWarning(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: "warning" };
}

async function retract(undoing: Undoing, pkg: PlannedPackage, version: string): Promise<Outcome<UndoEffect>> {
  const ecosystem = ECOSYSTEMS[pkg.ecosystem];
  const effect = `${ecosystem.title} ${pkg.name} ${pkg.version}`;
  const { session, acting } = undoing;
  const { redactor, signal } = session;
  const destination = destinationOf(session, productOf(session), ecosystem);
  if (!destination.ok) return destination;
  const to = destination.value;
  const named = { name: pkg.name, version };
  if (!to) {
    const why = `publishing is switched off (${ecosystem.registryOption}), so that its registry is not known; ${byHand(pkg.ecosystem, named)}`;
    return succeed(plainEffect(effect, "cannot", why));
  }
  const registry = await ecosystem.registry({ url: to.url, signal });
  if (!registry.ok) return registry;
  const target: Target<"package.retract"> = { ecosystem: pkg.ecosystem, registry: registry.value, ...named };
  const retraction = await retractionOf(pkg.ecosystem, target, { ...named, url: to.url, redactor, signal });
  if (!retraction.ok) return retraction;
  if (typeof retraction.value === "string") return succeed(plainEffect(effect, "cannot", retraction.value));
  if ("byHand" in retraction.value) return await lookedAt(effect, retraction.value);
  const { probe, act, words } = retraction.value;
  return await takeBack(undoing, {
    effect,
    action: "package.retract",
    target,
    facts: {},
    probe,
    async act(permit) {
      if (!acting) throw new Error("a dry run acts on nothing");
      const token = await readToken(acting, ecosystem, to);
      return token.ok ? await act(permit, token.value) : token;
    },
    words,
  });
}
