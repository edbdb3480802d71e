import { type Diagnostic, fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { readRun } from "../../swarm/journal.ts";
import type { Acting } from "../acting.ts";
import type { ShareAsked } from "../deploy/share-facts.ts";
import { decideRung } from "./decide.ts";
import { finish, goBack } from "./ending.ts";
import { askHealth } from "./health.ts";
import { judgeRung, type RungJudged } from "./judge.ts";
import { keepDecision } from "./kept.ts";
import { type Climb, climbOf, type Ladder, type Left, STEP } from "./ladder.ts";
import type { Look } from "./look.ts";
import type { CanaryReport } from "./report.ts";
import { giveAll, shiftTo } from "./shift.ts";
import { askPeople, stay, type Turn } from "./waiting.ts";

const MINUTE = 60_000;

/**
 * Goes on with a canary from where its journal says it is: looks at its health, judges the rung, and moves the traffic on,
 * or back, or leaves it. Ends when there is nothing to do before time has passed or somebody has answered; whoever calls
 * next goes on from there. Each move is an effect of the journal, so that one that was killed anywhere is found and not done
 * again.
 */
export async function climb(acting: Acting, ladder: Ladder): Promise<Outcome<CanaryReport>> {
  const warnings: Diagnostic[] = [];
  for (;;) {
    const turn = await turnOf(acting, ladder, warnings);
    if (!turn.ok) {
      const released = await acting.run.release();
      return released.ok ? fail(...turn.diagnostics, ...warnings) : fail(...turn.diagnostics, ...released.diagnostics);
    }
    warnings.push(...turn.warnings);
    if (turn.value !== "again") return succeed(turn.value, warnings);
  }
}

async function turnOf(acting: Acting, ladder: Ladder, warnings: Diagnostic[]): Promise<Turn> {
  const { session, run } = acting;
  const read = await readRun(session.swarm, run.id);
  if (!read.ok) return read;
  const now = climbOf(read.value.steps);
  if (now.abort) return await goBack(acting, ladder, now, now.abort);
  if (read.value.steps.some(({ name, state }) => name === STEP.finish && state === "done")) {
    return await finish(acting, ladder, now);
  }
  const stopping = now.orders.findLast(({ order }) => order === "abort");
  if (stopping) return await record(acting, now, { decision: "abort", by: stopping.by, why: stopping.because });
  if (now.rung === 0) return await begin(acting, ladder, now);

  const looked = await lookAt(acting, ladder, now);
  if (!looked.ok) return looked;
  warnings.push(...looked.warnings);
  const { look, silence } = looked.value;
  const looks = [...now.looks, ...(look ? [look] : [])];
  const standing = { ...now, looks };
  const judged = judgeNow(ladder, standing);
  const rung = ladder.canary.rungs[now.rung - 1];
  const decision = decideRung({
    judged,
    minutes: (session.clock.now() - (now.since ?? 0)) / MINUTE,
    least: rung?.minutes ?? 0,
    giveUp: ladder.canary.give_up_minutes,
    held: now.hold !== undefined,
  });
  if (decision.decision === "abort") {
    return await record(acting, standing, { decision: "abort", by: "criteria", why: decision.why }, judged);
  }
  const pushed = now.orders.findLast(({ order, rung: on }) => order === "promote" && on === now.rung);
  if (pushed) {
    return await promote(acting, ladder, standing, { by: pushed.by, why: pushed.because, judged });
  }
  // What was well before nobody told its health any more is not well now.
  if (decision.decision === "promote" && silence === undefined) {
    return await promote(acting, ladder, standing, { by: "criteria", why: decision.why, judged });
  }
  const why = [
    ...(now.hold ? [`held by ${now.hold.by} (${now.hold.because})`] : []),
    ...(silence === undefined ? [] : [`nobody told its health (${silence})`]),
    decision.why,
  ].join("; ");
  return await stay(acting, ladder, standing, { state: now.hold ? "held" : "climbing", why, judged });
}

/** What all looks of the present rung say together. */
export function judgeNow(ladder: Ladder, { rung: at, looks }: Climb): RungJudged {
  const { canary } = ladder;
  const rung = canary.rungs[at - 1];
  return judgeRung({
    looks: looks.filter(({ rung: on }) => on === at),
    before: looks.filter(({ rung: on }) => on === at - 1),
    share: rung?.share ?? 100,
    criteria: rung?.criteria ?? canary.criteria,
    confidence: canary.confidence,
    rungs: canary.rungs.length,
  });
}

async function begin(acting: Acting, ladder: Ladder, now: Climb): Promise<Turn> {
  const shifted = await shiftTo(acting, ladder, 1, "start");
  if (shifted.ok) return succeed("again", shifted.warnings);
  if (acting.asked) return await askPeople(acting, ladder, now, undefined);
  return await moveFailed(acting, now, shifted.diagnostics, "the first rung");
}

async function promote(
  acting: Acting,
  ladder: Ladder,
  now: Climb,
  on: { readonly by: string; readonly why: string; readonly judged: RungJudged },
): Promise<Turn> {
  const by: ShareAsked["by"] = on.by === "criteria" ? "criteria" : "person";
  const last = now.rung === ladder.canary.rungs.length;
  const moved = last ? await giveAll(acting, ladder, by) : await shiftTo(acting, ladder, now.rung + 1, by);
  if (moved.ok) {
    const left = await recordLeft(acting, now, { decision: "promote", by: on.by, why: on.why }, on.judged);
    return left.ok ? succeed("again", moved.warnings) : left;
  }
  if (acting.asked) return await askPeople(acting, ladder, now, on.judged);
  if (isPolicy(moved.diagnostics)) {
    const said = moved.diagnostics.map(({ message }) => message).join("; ");
    const stayed = await stay(acting, ladder, now, { state: "held", why: `well, but ${said}`, judged: on.judged });
    return stayed.ok ? { ...stayed, warnings: [...stayed.warnings, ...softened(moved.diagnostics)] } : stayed;
  }
  return await moveFailed(acting, now, moved.diagnostics, last ? "taking over" : `rung ${now.rung + 1}`, on.judged);
}

/** A version that cannot be given its share is taken back; a command that was stopped is not the version's fault. */
async function moveFailed(
  acting: Acting,
  now: Climb,
  diagnostics: readonly Diagnostic[],
  what: string,
  judged?: RungJudged,
): Promise<Turn> {
  const stopped = diagnostics.some(({ code }) => code === "ansible.cancelled" || code.startsWith("journal."));
  if (stopped || acting.session.signal.aborted || isPolicy(diagnostics)) return fail(...diagnostics);
  const why = `${what} failed: ${diagnostics[0]?.message ?? "without a word"}`;
  const recorded = await record(acting, now, { decision: "abort", by: "criteria", why }, judged);
  return recorded.ok ? { ...recorded, warnings: [...recorded.warnings, ...softened(diagnostics)] } : recorded;
}

function isPolicy(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.every(({ kind }) => kind === "policy");
}

function softened(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((one) => ({ ...one, severity: "warning" as const }));
}

type Decided = Pick<Left, "decision" | "by" | "why">;

/** Writes down that it is taken back, before it is: from here on nothing else can follow. */
async function record(acting: Acting, now: Climb, decided: Decided, judged?: RungJudged): Promise<Turn> {
  const kept = await keepDecision(acting, STEP.abort, now, decided, judged);
  return kept.ok ? succeed("again") : kept;
}

async function recordLeft(acting: Acting, now: Climb, decided: Decided, judged: RungJudged): Promise<Outcome<Left>> {
  return await keepDecision(acting, STEP.left(now.rung), now, decided, judged);
}

/** Looks at the health since the last look, when it is time to; `silence` says why there is nothing to be seen. */
async function lookAt(
  acting: Acting,
  ladder: Ladder,
  now: Climb,
): Promise<Outcome<{ readonly look?: Look; readonly silence?: string }>> {
  const { session, run } = acting;
  const { canary, environment, version, stable, place } = ladder;
  const last = now.looks.at(-1);
  const from = Math.max(now.since ?? 0, last?.rung === now.rung ? last.to : 0);
  const to = session.clock.now();
  if (to <= from || to - from < canary.look_seconds * 1000) return succeed({});
  const rung = canary.rungs[now.rung - 1];
  const asked = await run.step(STEP.look(now.looks.length + 1), async () => {
    const answer = await askHealth(session, {
      health: rung?.health ?? canary.health,
      criteria: rung?.criteria ?? canary.criteria,
      from,
      to,
      environment,
      versions: { canary: version, stable },
      hosts: Object.entries(place.hosts).map(([name, { host }]) => ({ host, ports: now.ports?.[name] })),
      before: last?.totals,
    });
    return answer.ok ? succeed<Look>({ rung: now.rung, from, to, ...answer.value }, answer.warnings) : answer;
  });
  if (asked.ok) return succeed({ look: asked.value }, asked.warnings);
  if (asked.diagnostics.some(({ code }) => code.startsWith("journal."))) return asked;
  // Nobody answered: that is no health, and the next look asks about this stretch as well.
  return succeed({ silence: asked.diagnostics[0]?.message ?? "no answer" }, softened(asked.diagnostics));
}
