import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { readRun } from "../../swarm/journal.ts";
import type { Acting } from "../acting.ts";
import type { Climb, Ladder, Left } from "./ladder.ts";
import { type CanaryReport, reportOf } from "./report.ts";
import { takeBack } from "./shift.ts";
import { type Ending, tellEnding, tellingStep } from "./tell.ts";
import { stay, type Turn } from "./waiting.ts";

/** How often it is tried to tell how a canary ended before it is given up. */
const MOST_TELLINGS = 10;

/** Takes the traffic back, tells why, and closes the run as failed. */
export async function goBack(acting: Acting, ladder: Ladder, now: Climb, abort: Left): Promise<Turn> {
  const { session, run } = acting;
  const { why, by, rung } = abort;
  const back = await takeBack(acting, ladder);
  if (!back.ok) {
    const [first] = back.diagnostics;
    const message = `the canary was to be taken back (${why}), and that failed: ${first?.message ?? "without a word"}`;
    return fail(
      problem(first?.kind ?? "infrastructure", "canary.not_back", session.redactor.redact(message), {
        next: "the same command and every `watch` try again; by hand: the deploy playbook with service_share=0",
      }),
      ...back.diagnostics,
    );
  }
  const judged = { verdict: "fail", criteria: abort.criteria } as const;
  const report = reportOf(session, ladder, { state: "taken_back", why, run: run.id, climb: now, judged });
  const { environment, version, stable } = ladder;
  return await end(acting, ladder, now, { event: "canary.taken_back", why, by, rung }, report, () =>
    run.finish("failed", { environment, version, stable, why, by, rung }),
  );
}

/** Tells that it has all traffic, and closes the run as a deployment that later ones go back to. */
export async function finish(acting: Acting, ladder: Ladder, now: Climb): Promise<Turn> {
  const { session, run } = acting;
  const last = now.left.at(-1);
  const why = last?.why ?? "the last rung was well";
  const report = reportOf(session, ladder, { state: "finished", why, run: run.id, climb: now });
  const ending: Ending = { event: "canary.finished", why, by: last?.by ?? "criteria", rung: now.rung };
  const { environment, version, artifact, stable } = ladder;
  return await end(acting, ladder, now, ending, report, () =>
    run.finish("succeeded", { environment, version, rollback: false, artifact, stable }),
  );
}

/** An ending that cannot be told yet keeps the run open for the next call, so many times; the traffic is where it belongs. */
async function end(
  acting: Acting,
  ladder: Ladder,
  now: Climb,
  ending: Ending,
  report: CanaryReport,
  close: () => Promise<Outcome<void>>,
): Promise<Turn> {
  const told = await tellEnding(acting, ladder, ending);
  const warnings: Diagnostic[] = told.ok
    ? []
    : told.diagnostics.map((one) => ({ ...one, severity: "warning" as const }));
  const later = !told.ok && told.diagnostics.some(({ kind }) => kind === "infrastructure");
  if (later && !(await isGivenUp(acting, ending))) {
    const why = `${ending.why}; nobody could be told yet`;
    return await stay(acting, ladder, now, { state: report.state, why, judged: undefined, warnings });
  }
  const closed = await close();
  return closed.ok ? succeed(report, warnings) : closed;
}

async function isGivenUp({ session, run }: Acting, ending: Ending): Promise<boolean> {
  const read = await readRun(session.swarm, run.id);
  const step = read.ok ? read.value.steps.find(({ name }) => name === tellingStep(ending)) : undefined;
  return (step?.attempts ?? 0) >= MOST_TELLINGS;
}
