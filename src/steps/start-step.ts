import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { StartStep } from "../pipeline/local/run.ts";
import type { Session } from "../pipeline/session.ts";
import { announceStep } from "./announce.ts";
import type { StepReport } from "./definition.ts";
import { docsStep } from "./docs.ts";
import { healStep } from "./heal.ts";
import { NO_RELEASE_OPTIONS, runRelease } from "./release.ts";
import { runScan } from "./scan.ts";

/** Starts the steps that stand in a plan, for the local runner: the same definitions that the CLI and Jenkins call. */
export function startStep(session: Session): StartStep {
  return async (step, at) => {
    const done = await byName(session, step, at);
    if (!done.ok) return done;
    const { verdict = "success", summary, diagnostics = [] } = done.value;
    if (verdict === "failure") {
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      return errors.length > 0
        ? fail(...errors)
        : fail(problem("product", `${step}.failed`, summary.split("\n")[0] ?? `${step} failed`));
    }
    const said = summary.split("\n")[0];
    const reason = session.observing && said ? `only observed: ${said}` : said;
    return succeed({ verdict, ...(reason ? { reason } : {}) }, done.warnings);
  };
}

async function byName(
  session: Session,
  step: Parameters<StartStep>[0],
  at: Parameters<StartStep>[1],
): Promise<Outcome<StepReport<unknown>>> {
  switch (step) {
    case "scan":
      return runScan(session, {});
    case "docs":
      return docsStep.run(session, {});
    case "release":
      return runRelease(session, NO_RELEASE_OPTIONS);
    case "announce":
      return announceStep.run(session, {});
    case "heal":
      return healStep.run(session, { build: at.build, stage: at.stage, resume: false, fresh: false });
  }
}
