import { higher, type Level, type Rules } from "../../pipeline/release-rules.ts";
import type { Commit } from "../../tools/git/git.ts";
import { type Change, type ParsedMessage, type ReadOptions, readMessage } from "./commit.ts";

/** What of a commit decides about versions and notes. */
export type HistoryCommit = Pick<Commit, "id" | "parents" | "author" | "time" | "subject" | "body">;

/** One change of a release and the commit that brought it. */
export interface ReleaseChange extends Change {
  readonly commit: HistoryCommit;
  readonly level: Level;
}

export interface Changes {
  /** What calls for a release or is worth a line, newest first; reverted pairs and repeats are gone. */
  readonly changes: readonly ReleaseChange[];
  readonly level: Level;
  /** The value of the newest `Release-As` footer, as written. */
  readonly releaseAs: string | undefined;
}

/** Reads each commit's message once, however often its changes are asked for under the same reading options. */
export function messageReader(
  rules: Pick<Rules, "squash" | "merge_titles" | "types">,
): (commit: HistoryCommit) => ParsedMessage {
  const options: ReadOptions = {
    squash: rules.squash,
    mergeTitles: rules.merge_titles,
    types: new Set([...Object.keys(rules.types), ...ORDINARY_TYPES]),
  };
  const read = new WeakMap<HistoryCommit, ParsedMessage>();
  return (commit) => {
    const known = read.get(commit);
    if (known) return known;
    const message = readMessage(commit.subject, commit.body, options);
    read.set(commit, message);
    return message;
  };
}

/** Types in wide use that release nothing; in a squashed body they begin a change of their own all the same. */
const ORDINARY_TYPES = ["build", "chore", "ci", "deps", "docs", "refactor", "security", "style", "test", "tests"];

/**
 * The changes of some commits (newest first, as `git log` gives them) and the level they call for together. Where those
 * are the commits that touch a package, `history` is all of them: git leaves out merges, which reverts may name.
 */
export function changesOf(
  commits: readonly HistoryCommit[],
  rules: Rules,
  read: (commit: HistoryCommit) => ParsedMessage = messageReader(rules),
  history: readonly HistoryCommit[] = commits,
): Changes {
  const gone = rules.reverts ? cancelled(history, read) : NOTHING;
  const changes: ReleaseChange[] = [];
  const seen = new Set<string>();
  let level: Level = "none";
  let releaseAs: string | undefined;
  for (const commit of commits) {
    const message = read(commit);
    releaseAs ??= message.releaseAs;
    if (gone.has(commit)) continue;
    for (const change of message.changes) {
      const own = levelOf(change, rules);
      level = higher(level, own);
      if (change.type === "" && !change.breaking) continue;
      // A merge's title repeats its only commit's subject; a cherry-pick repeats its original.
      const key = `${change.type}\0${change.scope ?? ""}\0${withoutReference(change.description)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      changes.push({ ...change, commit, level: own });
    }
  }
  if (level === "none" && commits.length > 0) level = rules.otherwise;
  return { changes, level, releaseAs };
}

const NOTHING: ReadonlySet<HistoryCommit> = new Set();

/** `feat: x (#12)` and `feat: x` are the same change. */
function withoutReference(description: string): string {
  return description.endsWith(")") ? description.replace(/\s*\(#\d+\)$/, "") : description;
}

function levelOf(change: Change, rules: Rules): Level {
  const ofType = Object.hasOwn(rules.types, change.type) ? (rules.types[change.type] as Level) : "none";
  if (change.breaking && (rules.breaking === "all" || ofType !== "none")) return "major";
  return ofType;
}

/**
 * Commits that were reverted within the same range, with the commits that reverted them. Newest first, so that a revert
 * which was itself reverted undoes nothing.
 */
function cancelled(
  commits: readonly HistoryCommit[],
  read: (commit: HistoryCommit) => ParsedMessage,
): ReadonlySet<HistoryCommit> {
  let gone: Set<HistoryCommit> | undefined;
  let byPrefix: Map<string, HistoryCommit[]> | undefined;
  for (const [at, commit] of commits.entries()) {
    const { reverts, revertsSubject } = read(commit);
    if (revertsSubject === undefined || gone?.has(commit)) continue;
    byPrefix ??= prefixes(commits);
    const targets = reverts.flatMap(
      (id) => byPrefix?.get(id.slice(0, 7))?.filter((candidate) => candidate.id.startsWith(id)) ?? [],
    );
    if (reverts.length === 0) {
      // No id given: the nearest older commit of that subject.
      const wanted = withoutReference(revertsSubject);
      const named = commits
        .slice(at + 1)
        .find((older) => withoutReference(older.subject) === wanted && !gone?.has(older));
      if (named) targets.push(named);
    }
    if (targets.length === 0) continue;
    gone ??= new Set();
    for (const target of targets) {
      gone.add(target);
      for (const brought of broughtBy(target, commits)) gone.add(brought);
    }
    // The revert itself is not news either, unless it also undoes something that was released before.
    if (targets.length >= reverts.length) gone.add(commit);
  }
  return gone ?? NOTHING;
}

/** What a merge brought to its branch: its revert takes that back too. Nothing for an ordinary commit. */
function broughtBy(merge: HistoryCommit, commits: readonly HistoryCommit[]): HistoryCommit[] {
  const [mainline, ...merged] = merge.parents;
  if (mainline === undefined || merged.length === 0) return [];
  const byId = new Map(commits.map((commit) => [commit.id, commit]));
  const below = (ids: readonly string[], but: ReadonlySet<HistoryCommit>) => {
    const found = new Set<HistoryCommit>();
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const commit = byId.get(id);
      if (!commit || found.has(commit) || but.has(commit)) continue;
      found.add(commit);
      open.push(...commit.parents);
    }
    return found;
  };
  return [...below(merged, below([mainline], NOTHING))];
}

function prefixes(commits: readonly HistoryCommit[]): Map<string, HistoryCommit[]> {
  const map = new Map<string, HistoryCommit[]>();
  for (const commit of commits) {
    const key = commit.id.slice(0, 7);
    const list = map.get(key);
    if (list) list.push(commit);
    else map.set(key, [commit]);
  }
  return map;
}
