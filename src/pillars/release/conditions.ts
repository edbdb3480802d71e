import { establish, mergeFacts } from "../../constitution/probe.ts";
import { canonicalJson, type Json } from "../../core/canonical.ts";
import type { CiBackend } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { ciFacts } from "../../pipeline/local/facts.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { Git } from "../../tools/git/git.ts";
import { sandboxAbility, sandboxFacts } from "../../tools/sandbox/sandbox.ts";
import { releaseFacts } from "./plan.ts";
import type { ReleasePlan } from "./report.ts";

const HOUR_MS = 3_600_000;

/**
 * The facts that a release is judged by, looked up anew each time it is carried on: where the released commit stands,
 * whether its pipeline passed, and what is to be released. What nothing looked at stays unknown, so
 * that a rule which asks for it does not match.
 */
export async function releaseConditions(
  session: Session,
  git: Git,
  plan: ReleasePlan,
  ci: CiBackend | undefined,
): Promise<Outcome<Facts>> {
  const status = await git.status();
  if (!status.ok) return status;
  const onBranch = await isOnBranch(git, plan);
  if (!onBranch.ok) return onBranch;
  const files = await git.listAt(plan.commit);
  if (!files.ok) return files;
  const lacking = session.organisation.constitution.document.release.docs.filter((path) => !files.value.includes(path));
  const evidence = {
    commit: plan.commit,
    time: plan.time,
    branch: plan.branch,
    on_branch: onBranch.value,
    status: status.value,
    lacking,
  };
  const source = establish("release.source", canonicalJson(evidence as unknown as Json), {
    "source.commit": plan.commit,
    "source.branch": onBranch.value ? plan.branch : undefined,
    "source.clean": status.value.length === 0,
    "source.age_hours": Math.max(0, Math.floor((session.clock.now() - plan.time) / HOUR_MS)),
    "source.lacks_docs": lacking,
  });
  // Coverage is known of builds that this program made, whoever is asked whether the commit is green.
  const built = await ciFacts(session, plan.commit);
  if (!built.ok) return built;
  const judged = ci ? await backendFacts(session, ci, plan.commit) : succeed({});
  if (!judged.ok) return judged;
  // Several units share one run: a rule about versions sees the first, which is the highest in the plan's order.
  const [first] = plan.units;
  const sandbox = sandboxFacts(await sandboxAbility());
  return succeed(mergeFacts(source, { ...built.value, ...judged.value }, sandbox, first ? releaseFacts(first) : {}));
}

/** The branch at the remote, as last seen, or the local one contains the commit. */
async function isOnBranch(git: Git, plan: ReleasePlan): Promise<Outcome<boolean>> {
  for (const ref of [`refs/remotes/origin/${plan.branch}`, `refs/heads/${plan.branch}`]) {
    const tip = await git.resolve(ref);
    if (!tip.ok) continue;
    const contains = await git.isAncestor(plan.commit, tip.value);
    if (!contains.ok || contains.value) return contains;
  }
  return succeed(false);
}

async function backendFacts(session: Session, ci: CiBackend, commit: string): Promise<Outcome<Facts>> {
  const latest = await ci.latest(productOf(session).name, commit);
  if (!latest.ok) return latest;
  const seen = latest.value;
  return succeed(
    establish(`ci.${ci.name}`, JSON.stringify(seen ?? { commit, builds: 0 }), {
      "ci.green": seen ? seen.state === "passed" : undefined,
    }),
  );
}
