import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import { type Acting, waitForPeople } from "../acting.ts";
import type { RungJudged } from "./judge.ts";
import type { Climb, Ladder } from "./ladder.ts";
import { type CanaryReport, reportOf } from "./report.ts";

/** What a turn of a canary ends in: a report when it is to wait or is over, or another turn at once. */
export type Turn = Outcome<CanaryReport | "again">;

/** Leaves the traffic as it is and ends the process's part: the next call goes on. */
export async function stay(
  { session, run }: Acting,
  ladder: Ladder,
  now: Climb,
  on: {
    readonly state: CanaryReport["state"];
    readonly why: string;
    readonly judged: RungJudged | undefined;
    readonly warnings?: readonly Diagnostic[];
  },
): Promise<Outcome<CanaryReport>> {
  const { warnings = [], ...of } = on;
  const report = reportOf(session, ladder, { ...of, run: run.id, climb: now });
  const { rungs } = ladder.canary;
  const at = now.rung === 0 ? "not begun" : `rung ${now.rung} of ${rungs.length}, ${report.share} %`;
  const waiting = await run.wait({ for: "time", key: run.id, detail: session.redactor.redact(`${at}: ${on.why}`) });
  if (!waiting.ok && waiting.diagnostics.some(({ code }) => code !== "journal.waiting")) return waiting;
  return succeed(report, warnings);
}

/** Waits for the people that the gate asked. Looks go on meanwhile: whoever calls next looks first. */
export async function askPeople(
  acting: Acting,
  ladder: Ladder,
  now: Climb,
  judged: RungJudged | undefined,
): Promise<Outcome<CanaryReport>> {
  const { session, run, asked } = acting;
  if (!asked) throw new Error("nobody was asked");
  const { id, group, reason } = asked;
  const waiting = await waitForPeople(run, asked);
  const expired = !waiting.ok && waiting.diagnostics.some(({ code }) => code === "journal.wait_expired");
  if (expired) return await stay(acting, ladder, now, { state: "held", why: `nobody of ${group} answered`, judged });
  if (!waiting.ok) return waiting;
  const why = `${group} is asked: ${reason} (codemonkeys approve ${id})`;
  return succeed(reportOf(session, ladder, { state: "asking", why, run: run.id, climb: now, judged }));
}
