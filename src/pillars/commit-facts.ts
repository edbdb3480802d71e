import { mergeFacts } from "../constitution/probe.ts";
import { protectedPaths } from "../constitution/protect.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import type { Session } from "../pipeline/session.ts";
import { type Candidate, changeFacts, type Git, gitFacts } from "../tools/git/git.ts";

/**
 * What rules may ask about any commit before it is made: where the repository stands, and how large the change is, which
 * paths it touches and which of them are protected. `git` is the repository that is looked at, `candidate` the tree that
 * would be committed; a pillar merges what it alone knows (a proof, a version) into these.
 */
export async function commitFacts(session: Session, git: Git, candidate: Candidate): Promise<Outcome<Facts>> {
  const source = await gitFacts(git);
  if (!source.ok) return source;
  const { constitution } = session.organisation;
  return succeed(
    mergeFacts(
      source.value,
      changeFacts(candidate.change, (paths) => protectedPaths(constitution, paths)),
    ),
  );
}
