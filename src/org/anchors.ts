import * as z from "zod";
import type { Anchor } from "../constitution/audit.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Session } from "../pipeline/session.ts";
import { repositoryAt } from "../pipeline/session-git.ts";
import type { Git } from "../tools/git/git.ts";

/** Where the organisation repository keeps the audit log's anchors, one JSON object a line. */
export const ANCHORS_FILE = "audit/anchors.jsonl";

export const anchorSchema = z.strictObject({
  seq: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
});

/** The anchors at the organisation's protected ref; none is an empty list. */
export async function readAnchors(session: Session): Promise<Outcome<Anchor[]>> {
  const { path, commit } = session.organisation;
  const git = await repositoryAt(session, path);
  if (!git.ok) return git;
  const text = await anchorsText(git.value, commit);
  return text.ok ? parseAnchors(text.value, commit) : text;
}

/** The anchors file at a commit; empty where there is none. */
export async function anchorsText(git: Git, commit: string): Promise<Outcome<string>> {
  const text = await git.readAt(commit, ANCHORS_FILE);
  if (text.ok) return text;
  return text.diagnostics.some(({ code }) => code === "git.path_missing") ? succeed("") : text;
}

export function parseAnchors(text: string, commit: string): Outcome<Anchor[]> {
  const anchors: Anchor[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const anchor = readAnchor(line);
    if (!anchor) {
      return fail(
        problem("policy", "audit.bad_anchor", "this line is not an anchor", {
          where: { file: ANCHORS_FILE, line: index + 1, commit },
          next: "anchors are only ever added: restore the file from the organisation's history",
        }),
      );
    }
    anchors.push(anchor);
  }
  return succeed(anchors);
}

function readAnchor(line: string): Anchor | undefined {
  try {
    return anchorSchema.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
