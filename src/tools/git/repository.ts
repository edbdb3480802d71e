import { realpath } from "node:fs/promises";
import { resolve as resolvePath } from "node:path";
import type { Target } from "../../core/action.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import type { Redactor } from "../../core/redact.ts";
import { type Committed, commitAll, type PushInput, push, tag } from "./act.ts";
import { type BuiltCommit, writeBuiltCommit } from "./built-commit.ts";
import { type Candidate, writeCandidate } from "./candidate.ts";
import { type Change, treeChange } from "./change.ts";
import { type CommitInput, type Draft, draftCommit } from "./commit-object.ts";
import { guardConfig } from "./config-guard.ts";
import { unknownRef, withoutCredentials } from "./diagnose.ts";
import {
  type Commit,
  commitsOf,
  isShallow,
  type LineChange,
  type LogOptions,
  lineChange,
  log,
  type Person,
  requireFullHistory,
  type Tag,
  tags,
} from "./history.ts";
import { optionalRef } from "./refs.ts";
import { findRemoteRef, networkCall, type RemoteCredentials, remoteUrl } from "./remote.ts";
import { applyReverse } from "./revert.ts";
import { callGit, type GitCall, git, nulParts } from "./run.ts";
import { addWorktree, removeDeadWorktrees, removeWorktree, type Worktree, worktrees } from "./worktree.ts";

/** Who makes commits and tags when nobody is configured. */
export const DEFAULT_AUTHOR: Person = { name: "Code Monkeys Ship", email: "codemonkeys@localhost" };

export interface StatusEntry {
  readonly path: string;
  /** The two letters of `git status --porcelain`: index and work tree. */
  readonly state: string;
}

/**
 * A repository, or one of its work trees. Reading calls change nothing and take no locks. Acting calls take a permit,
 * look first whether the effect is there already (then they succeed without acting), and run no hook.
 */
export interface Git {
  /** Real path of the work tree's root; of the repository itself when it is bare. */
  readonly root: string;
  /** The repository's name in targets: its `origin` URL without credentials, else its real path. */
  readonly identity: string;
  /** Id of the commit that is checked out; fails with `git.no_commits`. */
  head(): Promise<Outcome<string>>;
  /** Short name of the branch that is checked out; fails with `git.detached_head`. */
  branch(): Promise<Outcome<string>>;
  isClean(): Promise<Outcome<boolean>>;
  /** Changed and untracked files; a rename is two entries. */
  status(): Promise<Outcome<StatusEntry[]>>;
  isShallow(): Promise<Outcome<boolean>>;
  requireFullHistory(): Promise<Outcome<void>>;
  /** A remote's URL as configured, credentials included; fails with `git.no_remote`. */
  remoteUrl(name: string): Promise<Outcome<string>>;
  /** A file's text at a ref; fails with `git.unknown_ref` or `git.path_missing`. */
  readAt(ref: string, path: string): Promise<Outcome<string>>;
  /** Paths of all files at a ref. */
  listAt(ref: string): Promise<Outcome<string[]>>;
  /** Paths of the work tree's files that git tracks or would add: nothing that `.gitignore` names. */
  files(): Promise<Outcome<string[]>>;
  /** `range`: a ref, or `from..to`. Newest first. */
  log(range: string, options?: LogOptions): Promise<Outcome<Commit[]>>;
  /** These commits alone, by full id and in that order. */
  commits(ids: readonly string[]): Promise<Outcome<Commit[]>>;
  /** The commit that changed a line (from 1) of a file last; undefined where it is not committed yet. */
  lineChange(path: string, line: number): Promise<Outcome<LineChange | undefined>>;
  /** The newest commit of a range that carries exactly this trailer. */
  findByTrailer(range: string, key: string, value: string): Promise<Outcome<Commit | undefined>>;
  tags(): Promise<Outcome<Tag[]>>;
  diff(from: string, to: string): Promise<Outcome<Change>>;
  /** What the work tree would be committed as on top of `base` (default: HEAD). Leaves the repository untouched. */
  candidate(options?: { base?: string; paths?: readonly string[] }): Promise<Outcome<Candidate>>;
  /** Full id of the commit that a ref names; fails with `git.unknown_ref`. */
  resolve(ref: string): Promise<Outcome<string>>;
  /** The local branch's commit, undefined when there is no such branch. */
  branchCommit(branch: string): Promise<Outcome<string | undefined>>;
  /** True when `ancestor` is `descendant` or lies in its history. */
  isAncestor(ancestor: string, descendant: string): Promise<Outcome<boolean>>;
  worktrees(): Promise<Outcome<Worktree[]>>;
  /** Checks a commit out in a new directory, detached, and opens it. */
  addWorktree(directory: string, commit: string): Promise<Outcome<Git>>;
  removeWorktree(directory: string): Promise<Outcome<void>>;
  /** Takes away work trees that killed processes left; those of people and of living processes stay. */
  removeDeadWorktrees(): Promise<Outcome<void>>;
  /**
   * Puts the reverse of a commit's change into this (scratch) work tree, uncommitted, and answers the changed paths; fails
   * with `git.revert_conflict`.
   */
  applyReverse(commit: string): Promise<Outcome<readonly string[]>>;
  /** The commit a remote's ref (full name, `refs/heads/main`) points to; undefined when it has none of that name. */
  lsRemote(remote: string, ref: string, credentials?: RemoteCredentials): Promise<Outcome<string | undefined>>;
  /** Fetches with the remote's own refspecs, or the given ones; tags come along when asked for. */
  fetch(remote: string, options?: FetchOptions): Promise<Outcome<void>>;

  commitAll(
    permit: Permit<"git.commit">,
    target: Target<"git.commit">,
    input: CommitInput,
  ): Promise<Outcome<Committed>>;
  push(permit: Permit<"git.push">, target: Target<"git.push">, input?: PushInput): Promise<Outcome<void>>;
  /** Makes an annotated tag. The tag at the same commit is done already; elsewhere it is `git.tag_elsewhere`. */
  tag(permit: Permit<"release.tag">, target: Target<"release.tag">, input: { message: string }): Promise<Outcome<void>>;
  /** The commit that `commitAll` would make of this work tree with the same input, as an object that nothing names yet. */
  draftCommit(base: string, input: CommitInput & { readonly time: number }): Promise<Outcome<Draft>>;
  /** Writes a commit with further files on top of another one, as an object that nothing names yet; answers its id. */
  builtCommit(input: BuiltCommit): Promise<Outcome<string>>;
}

export interface FetchOptions {
  readonly refspecs?: readonly string[];
  readonly tags?: boolean;
  readonly credentials?: RemoteCredentials;
}

export interface OpenOptions {
  /** Author and committer of what is made here. */
  readonly author?: Person | undefined;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the repository that holds `path`. Fails with `git.missing`, `git.too_old` or `git.not_a_repository`. */
export async function openRepository(path: string, options: OpenOptions = {}): Promise<Outcome<Git>> {
  const call: GitCall = { cwd: path, redactor: options.redactor, signal: options.signal };
  // Each start of git costs milliseconds, and every command begins here: what does not wait for another goes beside it.
  const [version, places, origin] = await Promise.all([
    gitVersion(call),
    git(["rev-parse", "--is-bare-repository", "--absolute-git-dir", "--git-common-dir"], call),
    remoteUrl("origin", call),
  ]);
  if (!version.ok) return version;
  if (!places.ok) return places;
  if (!origin.ok && !origin.diagnostics.some(({ code }) => code === "git.no_remote")) return origin;
  const [bare, gitDir = "", commonDir = ""] = places.value.split("\n");
  const top = bare === "true" ? succeed(gitDir) : await git(["rev-parse", "--show-toplevel"], call);
  if (!top.ok) return top;
  const root = await realpath(top.value.replace(/\n$/, ""));
  const here: GitCall = { ...call, cwd: root };
  // git answers relative to where it was asked.
  const home = (await realpath(resolvePath(path, commonDir))).replace(/\/\.git$/, "");
  return succeed(makeGit(root, origin.ok ? withoutCredentials(origin.value) : home, here, options));
}

function makeGit(root: string, identity: string, call: GitCall, options: OpenOptions): Git {
  const author = options.author ?? DEFAULT_AUTHOR;
  const acting = { identity, author, call };
  const resolve = (ref: string) => resolveCommit(ref, call);
  const resolved = async <T>(
    refs: readonly string[],
    work: (...ids: string[]) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> => {
    const ids: string[] = [];
    for (const ref of refs) {
      const id = await resolve(ref);
      if (!id.ok) return id;
      ids.push(id.value);
    }
    return work(...ids);
  };
  const status = async (): Promise<Outcome<StatusEntry[]>> => {
    // A file whose time stamp changed is compared through its clean filter.
    const guarded = await guardConfig(call);
    if (!guarded.ok) return guarded;
    const text = await git(["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"], call);
    if (!text.ok) return text;
    return succeed(nulParts(text.value).map((entry) => ({ state: entry.slice(0, 2), path: entry.slice(3) })));
  };
  const logOf: Git["log"] = async (range, logOptions = {}) => {
    const [first = "", second] = range.split("..", 2);
    if (second === undefined) return resolved([first], (to) => log({ to: to as string }, logOptions, call));
    return resolved([first, second || "HEAD"], (from, to) => log({ from, to: to as string }, logOptions, call));
  };
  return {
    root,
    identity,
    async head() {
      const id = await resolve("HEAD");
      if (id.ok) return id;
      return fail(
        problem("product", "git.no_commits", `${root} has no commit yet`, {
          next: "make a first commit, then run this again",
        }),
      );
    },
    async branch() {
      const called = await callGit(["symbolic-ref", "--quiet", "--short", "HEAD"], call);
      if (!called.ok) return called;
      if (called.value.exitCode === 0) return succeed(called.value.stdout.trim());
      return fail(
        problem("config", "git.detached_head", `${root} has no branch checked out (detached HEAD)`, {
          next: "git switch BRANCH (in Jenkins: check out to a local branch)",
        }),
      );
    },
    status,
    async isClean() {
      const entries = await status();
      return entries.ok ? succeed(entries.value.length === 0) : entries;
    },
    isShallow: () => isShallow(call),
    requireFullHistory: () => requireFullHistory(call),
    remoteUrl: (name) => remoteUrl(name, call),
    async readAt(ref, path) {
      if (!FULL_ID.test(ref)) return resolved([ref], (id) => readFileAt(id as string, ref, path, call));
      const text = await readFileAt(ref, ref, path, call);
      if (text.ok) return text;
      // Without the commit there is no file of it either; which of the two is missing is asked only now.
      const known = await resolve(ref);
      return known.ok ? text : known;
    },
    listAt: (ref) =>
      resolved([ref], async (id) => {
        const text = await git(["ls-tree", "-r", "-z", "--name-only", "--full-tree", id as string], call);
        return text.ok ? succeed(nulParts(text.value)) : text;
      }),
    async files() {
      const text = await git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], call);
      return text.ok ? succeed(nulParts(text.value)) : text;
    },
    log: logOf,
    commits: (ids) => commitsOf(ids, call),
    lineChange: (path, line) => lineChange(path, line, call),
    async findByTrailer(range, key, value) {
      const commits = await logOf(range);
      if (!commits.ok) return commits;
      const has = (commit: Commit) =>
        commit.trailers.some(([name, text]) => name.toLowerCase() === key.toLowerCase() && text === value);
      return succeed(commits.value.find(has));
    },
    tags: () => tags(call),
    diff: (from, to) => resolved([from, to], (a, b) => treeChange(a as string, b as string, call)),
    candidate: ({ base = "HEAD", paths } = {}) =>
      resolved([base], (id) => writeCandidate(root, id as string, { paths, keep: false, call })),
    resolve,
    branchCommit: (branch) => optionalRef(`refs/heads/${branch}`, call),
    isAncestor: (ancestor, descendant) =>
      resolved([ancestor, descendant], async (a, b) => {
        const called = await callGit(["merge-base", "--is-ancestor", a as string, b as string], call);
        return called.ok ? succeed(called.value.exitCode === 0) : called;
      }),
    worktrees: () => worktrees(call),
    addWorktree: (directory, commit) =>
      resolved([commit], async (id) => {
        const added = await addWorktree(directory, id as string, call);
        if (!added.ok) return added;
        const at = await realpath(directory);
        return succeed(makeGit(at, identity, { ...call, cwd: at }, options));
      }),
    removeWorktree: (directory) => removeWorktree(directory, call),
    removeDeadWorktrees: () => removeDeadWorktrees(call),
    applyReverse: (commit) => resolved([commit], (id) => applyReverse(id as string, call)),
    lsRemote: (remote, ref, credentials) => findRemoteRef(remote, ref, { ...call, credentials }),
    async fetch(remote, { refspecs = [], tags: withTags = false, credentials } = {}) {
      const prepared = await networkCall(remote, { ...call, credentials });
      if (!prepared.ok) return prepared;
      const flags = ["--quiet", "--no-auto-maintenance", withTags ? "--tags" : "--no-tags"];
      const fetched = await git(["fetch", ...flags, "--end-of-options", remote, ...refspecs], {
        ...prepared.value,
        writes: true,
      });
      return fetched.ok ? succeed(undefined) : fetched;
    },
    commitAll: (permit, target, input) => commitAll(permit, target, input, { ...acting, root }),
    push: (permit, target, input = {}) => push(permit, target, input, acting),
    tag: (permit, target, { message }) => tag(permit, target, message, acting),
    draftCommit: (base, input) => draftCommit(root, base, input, acting),
    builtCommit: (input) => writeBuiltCommit(input, acting),
  };
}

async function resolveCommit(ref: string, call: GitCall): Promise<Outcome<string>> {
  const id = await optionalRef(ref, call);
  if (!id.ok) return id;
  return id.value === undefined ? fail(unknownRef(ref)) : succeed(id.value);
}

async function readFileAt(commit: string, ref: string, path: string, call: GitCall): Promise<Outcome<string>> {
  const called = await callGit(["cat-file", "blob", `${commit}:${path}`], call);
  if (!called.ok) return called;
  if (called.value.exitCode === 0 && !called.value.truncated) return succeed(called.value.stdout);
  return fail(
    called.value.truncated
      ? problem("product", "git.output_too_large", `${path} at ${ref} is too large to read`, {
          where: { file: path, commit },
        })
      : problem("config", "git.path_missing", `there is no file ${path} at ${ref}`, { where: { file: path, commit } }),
  );
}

const FULL_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

const OLDEST = [2, 30] as const;

/** The version of git that runs here; fails with `git.missing` or `git.too_old`. */
export async function gitVersion(call: GitCall): Promise<Outcome<string>> {
  const answer = await git(["version"], call);
  if (!answer.ok) return answer;
  const match = /(\d+)\.(\d+)/.exec(answer.value);
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return succeed(answer.value.trim());
  return fail(
    problem("infrastructure", "git.too_old", `${answer.value.trim()} is too old`, {
      next: `install git ${OLDEST.join(".")} or newer`,
    }),
  );
}
