/**
 * Conventional Commits 1.0.0 (the specification's sixteen rules), read from raw commit messages, and what history adds
 * to them: squashed commits, merges that carry a pull request's title, reverts and `Release-As`. A parser of our own,
 * because conventional-commits-parser reads neither the specification's footers nor squashed bodies, and takes about
 * twice as long over a whole history (bench/release.ts measures both).
 */

/** One footer (a git trailer, but for `BREAKING CHANGE`): token as written, value with its line breaks. */
export interface Footer {
  readonly token: string;
  readonly value: string;
}

/** One change a message tells of. A squashed message tells of several. */
export interface Change {
  /** Lower case; empty when the header is not conventional. */
  readonly type: string;
  readonly scope: string | undefined;
  readonly description: string;
  readonly breaking: boolean;
  /** What breaks: each `BREAKING CHANGE` footer's text; empty when only `!` says so. */
  readonly breakingNotes: readonly string[];
  readonly footers: readonly Footer[];
}

export interface ParsedMessage {
  /** The first is the subject's; others come from a squashed body. */
  readonly changes: readonly Change[];
  /** Ids, as written (maybe shortened), of commits this one reverts. */
  readonly reverts: readonly string[];
  /** Subject of the reverted commit, where git's own `Revert "…"` names it. */
  readonly revertsSubject: string | undefined;
  /** The value of the last `Release-As` footer. */
  readonly releaseAs: string | undefined;
  /** The subject is the default one of a merge; the change, if any, is the pull request's title. */
  readonly merge: boolean;
}

const HEADER = /^([A-Za-z][\w-]*)(?:\(([^()\r\n]*)\))?(!)?:[ \t]+(\S.*)$/;
const BREAKING = /^(?:[*-][ \t]+)?BREAKING[ -]CHANGES?[ \t]*:[ \t]*(.*)$/;
const FOOTER = /^([A-Za-z][A-Za-z0-9-]*)(?:: | #)(\S.*)$/;
const DEFAULT_MERGE =
  /^(?:Merge (?:pull request|branch|branches|tag|commit|remote-tracking branch|bitbucket)\b|Merged in )/;
/** A merge train's commit (bors): one line of its body for each pull request, `12: feat: title r=ann a=bob`. */
const TRAIN = /^Merge #\d+(?: #\d+)*$/;
const TRAIN_TITLE = /^\d+: (.*?)(?: r=\S+)?(?: a=\S+)?$/;
const AZURE_MERGE = /^Merged PR \d+: (.*)$/;
const REVERTED = /\b(?:[Tt]his reverts (?:commit|merge)|[Rr]everts?) ([0-9a-f]{7,64})\b/g;
const GIT_REVERT = /^Revert "(.*)"(?: \(#\d+\))?$/;
const REAPPLY = /^Reapply "(.*)"(?: \(#\d+\))?$/;
const SQUASHED_COMMIT = /^commit [0-9a-f]{40}$/;
/** Characters of a body that are read; what stands beyond them is neither a header nor a note that a person wrote. */
const BODY_LIMIT = 256 * 1024;

/** How much of a squashed body counts: all conventional headers in it, or the subject alone. */
export interface ReadOptions {
  readonly squash: "all" | "subject";
  /** A merge commit's pull request title counts as a change of its own. */
  readonly mergeTitles: boolean;
  /** Types that may start a change inside a squashed body, lower case. Prose like "note: …" is none. */
  readonly types: ReadonlySet<string>;
}

/**
 * Reads one message: its subject line and the rest (body and footers, any line ends). Never throws: a subject that is
 * not conventional gives a change of type "".
 */
export function readMessage(subjectLine: string, rest: string, options: ReadOptions): ParsedMessage {
  let subject = subjectLine.trim();
  // Most messages of most histories are one line; they need no splitting.
  let body = rest === "" ? [] : trimLines(rest.slice(0, BODY_LIMIT).split("\n"));
  const capitalM = subject.charCodeAt(0) === 77;
  if (capitalM && TRAIN.test(subject)) {
    const changes = options.mergeTitles ? trainChanges(body) : [];
    return { changes, reverts: [], revertsSubject: undefined, releaseAs: releaseAs(body), merge: true };
  }
  const merge = capitalM && DEFAULT_MERGE.test(subject);
  if (merge) {
    // The forge's default subject; the pull request's title is the body's first line.
    const at = body.findIndex((line) => line !== "");
    const title = options.mergeTitles && at >= 0 ? HEADER.exec(body[at] as string) : null;
    if (!title) return { changes: [], reverts: [], revertsSubject: undefined, releaseAs: releaseAs(body), merge };
    subject = body[at] as string;
    body = body.slice(at + 1);
  } else {
    const azure = AZURE_MERGE.exec(subject);
    if (azure?.[1]) subject = azure[1];
  }
  const segments = body.length === 0 ? [] : segment(body, options);
  // What stands under no header of its own (the subject's body, the trailers after GitHub's rule) is the subject's.
  const own = segments.filter((part) => part.header === undefined).flatMap((part) => ["", ...part.lines]);
  const changes = [readChange(subject, own)];
  for (const part of segments) if (part.header !== undefined) changes.push(readChange(part.header, part.lines));
  return { changes, ...revertsOf(subject, body, changes[0] as Change), releaseAs: releaseAs(body), merge };
}

/** The pull requests of a merge train, by title; what their texts list in prose is no change of its own. */
function trainChanges(body: readonly string[]): Change[] {
  const parts: { title: string; lines: string[] }[] = [];
  for (const line of body) {
    const title = TRAIN_TITLE.exec(line)?.[1];
    if (title === undefined) parts.at(-1)?.lines.push(line);
    else parts.push({ title, lines: [] });
  }
  return parts.filter(({ title }) => HEADER.test(title)).map(({ title, lines }) => readChange(title, lines));
}

function trimLines(lines: string[]): string[] {
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (line.length > 0 && line.charCodeAt(line.length - 1) <= 32) lines[at] = line.trimEnd();
  }
  return lines;
}

/**
 * Cuts a body at conventional headers that begin a paragraph or a bullet (GitHub, GitLab, `git merge --squash`). What
 * is quoted, in a code fence or indented as code, is no change; only `git merge --squash` indents what it tells of.
 */
function segment(body: readonly string[], options: ReadOptions): { header?: string; lines: string[] }[] {
  const parts: { header?: string; lines: string[] }[] = [{ lines: [] }];
  if (options.squash === "subject") return [{ lines: [...body] }];
  const squashed = body.some((line) => SQUASHED_COMMIT.test(line));
  let starts = true;
  let fenced = false;
  for (const line of body) {
    const last = parts.at(-1) as { lines: string[] };
    if (line === "") {
      starts = true;
      last.lines.push(line);
      continue;
    }
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced;
    const bullet = /^ {0,3}[*-][ \t]+/.exec(line);
    const text = (bullet ? line.slice(bullet[0].length) : line).trim();
    const quoted = fenced || (!squashed && /^(?: {4}|\t)/.test(line));
    const header = !quoted && (bullet || starts) ? HEADER.exec(text) : null;
    if (header && options.types.has((header[1] as string).toLowerCase())) parts.push({ header: text, lines: [] });
    // GitHub's rule between the squashed commits and the trailers that belong to all of them.
    else if (/^-{4,}$/.test(line)) parts.push({ lines: [] });
    else last.lines.push(bullet && BREAKING.test(text) ? text : squashed ? text : line);
    starts = false;
  }
  return parts;
}

/** What a header says once it and the reverts it takes back are struck out: what was reverted and comes again is that change. */
function withoutPairs(header: string): string {
  const again = REAPPLY.exec(header)?.[1] ?? GIT_REVERT.exec(GIT_REVERT.exec(header)?.[1] ?? "")?.[1];
  return again === undefined ? header : withoutPairs(again);
}

function readChange(written: string, body: readonly string[]): Change {
  const header = withoutPairs(written);
  const reverted = GIT_REVERT.exec(header)?.[1];
  const match = HEADER.exec(reverted === undefined ? header : `revert: ${reverted}`);
  const footers = body.length === 0 ? NO_FOOTERS : readFooters(body);
  const breakingNotes =
    footers.length === 0 ? NO_NOTES : footers.filter((f) => isBreakingToken(f.token)).map((f) => f.value.trim());
  if (!match) {
    return {
      type: "",
      scope: undefined,
      description: header,
      breaking: breakingNotes.length > 0,
      breakingNotes,
      footers,
    };
  }
  const type = (match[1] as string).toLowerCase();
  const scope = match[2]?.trim();
  return {
    type,
    scope: scope === "" ? undefined : scope,
    description: match[4] as string,
    // Rule 12 allows it without `!`; rule 16 makes BREAKING-CHANGE the same token.
    breaking: match[3] === "!" || breakingNotes.length > 0,
    breakingNotes: breakingNotes.filter((note) => note !== ""),
    footers,
  };
}

const NO_FOOTERS: readonly Footer[] = [];
const NO_NOTES: readonly string[] = [];

function isBreakingToken(token: string): boolean {
  return token === "BREAKING CHANGE" || token === "BREAKING-CHANGE";
}

/**
 * Footers stand after a blank line at the end (rule 8). A value goes on until the next token (rule 10), also over blank
 * lines. `BREAKING CHANGE:` counts at the start of any line of the body, since people forget the blank line and losing
 * a breaking change is the dearest mistake a release can make.
 */
function readFooters(body: readonly string[]): readonly Footer[] {
  const footers: { token: string; lines: string[] }[] = [];
  let open: { token: string; lines: string[] } | undefined;
  let afterBlank = true;
  let fenced = false;
  for (const line of body) {
    if (line === "") {
      afterBlank = true;
      open?.lines.push("");
      continue;
    }
    const fence = /^\s*(?:```|~~~)/.test(line);
    if (fence) fenced = !fenced;
    const breaking = fenced || fence ? null : BREAKING.exec(line);
    const footer = breaking || fenced || fence ? null : FOOTER.exec(line);
    if (breaking) {
      open = { token: "BREAKING CHANGE", lines: [breaking[1] as string] };
      footers.push(open);
    } else if (footer && (afterBlank || open)) {
      open = { token: footer[1] as string, lines: [footer[2] as string] };
      footers.push(open);
    } else if (open && (!afterBlank || open.token === "BREAKING CHANGE" || /^\s/.test(line))) {
      open.lines.push(line);
    } else {
      // A paragraph of prose after what looked like a footer: it was none of the closing ones.
      open = undefined;
    }
    afterBlank = false;
  }
  return footers.map(({ token, lines }) => ({ token, value: lines.join("\n").trim() }));
}

function releaseAs(body: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const line of body) {
    // Cheap test first: this runs for every line of a whole history.
    if (line.length > 12 && (line.charCodeAt(0) | 32) === 114 /* r */) {
      const match = /^release-as:[ \t]*v?(\S+)$/i.exec(line);
      if (match) found = match[1];
    }
  }
  return found;
}

function revertsOf(
  subject: string,
  body: readonly string[],
  change: Change,
): Pick<ParsedMessage, "reverts" | "revertsSubject"> {
  const gitRevert = GIT_REVERT.exec(subject);
  const reapplied = REAPPLY.exec(subject);
  if (!gitRevert && !reapplied && change.type !== "revert") return { reverts: NO_NOTES, revertsSubject: undefined };
  const reverts = new Set<string>();
  for (const match of body.join("\n").matchAll(REVERTED)) reverts.add(match[1] as string);
  for (const footer of change.footers) {
    if (/^refs?$/i.test(footer.token)) {
      for (const id of footer.value.split(/[\s,]+/)) if (/^[0-9a-f]{7,64}$/.test(id)) reverts.add(id);
    }
  }
  // "Reapply X" is git's name for the revert of `Revert "X"`.
  const named = gitRevert?.[1] ?? (reapplied ? `Revert "${reapplied[1]}"` : change.description);
  return { reverts: [...reverts], revertsSubject: named };
}
