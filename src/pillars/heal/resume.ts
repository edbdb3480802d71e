import type { BuildStatus } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { type BranchCi, goOnWithHeals, type WentOn } from "./go-on.ts";
import type { HealReport } from "./report.ts";

/** What became of the product's heals that waited for CI. */
export interface Resumed {
  /** The newest one's report, with what CI said in its reason. */
  readonly report: HealReport;
  /** A build that is red after a heal: to be healed, which goes on in its run. */
  readonly red: { readonly build: BuildStatus; readonly commit: string; readonly branch: string } | undefined;
}

/** Asks CI about every commit that a heal of the product waits for, and advances the runs whose builds have finished. */
export async function resumeHeals(session: Session, ci: BranchCi): Promise<Outcome<Resumed>> {
  const product = productOf(session);
  const git = await productRepository(session);
  if (!git.ok) return git;
  const went = await goOnWithHeals(session, git.value, ci);
  if (!went.ok) return went;
  const [newest] = went.value;
  if (!newest) {
    return fail(
      problem("config", "heal.nothing_waits", `no heal of ${product.name} waits for CI`, {
        next: "codemonkeys heal repairs the newest failed build",
      }),
    );
  }
  const [red] = went.value.flatMap(({ now, build, round: { commit, branch } }) =>
    now === "red" && build ? [{ build, commit, branch }] : [],
  );
  return succeed({ report: { ...newest.round.report, reason: said(newest) }, red });
}

function said({ round, build, now }: WentOn): string {
  const short = round.commit.slice(0, 7);
  if (!build) return now ? `CI did not build ${short} within a day` : `CI has not built ${short} yet`;
  const told = `CI built ${(build.commit ?? round.commit).slice(0, 7)}: ${build.ref.id} ${build.state}`;
  return now === "stopped" ? `${told}, and somebody has pushed to ${round.branch} since: it is theirs now` : told;
}
