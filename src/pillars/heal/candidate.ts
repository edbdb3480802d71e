import { rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder, writeFileAtomic } from "../../core/files.ts";
import { lineHunks } from "./edit/difference.ts";
import type { FileChange } from "./file-change.ts";
import { insidePath } from "./tree.ts";

/** Who proposes an edit. */
export type FixSource =
  | { readonly kind: "template"; readonly template: string; readonly learnedIn: string; readonly learnedAt: string }
  | { readonly kind: "builtin"; readonly fixer: string }
  | { readonly kind: "search"; readonly operator: string }
  | { readonly kind: "model"; readonly model: string };

/** A tool's own repair, started in the worktree by the work half: fixed words, never text from a log or a model. */
export interface FixCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Some repairs (a lockfile) have to ask the package registry. */
  readonly network: "host" | "none";
}

export interface Proposal {
  /** What it does, in the imperative, as a commit subject would: "import the JSON file with `with`". */
  readonly summary: string;
  readonly changes: readonly FileChange[];
  /** Run after the changes; what they leave behind becomes part of the edit. */
  readonly commands?: readonly FixCommand[];
}

export type { FileChange } from "./file-change.ts";

/** An edit that may heal, before anything has been proven about it. */
export interface Candidate extends Proposal {
  readonly source: FixSource;
  /** 0 to 1; the order in which candidates are tried, and the fact `fix.trust`. */
  readonly trust: number;
}

/** How a source is written in commits, events and facts. */
export function sourceName(source: FixSource): string {
  switch (source.kind) {
    case "template":
      return `template ${source.template}`;
    case "builtin":
      return `fixer ${source.fixer}`;
    case "search":
      return `search ${source.operator}`;
    case "model":
      return `model ${source.model}`;
  }
}

/** Writes an edit into a folder; refuses a path that leaves it or a file that is not as the edit expects it. */
export async function writeChanges(
  root: string,
  changes: readonly FileChange[],
  current: (path: string) => Promise<string | undefined>,
): Promise<Outcome<readonly string[]>> {
  for (const change of changes) {
    if ((await insidePath(root, change.path)) === undefined) {
      return fail(problem("policy", "heal.path_outside", `an edit of ${change.path} would leave the repository`));
    }
    if ((await current(change.path)) !== change.before) {
      return fail(
        problem("product", "heal.file_changed", `${change.path} is not as the edit expects it`, {
          where: { file: change.path },
        }),
      );
    }
  }
  for (const change of changes) {
    const place = await insidePath(root, change.path);
    if (place === undefined) throw new Error(`checked above: ${change.path}`);
    if (change.after === undefined) {
      await rm(place);
    } else {
      await makeFolder(dirname(place));
      const runnable = change.executable === true || (change.before !== undefined && (await isExecutable(place)));
      await writeFileAtomic(place, change.after, runnable ? 0o755 : 0o644);
    }
  }
  return succeed(changes.map((change) => change.path));
}

async function isExecutable(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o111) !== 0;
}

/** Lines added plus lines removed, as `git diff --numstat` counts them for the minimal diff. */
export function changedLines(changes: readonly FileChange[]): number {
  let count = 0;
  for (const change of changes) {
    for (const hunk of lineHunks(change.before ?? "", change.after ?? "")) {
      count += hunk.before.length + hunk.after.length;
    }
  }
  return count;
}
