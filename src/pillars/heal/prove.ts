import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type Emit, task } from "../../core/events.ts";
import type { Bench, StageRun } from "./bench.ts";
import type { BuildFailure } from "./read/report.ts";

/** What both proofs are about. */
export interface ProofRequest {
  readonly failure: BuildFailure;
  /** The failing commit, short, for people. */
  readonly commit: string;
  readonly emit: Emit;
}

/** The failure as it was seen again, or why there is nothing to repair. */
export type Seen =
  | { readonly verdict: "flaky" | "infrastructure" | "not_fixed"; readonly reason: string; readonly ms: number }
  | { readonly verdict: undefined; readonly run: StageRun; readonly failure: BuildFailure; readonly ms: number };

/** Runs the stage on the untouched checkout: a repair is only tried for a failure that shows there. */
export async function reproduce(request: ProofRequest, bench: Bench): Promise<Outcome<Seen>> {
  const { failure, commit, emit } = request;
  const started = performance.now();
  return task(
    emit,
    "heal.reproduce",
    `reproducing at ${commit}`,
    async (progress): Promise<Outcome<Seen>> => {
      const ran = await bench.run(progress);
      if (!ran.ok) return ran;
      const ms = performance.now() - started;
      const run = ran.value;
      const ended = run.result.ended;
      if (ended === "cancelled") return fail(problem("infrastructure", "heal.cancelled", "it was cancelled"));
      if (run.passed) {
        return succeed({ verdict: "flaky", reason: `the stage passes at the same commit ${commit}`, ms });
      }
      const same =
        run.log.failures.find((one) => one.occurrence === failure.occurrence) ??
        run.log.failures.find((one) => one.pattern === failure.pattern && one.message === failure.message) ??
        run.log.failures.find((one) => one.pattern === failure.pattern);
      if (same?.category === "infrastructure" || (!same && run.log.root?.category === "infrastructure")) {
        return succeed({ verdict: "infrastructure", reason: (same ?? run.log.root)?.message ?? "infrastructure", ms });
      }
      if (!same && (ended === "not_started" || run.result.exitCode === 127)) {
        const why = run.log.root?.message ?? run.result.startError ?? "a command was not found";
        return succeed({ verdict: "infrastructure", reason: `the stage cannot be run here: ${why}`, ms });
      }
      if (!same) {
        const other = run.log.root?.message ?? (ended === "timeout" ? "it ran out of time" : "it names no cause");
        return succeed({ verdict: "not_fixed", reason: `the stage fails here in another way: ${other}`, ms });
      }
      return succeed({ verdict: undefined, run, failure: same, ms });
    },
    (outcome) => {
      if (!outcome.ok) return { state: "failed" };
      if (outcome.value.verdict)
        return { state: "failed", title: `not reproduced at ${commit}: ${outcome.value.reason}` };
      return { title: `reproduced at ${commit}` };
    },
  );
}

/** What a checkout with a candidate showed. `further`: the failure is gone and another one shows. */
export interface Verified {
  readonly verdict: "passed" | "further" | "dropped";
  readonly dropped?: string;
  readonly run: StageRun;
}

/** Runs the stage on a checkout with a candidate: what failed has to be gone, and the whole stage has to pass. */
export async function verify(
  request: Pick<ProofRequest, "emit">,
  failure: BuildFailure,
  bench: Bench,
  number: number,
): Promise<Outcome<Verified>> {
  return task(
    request.emit,
    `heal.verify.${number}`,
    "running what failed, and the whole stage",
    async (progress): Promise<Outcome<Verified>> => {
      const ran = await bench.run(progress);
      if (!ran.ok) return ran;
      const run = ran.value;
      if (run.result.ended === "cancelled")
        return fail(problem("infrastructure", "heal.cancelled", "it was cancelled"));
      if (run.passed) return succeed({ verdict: "passed", run });
      const remains = run.log.failures.some(
        (one) => one.occurrence === failure.occurrence || (one.pattern === failure.pattern && samePlace(one, failure)),
      );
      if (remains) return succeed({ verdict: "dropped", dropped: "the same failure remains", run });
      const other = run.log.root;
      if (!other || other.category === "infrastructure") {
        return succeed({
          verdict: "dropped",
          dropped: other?.message ?? "the stage fails without naming a cause",
          run,
        });
      }
      return succeed({
        verdict: "further",
        dropped: `the failure is gone, the stage then fails with: ${other.message}`,
        run,
      });
    },
    (outcome) => {
      if (!outcome.ok) return { state: "failed" };
      if (outcome.value.verdict === "passed") return { title: "what failed passes; the whole stage passes" };
      return { state: "skipped", title: outcome.value.dropped ?? "it does not heal" };
    },
  );
}

function samePlace(a: BuildFailure, b: BuildFailure): boolean {
  return a.place?.file === b.place?.file && a.place?.line === b.place?.line && a.message === b.message;
}
