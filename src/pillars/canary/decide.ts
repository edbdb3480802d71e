import type { Judged, RungJudged } from "./judge.ts";

/** How things stand on a rung when it is decided what comes next. */
export interface RungStanding {
  readonly judged: RungJudged;
  /** How long the traffic has been as it is, in minutes. */
  readonly minutes: number;
  /** How long it stays so at least. */
  readonly least: number;
  /** After how long without a decision it is taken back. */
  readonly giveUp: number | undefined;
  /** A person said that nothing is promoted. */
  readonly held: boolean;
}

export interface RungDecision {
  readonly decision: "stay" | "promote" | "abort";
  /** One sentence for people, without a full stop. */
  readonly why: string;
}

/**
 * What follows from a rung's standing: fail is taken back at once, also while a person holds the ladder; only a pass goes
 * on, and only after the least time; everything else stays.
 */
export function decideRung({ judged, minutes, least, giveUp, held }: RungStanding): RungDecision {
  const { verdict, criteria } = judged;
  const those = (wanted: Judged["verdict"]) =>
    criteria
      .filter((one) => one.verdict === wanted)
      .map(({ criterion, says }) => `${criterion} ${says}`)
      .join("; ");
  if (verdict === "fail") return { decision: "abort", why: `worse than allowed: ${those("fail")}` };
  if (verdict === "pass") {
    if (held) return { decision: "stay", why: "well, and held by a person" };
    if (minutes >= least) return { decision: "promote", why: `well: ${those("pass")}` };
    return { decision: "stay", why: `well so far, for ${amount(minutes)} of ${amount(least)} minutes` };
  }
  if (giveUp !== undefined && minutes >= giveUp && !held) {
    return { decision: "abort", why: `undecided for ${amount(minutes)} minutes: ${those(verdict)}` };
  }
  const words = {
    baseline_bad: "the stable version is bad as well",
    no_data: "too little data",
    marginal: "not sure yet",
  };
  return { decision: "stay", why: `${words[verdict]}: ${those(verdict)}` };
}

function amount(minutes: number): string {
  return String(Math.round(minutes * 10) / 10);
}
