import { sharedWith } from "../../constitution/limits.ts";
import { isProtectedBranch } from "../../constitution/protect.ts";
import { canonicalJson, type Json } from "../../core/canonical.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns } from "../../swarm/journal.ts";
import { listTemplates, recordTemplateOutcome, saveTemplate, shareTemplate } from "../../swarm/templates.ts";
import type { Git } from "../../tools/git/git.ts";
import type { FileChange } from "./candidate.ts";
import { ecosystemOf } from "./candidates.ts";
import type { PendingLesson } from "./pending-lesson.ts";
import type { BuildFailure } from "./read/report.ts";
import type { HealFix, HealTried } from "./report.ts";
import { awaitingCi, newestOf } from "./rounds.ts";
import { generalise } from "./template/generalise.ts";
import { replay } from "./template/replay.ts";
import { namesInScope } from "./template/scope.ts";
import { sharedForm } from "./template/sharing.ts";
import { type EditTemplate, templateSchema } from "./template/template.ts";
import type { Tree } from "./tree.ts";

/** What a fix teaches, or why it teaches nothing. */
export type Lesson =
  | { readonly template: EditTemplate; readonly ecosystem: string }
  | { readonly template?: never; readonly reason: string };

/**
 * Generalises a proven edit to a template and checks it where it came from: replayed on the tree it was made for it has
 * to give the very same edit, else it has lost something and is not kept.
 */
export async function lessonOf(changes: readonly FileChange[], failure: BuildFailure, tree: Tree): Promise<Lesson> {
  const scopes = new Map<string, readonly string[]>();
  for (const change of changes) scopes.set(change.path, await namesInScope(tree, change.path));
  const made = generalise({ changes, captures: failure.captures, scope: (path) => scopes.get(path) ?? [] });
  if (!made.ok) return { reason: made.reason };
  const file = failure.place ? await tree.locate(failure.place.file) : undefined;
  const place = { file, line: failure.place?.line, captures: failure.captures };
  const again = await replay(made.template, place, tree);
  const same = again.some((proposal) => canonicalJson(textsOf(proposal.changes)) === canonicalJson(textsOf(changes)));
  if (!same) return { reason: "its generalisation does not lead back to the same edit" };
  return { template: made.template, ecosystem: ecosystemOf(changes[0]?.path ?? "") };
}

function textsOf(changes: readonly FileChange[]): Json {
  return Object.fromEntries(changes.map((change) => [change.path, change.after ?? null]));
}

/** Makes a lesson a template of the company: only called for a commit that is on a protected branch. */
export async function keepLesson(session: Session, lesson: PendingLesson, run: string): Promise<Outcome<string>> {
  const product = productOf(session);
  const bytes = await session.artifacts.read(lesson.template);
  if (!bytes.ok) return bytes;
  const edit = templateSchema.parse(JSON.parse(Buffer.from(bytes.value).toString("utf8")));
  return keepTemplate(session, {
    pattern: lesson.pattern,
    ecosystem: lesson.ecosystem,
    edit,
    learnedFrom: { product: product.name, commit: lesson.commit, run },
    source: lesson.source,
  });
}

/**
 * Keeps what was learned as a template of the session's company, and offers it to the companies that the constitution's
 * `sharing` names, in the form that holds no text of a product.
 */
export async function keepTemplate(
  session: Session,
  learned: Omit<Parameters<typeof saveTemplate>[1], "company" | "edit"> & { readonly edit: EditTemplate },
): Promise<Outcome<string>> {
  const { company } = productOf(session);
  const saved = await saveTemplate(session.swarm, { ...learned, company, edit: learned.edit as unknown as Json });
  if (!saved.ok) return saved;
  const form = sharedForm(learned.edit);
  if (form === undefined || sharedWith(session.organisation.constitution, company, "templates").length < 2)
    return saved;
  const shared = await shareTemplate(session.swarm, saved.value, form as unknown as Json);
  return shared.ok ? saved : shared;
}

/**
 * Offers what was learned before the constitution's `sharing` named these companies, in the form that holds no text of a
 * product: to be called before a heal looks for templates.
 */
export async function shareEarlier(session: Session): Promise<Outcome<void>> {
  const companies = sharedWith(session.organisation.constitution, productOf(session).company, "templates");
  if (companies.length < 2) return succeed(undefined);
  const known = await listTemplates(session.swarm, { companies });
  if (!known.ok) return known;
  for (const { id, edit, shared, revoked } of known.value) {
    if (shared || revoked !== undefined) continue;
    const read = templateSchema.safeParse(edit);
    const form = read.success ? sharedForm(read.data) : undefined;
    if (form === undefined) continue;
    const offered = await shareTemplate(session.swarm, id, form as unknown as Json);
    if (!offered.ok) return offered;
  }
  return succeed(undefined);
}

/** Runs looked through for lessons that wait. */
const MOST_RUNS = 50;

/**
 * Learns from earlier heals of this product whose commit has been merged to a protected branch since: to be called when
 * such a branch was built green, and before a heal. Answers the ids of the templates it knows by now.
 */
export async function confirmLessons(session: Session, git: Git): Promise<Outcome<readonly string[]>> {
  const product = productOf(session);
  const runs = await listRuns(session.swarm, {
    company: product.company,
    product: product.name,
    kind: "heal",
    status: "succeeded",
    limit: MOST_RUNS,
  });
  if (!runs.ok) return runs;
  const waiting = await awaitingCi(session.swarm, product);
  if (!waiting.ok) return waiting;
  const learned: string[] = [];
  const main = product.config.get("git.main_branch");
  if (!isProtectedBranch(session.organisation.constitution, main)) return succeed(learned);
  const tip = await git.branchCommit(main);
  if (!tip.ok) return tip;
  if (tip.value === undefined) return succeed(learned);
  const lessons = [
    ...waiting.value.map((one) => ({ run: one.run, lesson: newestOf(one).lesson })),
    ...runs.value.map((run) => ({ run, lesson: (run.evidence as { lesson?: PendingLesson } | undefined)?.lesson })),
  ];
  for (const { run, lesson } of lessons) {
    if (!lesson) continue;
    const known = await git.resolve(lesson.commit);
    if (!known.ok) continue;
    const merged = await git.isAncestor(lesson.commit, tip.value);
    if (!merged.ok) return merged;
    if (!merged.value) continue;
    const kept = await keepLesson(session, lesson, run.id);
    if (!kept.ok) return kept;
    learned.push(kept.value);
  }
  return succeed(learned);
}

/** Tells each template that was used how it went: what healed gains trust, what did not is demoted. */
export async function recordUses(
  session: Session,
  uses: { readonly fixes: readonly HealFix[]; readonly tried: readonly HealTried[] },
  run: string,
): Promise<Outcome<void>> {
  const product = productOf(session);
  const worked = new Set(uses.fixes.filter((fix) => fix.kind === "template").map((fix) => fix.name));
  const failed = new Set(
    uses.tried
      .filter((one) => one.kind === "template" && one.dropped !== undefined && !one.dropped.startsWith("refused"))
      .map((one) => one.name)
      .filter((name) => !worked.has(name)),
  );
  for (const [names, outcome] of [
    [worked, "worked"],
    [failed, "failed"],
  ] as const) {
    for (const name of names) {
      const by = { company: product.company, product: product.name, use: run };
      const recorded = await recordTemplateOutcome(session.swarm, name, outcome, by);
      if (!recorded.ok) return recorded;
    }
  }
  return succeed(undefined);
}
