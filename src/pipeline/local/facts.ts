import { establish, mergeFacts } from "../../constitution/probe.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { productOf, type Session } from "../session.ts";
import { latestJudged } from "./backend.ts";
import { recordsOf } from "./records.ts";

/**
 * `ci.green` and `coverage.percent` of a commit, from the builds that the Swarm DB knows. Absent, that is unknown, when
 * it was never built, or when no stage of the build wrote a coverage report.
 */
export async function ciFacts(session: Session, commit: string): Promise<Outcome<Facts>> {
  const { company, name } = productOf(session);
  const judged = await latestJudged(session.swarm, { company, product: name }, commit);
  if (!judged.ok) return judged;
  if (!judged.value) return succeed({});
  const { build, state } = judged.value;
  const evidence = JSON.stringify({ id: build.id, commit, state, stages: build.stages });
  const green = establish("builds", evidence, { "ci.green": state === "passed" });
  const reports = recordsOf(build).flatMap(({ reports }) => reports?.lineCoverage ?? []);
  const lines = reports.reduce((sum, one) => sum + one.lines, 0);
  if (lines === 0) return succeed(green);
  const covered = reports.reduce((sum, one) => sum + one.covered, 0);
  return succeed(mergeFacts(green, establish("builds", evidence, { "coverage.percent": (100 * covered) / lines })));
}
