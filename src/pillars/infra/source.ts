import { establish, mergeFacts } from "../../constitution/probe.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { ciFacts } from "../../pipeline/local/facts.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { Git } from "../../tools/git/git.ts";

/**
 * The facts about the commit that a plan was made of, whatever is checked out now: `source.commit`, `source.branch` (the
 * main branch when it contains the commit, else the checked-out one when that does), `source.clean`, and `ci.green` of
 * builds that are known.
 */
export async function planSource(session: Session, git: Git, commit: string): Promise<Outcome<Facts>> {
  const main = productOf(session).config.get("git.main_branch");
  const status = await git.status();
  if (!status.ok) return status;
  const named = await git.branch();
  if (!named.ok && !named.diagnostics.some(({ code }) => code === "git.detached_head")) return named;
  const candidates: [branch: string, ref: string][] = [
    [main, `refs/remotes/origin/${main}`],
    ...(named.ok ? [[named.value, `refs/heads/${named.value}`] satisfies [string, string]] : []),
  ];
  let branch: string | undefined;
  for (const [name, ref] of candidates) {
    const tip = await git.resolve(ref);
    if (branch !== undefined || !tip.ok) continue;
    const contains = await git.isAncestor(commit, tip.value);
    if (!contains.ok) return contains;
    if (contains.value) branch = name;
  }
  const shown = status.value.map(({ state, path }) => `${state} ${path}\n`).join("");
  const source = establish("infra.source", `commit ${commit}\nbranch ${branch ?? "(none)"}\n${shown}`, {
    "source.commit": commit,
    "source.branch": branch,
    "source.clean": status.value.length === 0,
  });
  const built = await ciFacts(session, commit);
  return built.ok ? succeed(mergeFacts(source, built.value)) : built;
}
