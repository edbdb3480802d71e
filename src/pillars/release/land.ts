import { protectedPaths } from "../../constitution/protect.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Session } from "../../pipeline/session.ts";
import { changeFacts, type Git, type RemoteCredentials } from "../../tools/git/git.ts";
import { type Acting, permitFor } from "../acting.ts";
import { type BuiltTag, builtTagOf } from "./built-tag.ts";
import type { ReleasePlan, ReleaseUnit } from "./report.ts";
import { REMOTE } from "./source.ts";
import { inWorktree, putEdits, type ReleaseWork } from "./work.ts";

/** The trailer that ties a release commit to its run. */
export const RUN_TRAILER = "Release-Run";

export interface Landing {
  readonly git: Git;
  readonly plan: ReleasePlan;
  readonly credentials: RemoteCredentials | undefined;
}

/** The release commit as a gate is asked for it. */
export interface CommitAhead {
  /** Its id; that of the commit it will stand on where it is not known yet. */
  readonly commit: string;
  /** True where that is the release commit itself, of which there is an object by now. */
  readonly drafted?: boolean;
  /** Absent: it is made already, or nothing is committed. */
  readonly change?: { readonly treeDigest: string; readonly facts: Facts };
}

/** `chore(release): 1.5.0`; packages with versions of their own are named. */
export function releaseSubject(plan: ReleasePlan): string {
  const [first] = plan.units;
  if (plan.units.length === 1 && first && first.name === plan.product) return `chore(release): ${first.version}`;
  return `chore(release): ${plan.units.map(({ name, version }) => `${name} ${version}`).join(", ")}`;
}

/** Makes the release commit on the release's branch, or finds the one that this run made. */
export async function commitRelease(acting: Acting, landing: Landing, work: ReleaseWork): Promise<Outcome<string>> {
  const { session, run } = acting;
  const { git, plan } = landing;
  // Versions that come from the tag and no changelog entry: the planned commit is the release.
  if (work.edits.length === 0) return succeed(plan.commit);
  const words = await wordsOf(acting, plan);
  if (!words.ok) return words;
  return await run.effect("commit", {
    probe: () => findReleaseCommit(git, plan, run.id),
    act: () =>
      inWorktree(session, git, plan.commit, async (worktree) => {
        const put = await putEdits(session, worktree, work.edits);
        if (!put.ok) return put;
        const target = {
          repository: git.identity,
          branch: plan.branch,
          base: plan.commit,
          tree_digest: put.value.treeDigest,
        };
        const facts = changeFacts(put.value.change, (paths) =>
          protectedPaths(session.organisation.constitution, paths),
        );
        const permit = await permitFor(acting, "git.commit", target, facts);
        if (!permit.ok) return permit;
        return await worktree.commitAll(permit.value, target, { ...words.value, paths: put.value.paths });
      }),
    readBack: { attempts: 1, delayMs: 0 },
  });
}

/** What the release commit says. Its time is kept with the run, so that it is the same commit whoever makes it, and when. */
async function wordsOf({ session, run }: Acting, plan: ReleasePlan) {
  const time = await run.step("commit time", async () => succeed(session.clock.now()));
  if (!time.ok) return time;
  const message = session.redactor.redact(releaseSubject(plan));
  return succeed({ message, trailers: { [RUN_TRAILER]: run.id }, time: time.value });
}

/** The release commit before it is made: as an object that nothing names, with what a gate wants to know of it. */
export async function draftRelease(
  acting: Acting,
  { git, plan }: Pick<Landing, "git" | "plan">,
  work: ReleaseWork,
): Promise<Outcome<CommitAhead>> {
  const { session, run } = acting;
  if (work.edits.length === 0) return succeed({ commit: plan.commit, drafted: true });
  const made = await findReleaseCommit(git, plan, run.id);
  if (!made.ok) return made;
  if (made.value !== undefined) return succeed({ commit: made.value, drafted: true });
  const words = await wordsOf(acting, plan);
  if (!words.ok) return words;
  return await inWorktree(session, git, plan.commit, async (worktree) => {
    const put = await putEdits(session, worktree, work.edits);
    if (!put.ok) return put;
    const draft = await worktree.draftCommit(plan.commit, { ...words.value, paths: put.value.paths });
    if (!draft.ok) return draft;
    const facts = changeFacts(put.value.change, (paths) => protectedPaths(session.organisation.constitution, paths));
    const { commit, treeDigest } = draft.value;
    return succeed({ commit, drafted: true, change: { treeDigest, facts } });
  });
}

/** The commit that carries this run's trailer, on the local branch or, as fetched, on the remote's. */
export async function findReleaseCommit(
  git: Git,
  plan: ReleasePlan,
  run: string,
): Promise<Outcome<string | undefined>> {
  for (const ref of [`refs/heads/${plan.branch}`, `refs/remotes/${REMOTE}/${plan.branch}`]) {
    const tip = await git.resolve(ref);
    if (!tip.ok) continue;
    const contains = await git.isAncestor(plan.commit, tip.value);
    if (!contains.ok) return contains;
    if (!contains.value) continue;
    const found = await git.findByTrailer(`${plan.commit}..${tip.value}`, RUN_TRAILER, run);
    if (!found.ok) return found;
    if (found.value) return succeed(found.value.id);
  }
  return succeed(undefined);
}

/** Pushes the release commit to its branch; done when the remote's branch contains it. */
export async function pushCommit(acting: Acting, landing: Landing, commit: string): Promise<Outcome<string>> {
  const { git, plan, credentials } = landing;
  const ref = `refs/heads/${plan.branch}`;
  return await acting.run.effect("push", {
    async probe() {
      const at = await git.lsRemote(REMOTE, ref, credentials);
      if (!at.ok || at.value === undefined) return at.ok ? succeed(undefined) : at;
      if (at.value === commit) return succeed(commit);
      if (at.value === plan.commit) return succeed(undefined);
      // Somebody pushed in the meantime: on top of the release, or past it.
      const fetched = await git.fetch(REMOTE, { ...(credentials ? { credentials } : {}) });
      if (!fetched.ok) return fetched;
      const contains = await git.isAncestor(commit, at.value);
      return contains.ok ? succeed(contains.value ? commit : undefined) : contains;
    },
    async act() {
      const target = { repository: git.identity, remote: REMOTE, ref, commit };
      const permit = await permitFor(acting, "git.push", target);
      if (!permit.ok) return permit;
      const pushed = await git.push(permit.value, target, credentials ? { credentials } : {});
      if (pushed.ok || !pushed.diagnostics.some(({ code }) => code === "git.push_rejected")) return pushed;
      return fail(
        problem("product", "release.branch_moved", `${plan.branch} moved at ${REMOTE} while the release was prepared`, {
          next: `git reset --keep ${plan.commit.slice(0, 12)} && git pull, then run this again: it plans anew, nothing was published`,
        }),
      );
    },
  });
}

/** The journal's name of a tag. */
export function tagStep(tag: string): string {
  return `tag ${tag}`;
}

function tagElsewhere(tag: string, at: string, wanted: string | undefined): Diagnostic {
  const not = wanted === undefined ? "" : ` and not at ${wanted.slice(0, 12)}`;
  return problem(
    "product",
    "release.tag_elsewhere",
    `${REMOTE} has the tag ${tag} already, at ${at.slice(0, 12)}${not}`,
    {
      next: "a published tag is never moved: write Release-As: with a free version into a commit, or give one with --release-as",
    },
  );
}

/**
 * That the remote has none of the release's tags at another commit: somebody may have pushed one that was never fetched
 * here. Told before the first effect, since a release whose tag is taken can never be finished.
 */
export async function tagsFree(
  { run }: Acting,
  { git, plan, credentials }: Landing,
  { edits }: Pick<ReleaseWork, "edits">,
): Promise<Outcome<void>> {
  const made = edits.length === 0 ? succeed(plan.commit) : await findReleaseCommit(git, plan, run.id);
  if (!made.ok) return made;
  for (const { tag } of plan.units) {
    const at = await git.lsRemote(REMOTE, `refs/tags/${tag}`, credentials);
    if (!at.ok) return at;
    if (at.value !== undefined && at.value !== made.value) return fail(tagElsewhere(tag, at.value, made.value));
  }
  return succeed(undefined);
}

/** Makes the annotated tag of a unit, with its notes in it, and pushes it; done when the remote has it at the commit. */
export async function tagRelease(
  acting: Acting,
  { git, credentials }: Landing,
  unit: ReleaseUnit,
  commit: string,
): Promise<Outcome<string>> {
  const { session, run } = acting;
  const ref = `refs/tags/${unit.tag}`;
  return await run.effect(tagStep(unit.tag), {
    async probe() {
      const at = await git.lsRemote(REMOTE, ref, credentials);
      if (!at.ok || at.value === undefined || at.value === commit) return at.ok ? succeed(at.value) : at;
      return fail(tagElsewhere(unit.tag, at.value, commit));
    },
    async act() {
      const tagTarget = { repository: git.identity, tag: unit.tag, commit };
      const permit = await permitFor(acting, "release.tag", tagTarget);
      if (!permit.ok) return permit;
      const message = `${unit.name} ${unit.version}\n\n${session.redactor.redact(unit.notes)}`;
      const tagged = await git.tag(permit.value, tagTarget, { message });
      if (!tagged.ok) return tagged;
      const pushTarget = { repository: git.identity, remote: REMOTE, ref, commit };
      const pushing = await permitFor(acting, "git.push", pushTarget);
      if (!pushing.ok) return pushing;
      return await git.push(pushing.value, pushTarget, credentials ? { credentials } : {});
    },
  });
}

/**
 * Makes and pushes the tag of a commit that stands on the release commit and has the built files in it. No branch gets
 * that commit. Its id follows from what is in it, so whoever goes on with the release finds the very same one.
 */
export async function makeBuiltTag(
  acting: Acting,
  landing: Landing,
  built: BuiltTag,
  release: string,
): Promise<Outcome<string>> {
  const commit = await builtTagCommit(acting.session, landing, built, release);
  if (!commit.ok) return commit;
  const { unit } = unitOfBuiltTag(acting.session, landing.plan);
  return await tagRelease(acting, landing, { ...unit, tag: built.tag }, commit.value);
}

/** The commit that such a tag is at: an object that nothing names, on top of the release commit. */
export async function builtTagCommit(
  session: Session,
  { git, plan }: Pick<Landing, "git" | "plan">,
  built: BuiltTag,
  release: string,
): Promise<Outcome<string>> {
  const { unit } = unitOfBuiltTag(session, plan);
  const files: { path: string; source: string }[] = [];
  for (const { path, digest } of built.files) {
    const source = await session.artifacts.path(digest);
    if (!source.ok) return source;
    files.push({ path, source: source.value });
  }
  const message = `build: ${unit.name} ${unit.version} with its built files`;
  return await git.builtCommit({ base: release, files, message });
}

function unitOfBuiltTag(session: Session, plan: ReleasePlan) {
  const of = builtTagOf(session, plan);
  if (!of) throw new Error("a built tag belongs to a unit of the plan");
  return of;
}
