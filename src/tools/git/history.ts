import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type GitCall, git } from "./run.ts";

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: Person;
  /** Commit time, milliseconds since the epoch. */
  readonly time: number;
  readonly subject: string;
  /** The message after its subject, trailers included. */
  readonly body: string;
  /** Key and value of each trailer, in order. */
  readonly trailers: readonly (readonly [key: string, value: string])[];
}

export interface Tag {
  readonly name: string;
  /** The commit it points to in the end. */
  readonly commit: string;
  readonly annotated: boolean;
  /** Milliseconds since the epoch: when it was made, for a lightweight tag its commit's time. */
  readonly time: number;
}

export interface LogOptions {
  /** Only commits that touch these paths (literal, relative to the root). */
  readonly paths?: readonly string[];
  readonly limit?: number;
  /** Follow first parents only: what was merged appears as its merge. */
  readonly firstParent?: boolean;
}

const FIELDS = ["%H", "%P", "%an", "%ae", "%ct", "%s", "%b", "%(trailers:only,unfold)"];

const LOG = [
  "log",
  "-z",
  "--encoding=UTF-8",
  "--no-color",
  "--no-show-signature",
  `--format=format:${FIELDS.join("%x00")}`,
];

/**
 * Commits reachable from `to` and not from `from`, newest first. In a shallow clone a warning `git.shallow` comes with
 * the answer, since older commits may be missing from it.
 */
export async function log(
  range: { readonly from?: string | undefined; readonly to: string },
  options: LogOptions,
  call: GitCall,
): Promise<Outcome<Commit[]>> {
  const shallow = await isShallow(call);
  if (!shallow.ok) return shallow;
  const text = await git(
    [
      ...LOG,
      ...(options.limit === undefined ? [] : [`--max-count=${options.limit}`]),
      ...(options.firstParent ? ["--first-parent"] : []),
      "--end-of-options",
      range.from === undefined ? range.to : `${range.from}..${range.to}`,
      "--",
      ...(options.paths ?? []),
    ],
    { ...call, env: { ...call.env, GIT_LITERAL_PATHSPECS: "1" } },
  );
  return text.ok ? succeed(readCommits(text.value), shallow.value ? [shallowWarning()] : []) : text;
}

/** These commits and no others, in the order of `ids` (full commit ids). */
export async function commitsOf(ids: readonly string[], call: GitCall): Promise<Outcome<Commit[]>> {
  if (ids.length === 0) return succeed([]);
  const text = await git([...LOG, "--no-walk=unsorted", "--stdin"], { ...call, input: `${ids.join("\n")}\n` });
  return text.ok ? succeed(readCommits(text.value)) : text;
}

function readCommits(text: string): Commit[] {
  const parts = text === "" ? [] : text.split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + FIELDS.length <= parts.length; at += FIELDS.length) {
    const [id = "", parents = "", name = "", email = "", time = "0", subject = "", body = "", trailers = ""] =
      parts.slice(at, at + FIELDS.length);
    commits.push({
      id,
      parents: parents === "" ? [] : parents.split(" "),
      author: { name, email },
      time: Number(time) * 1000,
      subject,
      body,
      trailers: trailerList(trailers),
    });
  }
  return commits;
}

function trailerList(text: string): [string, string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
  });
}

export async function isShallow(call: GitCall): Promise<Outcome<boolean>> {
  const answer = await git(["rev-parse", "--is-shallow-repository"], call);
  return answer.ok ? succeed(answer.value.trim() === "true") : answer;
}

function shallowWarning() {
  return problem("config", "git.shallow", "this is a shallow clone: older commits and tags are missing from it", {
    severity: "warning",
    next: "git fetch --unshallow --tags (in Jenkins: switch off the shallow clone of the checkout)",
  });
}

/** Fails with `git.shallow` in a shallow clone, for those who need the whole history. */
export async function requireFullHistory(call: GitCall): Promise<Outcome<void>> {
  const shallow = await isShallow(call);
  if (!shallow.ok) return shallow;
  return shallow.value ? fail({ ...shallowWarning(), severity: "error" }) : succeed(undefined);
}

/** The commit that a line has come from. */
export interface LineChange {
  readonly commit: string;
  readonly subject: string;
  /** Commits since, along the history of HEAD. */
  readonly ago: number;
}

/** Which commit changed a line (from 1) of a file last, at HEAD; undefined where it is not committed yet. */
export async function lineChange(path: string, line: number, call: GitCall): Promise<Outcome<LineChange | undefined>> {
  const told = await git(["blame", "--porcelain", "-L", `${line},${line}`, "--", path], call);
  if (!told.ok) return told;
  const commit = /^[0-9a-f]{40,64}/.exec(told.value)?.[0];
  if (commit === undefined || /^0+$/.test(commit)) return succeed(undefined);
  const since = await git(["rev-list", "--count", `${commit}..HEAD`], call);
  if (!since.ok) return since;
  const subject = /^summary (.*)$/m.exec(told.value)?.[1] ?? "";
  return succeed({ commit, subject, ago: Number(since.value.trim()) });
}

/** All tags that point to a commit, in no special order. */
export async function tags(call: GitCall): Promise<Outcome<Tag[]>> {
  const format = [
    "%(refname:strip=2)",
    "%(objecttype)",
    "%(objectname)",
    "%(*objecttype)",
    "%(*objectname)",
    "%(creatordate:unix)",
  ];
  const text = await git(["for-each-ref", `--format=${format.join("%00")}`, "refs/tags/"], call);
  if (!text.ok) return text;
  return succeed(
    text.value.split("\n").flatMap((line): Tag[] => {
      const [name = "", type, object = "", peeledType, peeled = "", time = "0"] = line.split("\0");
      const annotated = type === "tag";
      if ((annotated ? peeledType : type) !== "commit") return [];
      return [{ name, commit: annotated ? peeled : object, annotated, time: Number(time) * 1000 }];
    }),
  );
}
