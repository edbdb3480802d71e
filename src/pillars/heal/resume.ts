import type { CiBackend } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { openRepository } from "../../tools/git/git.ts";
import { advanceHeals } from "./advance.ts";
import type { HealReport } from "./report.ts";
import { awaitingCi, newestOf } from "./rounds.ts";

/** What became of the product's heals that waited for CI. */
export interface Resumed {
  /** The newest one's report, with what CI said in its reason. */
  readonly report: HealReport;
  /** A build that is red after a heal: to be healed, which goes on in its run. The backend's own id. */
  readonly red: { readonly build: string; readonly commit: string; readonly branch: string } | undefined;
}

/** Asks CI about every commit that a heal of the product waits for, and advances the runs whose builds have finished. */
export async function resumeHeals(session: Session, ci: Pick<CiBackend, "latest">): Promise<Outcome<Resumed>> {
  const product = productOf(session);
  const awaiting = await awaitingCi(session.swarm, product);
  if (!awaiting.ok) return awaiting;
  const [newest] = awaiting.value;
  if (!newest) {
    return fail(
      problem("config", "heal.nothing_waits", `no heal of ${product.name} waits for CI`, {
        next: "codemonkeys heal repairs the newest failed build",
      }),
    );
  }
  const git = await openRepository(product.path, { redactor: session.redactor, signal: session.signal });
  if (!git.ok) return git;
  let red: Resumed["red"];
  let reason = `CI has not built ${newestOf(newest).commit.slice(0, 7)} yet`;
  for (const one of awaiting.value) {
    const { commit, branch } = newestOf(one);
    const status = await ci.latest(product.name, commit);
    if (!status.ok) return status;
    if (!status.value) continue;
    const { id } = status.value.ref;
    const told = { commit, state: status.value.state, build: id };
    const advanced = session.dryRun ? succeed([]) : await advanceHeals(session, git.value, told);
    if (!advanced.ok) return advanced;
    if (status.value.state === "failed") red ??= { build: id, commit, branch };
    if (one === newest) reason = `CI built ${commit.slice(0, 7)}: ${id} ${status.value.state}`;
  }
  return succeed({ report: { ...newestOf(newest).report, reason }, red });
}
