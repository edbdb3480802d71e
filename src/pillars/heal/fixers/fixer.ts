import type { FileChange, FixCommand, Proposal } from "../candidate.ts";
import type { BuildFailure } from "../read/report.ts";
import type { Tree } from "../tree.ts";

/** What a fixer looks at. All of it is untrusted text: a fixer takes names and numbers out of it, never commands. */
export interface FixerInput {
  readonly failure: BuildFailure;
  readonly tree: Tree;
  /** The failure's lines of the log and some around them, cleaned of colours. */
  readonly excerpt: string;
}

/** A deterministic repair of one kind of fault. It proposes; whether it healed is for the verification to say. */
export interface Fixer {
  /** Stable; stands in commits as `Heal-Source: fixer NAME`. */
  readonly name: string;
  /** What it repairs, as one line for the docs. */
  readonly summary: string;
  /**
   * Prior of success, 0 to 1: 0.9 where the tool itself names the edit or only one is possible, 0.7 where the edit is
   * the usual one, 0.5 where it is a guess that the verification will often refuse, 0.1 where it makes a test agree with
   * what the product does now: tried when nothing else has healed.
   */
  readonly trust: number;
  propose(input: FixerInput): Promise<readonly Proposal[]>;
}

/** The failure's own words and the lines around them. */
export function textOf({ failure, excerpt }: FixerInput): string {
  return `${failure.message}\n${excerpt}`;
}

/** The file a failure is in: its place, else the first place that the excerpt names in the form `FILE:LINE`. */
export async function placeOf({
  failure,
  tree,
  excerpt,
}: FixerInput): Promise<{ file: string; line: number } | undefined> {
  if (failure.place) {
    const file = await tree.locate(failure.place.file);
    if (file !== undefined) return { file, line: failure.place.line ?? 1 };
  }
  for (const [, path = "", line = "1"] of excerpt.matchAll(/((?:file:\/\/)?[\w@./\\-]+\.\w{1,5}):(\d+)/g)) {
    const file = await tree.locate(path);
    if (file !== undefined) return { file, line: Number(line) };
  }
  return undefined;
}

/** One file's change by a function of its text; no proposal when nothing changes or there is no such file. */
export async function rewrite(
  tree: Tree,
  path: string,
  edit: (text: string) => string | undefined,
): Promise<FileChange | undefined> {
  const before = await tree.read(path);
  if (before === undefined) return undefined;
  const after = edit(before);
  return after === undefined || after === before ? undefined : { path, before, after };
}

/** A change of one line (from 1), keeping its line end. */
export function editLine(
  line: number,
  edit: (text: string) => string | undefined,
): (text: string) => string | undefined {
  return (text) => {
    const lines = text.split("\n");
    const old = lines[line - 1];
    if (old === undefined) return undefined;
    const end = old.endsWith("\r") ? "\r" : "";
    const body = edit(end ? old.slice(0, -1) : old);
    if (body === undefined) return undefined;
    lines[line - 1] = body + end;
    return lines.join("\n");
  };
}

/** Proposals of the changes that are there. */
export function proposals(
  summary: string,
  changes: readonly (FileChange | undefined)[],
  commands: readonly FixCommand[] = [],
): readonly Proposal[] {
  const real = changes.filter((change) => change !== undefined);
  return real.length === 0 ? [] : [{ summary, changes: real, ...(commands.length > 0 ? { commands } : {}) }];
}

/** A regular expression that finds a name as a whole word, `$` and letters of all scripts included. */
export function wholeWord(name: string, flags = "gu"): RegExp {
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_$])${quoted}(?![\\p{L}\\p{N}_$])`, flags);
}

/** JavaScript and TypeScript sources. */
export const SCRIPT = /\.[cm]?[jt]sx?$/;
