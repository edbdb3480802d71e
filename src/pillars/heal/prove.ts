import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type Emit, task } from "../../core/events.ts";
import type { Bench, StageRun } from "./bench.ts";
import { type NarrowCommand, narrowCommand } from "./narrow.ts";
import type { BuildFailure } from "./read/report.ts";
import { newWarnings, type WarningClasses, warningsIn } from "./warnings.ts";

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

/** What a checkout with a candidate is held against. */
export interface VerifyRequest {
  readonly failure: BuildFailure;
  readonly bench: Bench;
  /** Runs what failed alone, where that was seen to show the failure: most candidates are dropped after it. */
  readonly narrow: NarrowCommand | undefined;
  readonly timeoutMs: number;
  /** Kinds of warning that the stage showed without the candidate, and the files that the candidate touches. */
  readonly warnings: WarningClasses;
  readonly files: readonly string[];
  readonly emit: Emit;
  readonly number: number;
}

/**
 * Runs what failed, then the whole stage, on a checkout with a candidate: what failed has to be gone, the whole stage has
 * to pass, and it must not warn of anything that it did not warn of before.
 */
export async function verify(request: VerifyRequest): Promise<Outcome<Verified>> {
  const { failure, bench, narrow, number } = request;
  return task(
    request.emit,
    `heal.verify.${number}`,
    "running what failed, and the whole stage",
    async (progress): Promise<Outcome<Verified>> => {
      if (narrow) {
        progress(narrow.what);
        const looked = await bench.check({ command: narrow.command, timeoutMs: request.timeoutMs });
        if (!looked.ok) return looked;
        const run = looked.value;
        if (!run.passed && shows(run, failure)) {
          return succeed({ verdict: "dropped", dropped: "the same failure remains", run });
        }
      }
      const ran = await bench.run(progress);
      if (!ran.ok) return ran;
      const run = ran.value;
      if (run.result.ended === "cancelled")
        return fail(problem("infrastructure", "heal.cancelled", "it was cancelled"));
      if (run.passed) {
        const edit = { files: request.files, complete: failure.category === "test" };
        const warned = newWarnings(request.warnings, await warningsIn(run.logFile), edit);
        if (warned.length === 0) return succeed({ verdict: "passed", run });
        return succeed({ verdict: "dropped", dropped: `it brings in new warnings: ${warned.join(", ")}`, run });
      }
      if (shows(run, failure)) return succeed({ verdict: "dropped", dropped: "the same failure remains", run });
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

/** The failure is there still: by its key, or by its cause at the same place. */
function shows(run: StageRun, failure: BuildFailure): boolean {
  return run.log.failures.some(
    (one) => one.occurrence === failure.occurrence || (one.pattern === failure.pattern && samePlace(one, failure)),
  );
}

/** Below this the whole stage is as quick as asking twice. */
const WORTH_NARROWING_MS = 4_000;

/** The narrow command of a failure where it saves time and was seen to show the failure on the unrepaired checkout. */
export async function provenNarrow(
  failure: BuildFailure,
  bench: Bench,
  stage: { readonly command: string; readonly timeoutMs: number; readonly tookMs: number },
): Promise<Outcome<NarrowCommand | undefined>> {
  if (stage.tookMs < WORTH_NARROWING_MS) return succeed(undefined);
  const narrow = await narrowCommand(stage.command, failure, bench.tree());
  if (!narrow) return succeed(undefined);
  const ran = await bench.check({ command: narrow.command, timeoutMs: stage.timeoutMs });
  if (!ran.ok) return ran;
  return succeed(!ran.value.passed && shows(ran.value, failure) ? narrow : undefined);
}

function samePlace(a: BuildFailure, b: BuildFailure): boolean {
  return a.place?.file === b.place?.file && a.place?.line === b.place?.line && a.message === b.message;
}
