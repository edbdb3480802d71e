import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isProtectedBranch } from "../../../constitution/protect.ts";
import { type Outcome, succeed } from "../../../core/diagnostic.ts";
import { recordsOf } from "../../../pipeline/local/records.ts";
import { productOf, type Session } from "../../../pipeline/session.ts";
import { listBuilds } from "../../../swarm/builds.ts";
import type { Git } from "../../../tools/git/git.ts";
import type { FileChange } from "../candidate.ts";
import { healLimits, refusalOf } from "../checks.ts";
import { inProduct, readFailure } from "../failure.ts";
import { keepTemplate, type Lesson, lessonOf } from "../learn.ts";
import type { BuildFailure } from "../read/report.ts";
import { openTree } from "../tree.ts";

/** A build of this machine that passed. */
export interface GreenBuild {
  readonly build: string;
  /** Full id. */
  readonly commit: string;
  readonly stages: readonly { readonly name: string; readonly state: string }[];
}

/** Builds looked through for the one before. */
const MOST_BUILDS = 20;

/**
 * Learns from a person who repaired what a build of this machine had shown: the build before was red at an ancestor of
 * the green commit, and the same stage passes now. See learnBetween. Answers the template's id; undefined where there is
 * nothing to learn.
 */
export async function learnFromPeople(
  session: Session,
  git: Git,
  green: GreenBuild,
): Promise<Outcome<string | undefined>> {
  const nothing = succeed(undefined);
  const red = await redBefore(session, green);
  if (!red.ok || red.value === undefined) return red.ok ? nothing : red;
  const { commit: base, stage, log } = red.value;
  const main = productOf(session).config.get("git.main_branch");
  if (!isProtectedBranch(session.organisation.constitution, main)) return nothing;
  const tip = await git.branchCommit(main);
  if (!tip.ok || tip.value === undefined) return tip.ok ? nothing : tip;
  const reached = await git.isAncestor(green.commit, tip.value);
  if (!reached.ok || !reached.value) return reached.ok ? nothing : reached;
  return await learnBetween(session, git, { base, stage, log: async () => succeed(log) }, green);
}

/** A red build: what it was of, the stage that failed, and the way to its log's file. */
export interface RedBuild {
  readonly base: string;
  readonly stage: string;
  readonly log: () => Promise<Outcome<string>>;
}

/**
 * Learns from what people changed between a red commit and a green one of the product's protected main branch: small, no
 * heal's, nothing protected touched. Such a change becomes a template of source `person`. It begins with the trust of an
 * untried one: nobody proved that this change alone made the stage pass. The log is asked for last.
 */
export async function learnBetween(
  session: Session,
  git: Git,
  red: RedBuild,
  green: Pick<GreenBuild, "build" | "commit">,
): Promise<Outcome<string | undefined>> {
  const { name } = productOf(session);
  const { base, stage } = red;
  const nothing = succeed(undefined);
  // A commit that was rewritten away since is no part of the history any more.
  const known = await git.resolve(base);
  if (!known.ok) return nothing;
  const within = await git.isAncestor(base, green.commit);
  if (!within.ok || !within.value) return within.ok ? nothing : within;
  const commits = await git.log(`${base}..${green.commit}`);
  if (!commits.ok) return commits;
  if (commits.value.some(({ trailers }) => trailers.some(([key]) => key === "Heal-Run"))) return nothing;

  const changes = await changesBetween(git, base, green.commit);
  if (!changes.ok || changes.value === undefined) return changes.ok ? nothing : changes;
  const { constitution } = session.organisation;
  if (refusalOf(changes.value, constitution, healLimits(constitution)) !== undefined) return nothing;

  const log = await red.log();
  if (!log.ok) return log;
  const failure = await readFailure(log.value, { stage, product: name });
  // The log of a build may have been tidied away since.
  if (!failure.ok || failure.value === undefined || failure.value.category === "infrastructure") return nothing;
  const lesson = await lessonAt(session, git, { base, changes: changes.value, failure: failure.value });
  if (!lesson.ok) return lesson;
  if (!lesson.value.template) return nothing;
  const saved = await keepTemplate(session, {
    pattern: failure.value.pattern,
    ecosystem: lesson.value.ecosystem,
    edit: lesson.value.template,
    learnedFrom: { product: name, commit: green.commit, run: green.build },
    source: "person",
  });
  if (!saved.ok) return saved;
  const task = "heal.learn.person";
  const title = `learned ${saved.value} from ${green.commit.slice(0, 7)}, which turned ${stage} green`;
  session.emit({ type: "task.started", task, title });
  session.emit({ type: "task.finished", task, state: "done", title });
  return saved;
}

/** The build just before, where it was red in a stage that is green now and of another commit: the same one is flaky. */
async function redBefore(
  session: Session,
  green: GreenBuild,
): Promise<Outcome<{ readonly commit: string; readonly stage: string; readonly log: string } | undefined>> {
  const { company, name } = productOf(session);
  const builds = await listBuilds(session.swarm, { company, product: name, finished: true, limit: MOST_BUILDS });
  if (!builds.ok) return builds;
  const before = builds.value.find(({ id, commit }) => id !== green.build && commit !== undefined);
  if (before?.commit === undefined || before.state !== "failed" || before.commit === green.commit) {
    return succeed(undefined);
  }
  const failed = recordsOf(before).find(({ kind, state }) => kind === "command" && state === "failed");
  const passes = green.stages.some((stage) => stage.name === failed?.name && stage.state === "passed");
  if (failed?.log === undefined || !passes) return succeed(undefined);
  return succeed({ commit: before.commit, stage: failed.name, log: failed.log });
}

/** Both texts of each changed file; undefined where a file came, went or is no text: such a change is no template. */
async function changesBetween(
  git: Git,
  base: string,
  commit: string,
): Promise<Outcome<readonly FileChange[] | undefined>> {
  const change = await git.diff(base, commit);
  if (!change.ok) return change;
  if (change.value.files.some(({ status, binary, kind }) => status !== "modified" || binary || kind !== "file")) {
    return succeed(undefined);
  }
  const changes: FileChange[] = [];
  for (const { path } of change.value.files) {
    const before = await git.readAt(base, path);
    if (!before.ok) return before;
    const after = await git.readAt(commit, path);
    if (!after.ok) return after;
    changes.push({ path, before: before.value, after: after.value });
  }
  return succeed(changes.length > 0 ? changes : undefined);
}

/** The lesson, made in a checkout of the red commit: there the template has to lead to the person's very edit again. */
async function lessonAt(
  session: Session,
  git: Git,
  from: { readonly base: string; readonly changes: readonly FileChange[]; readonly failure: BuildFailure },
): Promise<Outcome<Lesson>> {
  const paths = await git.listAt(from.base);
  if (!paths.ok) return paths;
  const failure = inProduct(from.failure, productOf(session).path, paths.value);
  const scratch = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-learn-")));
  try {
    const root = join(scratch, "tree");
    const added = await git.addWorktree(root, from.base);
    if (!added.ok) return added;
    const lesson = await lessonOf(from.changes, failure, openTree(root));
    const removed = await git.removeWorktree(root);
    return removed.ok ? succeed(lesson) : removed;
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}
