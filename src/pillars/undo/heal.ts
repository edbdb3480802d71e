import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf } from "../../pipeline/session.ts";
import { recordTemplateOutcome } from "../../swarm/templates.ts";
import type { Commit } from "../../tools/git/git.ts";
import { reportIn, roundsIn } from "../heal/rounds.ts";
import { undoPullRequest } from "./pull-request.ts";
import { plainEffect, type UndoEffect } from "./report.ts";
import { revertCommit } from "./revert.ts";
import type { Undoing } from "./undoing.ts";

const REMOTE = "origin";

/**
 * Undoes a heal: reverts its commit where it reached a branch that people build on, closes its pull request with a word
 * on why, and tells the templates that took part that they failed, so that they are not tried first again.
 */
export async function undoHeal(undoing: Undoing): Promise<Outcome<UndoEffect[]>> {
  const made = madeBy(undoing);
  const effects: UndoEffect[] = laterRounds(undoing);
  if (made) {
    const reverted = await undoCommit(undoing, made);
    if (!reverted.ok) return reverted;
    effects.push(...reverted.value);
    if (made.branch.startsWith("heal/") && made.pushed) {
      const closed = await undoPullRequest(undoing, made);
      if (!closed.ok) return closed;
      effects.push(...closed.value);
    }
  }
  if (effects.some(({ state }) => state === "refused" || state === "waiting")) return succeed(effects);
  const demoted = await demoteTemplates(undoing);
  return demoted.ok ? succeed([...effects, ...demoted.value]) : demoted;
}

/** A run that went on after a red build has further commits; each reverts on its own, the newest first. */
function laterRounds({ steps }: Undoing): UndoEffect[] {
  const [, ...later] = roundsIn(steps);
  return later
    .toReversed()
    .map(({ commit, branch }) =>
      plainEffect(`revert ${commit.slice(0, 7)} on ${branch}`, "cannot", `by hand, first: git revert ${commit}`),
    );
}

interface Made {
  readonly branch: string;
  readonly commit: string;
  readonly pushed: boolean;
}

/** The commit that the run made, from its journal: also of a run that stopped half way. */
function madeBy({ steps }: Undoing): Made | undefined {
  const done = steps.filter(({ state }) => state === "done");
  const committed = done.find(({ name, value }) => name.startsWith("commit ") && typeof value === "string");
  if (!committed) return undefined;
  const branch = committed.name.slice("commit ".length);
  return { branch, commit: committed.value as string, pushed: done.some(({ name }) => name === `push ${branch}`) };
}

async function undoCommit(undoing: Undoing, made: Made): Promise<Outcome<UndoEffect[]>> {
  const { git, session, credentials, target } = undoing;
  const what = `revert ${made.commit.slice(0, 7)} on ${made.branch}`;
  // A heal branch is nobody's until it is merged; what counts then is the main branch.
  const own = made.branch.startsWith("heal/");
  const branch = own ? productOf(session).config.get("git.main_branch") : made.branch;
  const url = await git.remoteUrl(REMOTE);
  const hasRemote = url.ok && (made.pushed || own);
  if (hasRemote) {
    const fetched = await git.fetch(REMOTE, credentials ? { credentials } : {});
    if (!fetched.ok) return fetched;
  }
  const ref = `refs/heads/${branch}`;
  const tip = hasRemote ? await git.lsRemote(REMOTE, ref, credentials) : await git.branchCommit(branch);
  if (!tip.ok) return tip;
  if (tip.value === undefined) {
    return succeed([
      plainEffect(what, "already", `there is no branch ${branch}${hasRemote ? ` at ${REMOTE}` : ""} any more`),
    ]);
  }
  const found = await findHealed(undoing, made.commit, tip.value);
  if (!found.ok) return found;
  if (!found.value) {
    const why = own ? `it was never merged to ${branch}` : `${branch} has no commit of ${target.id} any more`;
    return succeed([plainEffect(what, "already", why)]);
  }
  return await revertCommit(undoing, { branch, commit: found.value, tip: tip.value, hasRemote });
}

/** The heal's commit in a branch: itself, or what a squash or rebase made of it, by its trailer. */
async function findHealed({ git, target }: Undoing, commit: string, tip: string): Promise<Outcome<Commit | undefined>> {
  const base = target.key.slice(target.key.indexOf("@") + 1);
  const known = await git.resolve(base);
  const made = await git.resolve(commit);
  const range = known.ok ? `${base}..${tip}` : made.ok ? `${commit}^..${tip}` : tip;
  return await git.findByTrailer(range, "Heal-Run", target.id);
}

/** Templates that took part in the heal, and the one that was learned from it. */
async function demoteTemplates(undoing: Undoing): Promise<Outcome<UndoEffect[]>> {
  const { target, acting, session, steps } = undoing;
  const report = reportIn(target, steps);
  const used = report?.fixes.filter(({ kind }) => kind === "template").map(({ name }) => name) ?? [];
  const effects: UndoEffect[] = [];
  for (const id of new Set([...used, ...(report?.learned ? [report.learned] : [])])) {
    const effect = `trust in template ${id}`;
    if (!acting) {
      effects.push(plainEffect(effect, "planned", "this use would count as failed"));
      continue;
    }
    const { company, name: product } = productOf(session);
    // Named after the run that is undone: however often it is undone, the use fails once.
    const use = `undo ${target.id}`;
    const recorded = await acting.run.step(effect, async () => {
      const done = await recordTemplateOutcome(session.swarm, id, "failed", { company, product, use });
      return done.ok ? succeed(true) : done;
    });
    if (!recorded.ok) return recorded;
    effects.push(plainEffect(effect, "undone", "this use counts as failed: it is not tried first again"));
  }
  return succeed(effects);
}
