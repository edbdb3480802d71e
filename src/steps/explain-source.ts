import type { LogReport } from "../pillars/heal/read/index.ts";
import { openTree } from "../pillars/heal/tree.ts";
import type { Workplace } from "../pipeline/session.ts";
import { repositoryAt } from "../pipeline/session-git.ts";

/** A place further down would be shown cut off anyway. */
const LONGEST_LINE = 160;

/**
 * The source line that the root failure points at, and the commit that changed it last, for a log that is read inside
 * of the repository it comes from; nothing elsewhere. By `occurrence`, as `Explanation.notes` wants it.
 */
export async function sourceNotes(
  workplace: Workplace,
  { root }: LogReport,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const none = new Map<string, readonly string[]>();
  if (root?.place?.line === undefined) return none;
  const { line } = root.place;
  const git = await repositoryAt(workplace, workplace.cwd);
  if (!git.ok) return none;
  const tree = openTree(git.value.root);
  const file = await tree.locate(root.place.file);
  const text = file === undefined ? undefined : (await tree.read(file))?.split("\n")[line - 1]?.trim();
  if (file === undefined || !text) return none;
  const change = await git.value.lineChange(file, line);
  const by = change.ok ? change.value : undefined;
  const changed = by ? `changed ${ago(by.ago)} (${by.commit.slice(0, 7)}, "${by.subject}")` : "not committed yet";
  const shown = text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
  return new Map([[root.occurrence, [`${file}:${line}  ${shown}`, ...(change.ok ? [changed] : [])]]]);
}

function ago(commits: number): string {
  if (commits === 0) return "by the newest commit";
  return `${commits} ${commits === 1 ? "commit" : "commits"} ago`;
}
