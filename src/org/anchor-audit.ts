import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Anchor, AuditEntry } from "../constitution/audit.ts";
import { decisionIn } from "../constitution/decision-record.ts";
import { type Gate, permitOf } from "../constitution/gate.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import { writeFileAtomic } from "../core/files.ts";
import { commitFacts } from "../pillars/commit-facts.ts";
import type { Session } from "../pipeline/session.ts";
import { cloneRepository, type Git, openRepository } from "../tools/git/git.ts";
import { ANCHORS_FILE, anchorsText, parseAnchors } from "./anchors.ts";

export interface Anchoring {
  /** `nothing`: the log is empty, or holds nothing since the last anchor but that anchor's own entries. */
  readonly state: "anchored" | "nothing" | "planned" | "not_allowed";
  /** The newest anchor; the one that would be written in a dry run. */
  readonly anchor: Anchor | undefined;
  /** The organisation's commit that holds it. */
  readonly commit: string | undefined;
  readonly reason: string;
}

const REMOTE = "origin";
/** Somebody else may push to the organisation in between; then it is done again on top of theirs. */
const TRIES = 3;

/**
 * Commits the audit log's head to the organisation repository, so that whoever can write the log cannot rewrite it
 * unseen. The log is verified against the earlier anchors first: a broken one is never vouched for. Works in a scratch
 * clone, and only the push counts, so that a killed process leaves nothing behind.
 *
 * @param options.whereAllowed leaves it without asking anybody, or a trace, where no rule allows it
 */
export async function anchorAudit(
  session: Session,
  options: { readonly whereAllowed?: boolean } = {},
): Promise<Outcome<Anchoring>> {
  const open = { redactor: session.redactor, signal: session.signal };
  const mirror = await openRepository(session.organisation.path, open);
  if (!mirror.ok) return mirror;
  const branch = await mirror.value.branch();
  if (!branch.ok) return branch;
  const url = await mirror.value.remoteUrl(REMOTE);
  if (!url.ok) return url;
  const gate = session.gate.bound({ pillar: "org", attempt: 1, trigger: session.trigger });
  for (let attempt = 1; ; attempt += 1) {
    const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-anchor-"));
    try {
      const clone = await cloneRepository(url.value, join(scratch, "organisation"), { ...open, ref: branch.value });
      if (!clone.ok) return clone;
      const done = await anchorIn({ session, gate, git: clone.value, branch: branch.value }, options);
      const overtaken = !done.ok && done.diagnostics.some(({ code }) => code === "git.push_rejected");
      if (!overtaken || attempt >= TRIES) return done;
    } finally {
      await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

interface Place {
  readonly session: Session;
  readonly gate: Gate;
  readonly git: Git;
  readonly branch: string;
}

async function anchorIn(place: Place, options: { readonly whereAllowed?: boolean }): Promise<Outcome<Anchoring>> {
  const { session, git } = place;
  const base = await git.head();
  if (!base.ok) return base;
  const text = await anchorsText(git, base.value);
  if (!text.ok) return text;
  const anchors = parseAnchors(text.value, base.value);
  if (!anchors.ok) return anchors;
  const verified = await session.audit.verify({ anchors: anchors.value });
  if (!verified.ok) return verified;
  const { head, anchored } = verified.value;
  const nothing = (reason: string) =>
    succeed<Anchoring>({ state: "nothing", anchor: anchored, commit: anchored ? base.value : undefined, reason });
  if (!head) return nothing("the audit log is empty");
  if (anchored) {
    const entries = await session.audit.entries();
    if (!entries.ok) return entries;
    const later = entries.value.filter(({ seq }) => seq > anchored.seq);
    if (onlyAnchoring(later, git.identity)) return nothing(`anchored up to #${anchored.seq}, and nothing came since`);
  }
  const lines = `${text.value.replace(/\n*$/, text.value === "" ? "" : "\n")}${JSON.stringify(head)}\n`;
  await writeFileAtomic(join(git.root, ANCHORS_FILE), lines);
  return await commitAndPush(place, { base: base.value, head }, options);
}

async function commitAndPush(
  { session, gate, git, branch }: Place,
  { base, head }: { readonly base: string; readonly head: Anchor },
  { whereAllowed = false }: { readonly whereAllowed?: boolean },
): Promise<Outcome<Anchoring>> {
  const paths = [ANCHORS_FILE];
  const candidate = await git.candidate({ base, paths });
  if (!candidate.ok) return candidate;
  const looked = await commitFacts(session, git, candidate.value);
  if (!looked.ok) return looked;
  const facts = looked.value;
  const commitTarget = { repository: git.identity, branch, base, tree_digest: candidate.value.treeDigest };
  const pushTarget = (commit: string) =>
    ({ repository: git.identity, remote: REMOTE, ref: `refs/heads/${branch}`, commit }) as const;
  if (session.dryRun || whereAllowed) {
    const answered = await preview(gate, commitTarget, pushTarget(base), facts);
    const answer = { anchor: head, commit: undefined, reason: answered.reason };
    if (session.dryRun) return succeed({ state: answered.allowed ? "planned" : "not_allowed", ...answer });
    if (!answered.allowed) return succeed({ state: "not_allowed", ...answer });
  }
  const committing = permitOf(await gate("git.commit", commitTarget, facts));
  if (!committing.ok) return committing;
  const message = `chore(audit): anchor entry ${head.seq}`;
  const committed = await git.commitAll(committing.value, commitTarget, { message, paths });
  if (!committed.ok) return committed;
  const { commit } = committed.value;
  const pushing = permitOf(await gate("git.push", pushTarget(commit), facts));
  if (!pushing.ok) return pushing;
  const pushed = await git.push(pushing.value, pushTarget(commit));
  if (!pushed.ok) return pushed;
  const reason = `anchored up to #${head.seq} in ${commit.slice(0, 7)}`;
  return succeed({ state: "anchored", anchor: head, commit, reason });
}

async function preview(
  gate: Gate,
  commit: Parameters<typeof gate.preview<"git.commit">>[1],
  push: Parameters<typeof gate.preview<"git.push">>[1],
  facts: Facts,
): Promise<{ readonly allowed: boolean; readonly reason: string }> {
  const decisions = [await gate.preview("git.commit", commit, facts), await gate.preview("git.push", push, facts)];
  const stopping = decisions.find(({ answer }) => answer !== "allow");
  return { allowed: stopping === undefined, reason: stopping?.reason ?? decisions[0]?.reason ?? "" };
}

/** Whether entries are those that an anchoring leaves itself: without this each anchor would call for the next. */
function onlyAnchoring(entries: readonly AuditEntry[], repository: string): boolean {
  const permits = new Set<string>();
  return entries.every((entry) => {
    const decision = decisionIn(entry);
    if (decision) {
      const target = decision.target as { readonly repository?: string };
      const own = target.repository === repository && decision.facts["run.pillar"]?.value === "org";
      if (own && decision.permit) permits.add(decision.permit);
      return own;
    }
    if (entry.kind === "audit.sealed" || entry.kind === "audit.repaired") return true;
    return entry.kind.startsWith("effect.") && permits.has((entry.data as { readonly permit?: string }).permit ?? "");
  });
}
