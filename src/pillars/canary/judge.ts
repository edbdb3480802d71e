import * as z from "zod";
import type { CanaryCriterion } from "../../pipeline/canary-schema.ts";
import { type Counts, evidenceAgainst } from "./evidence.ts";
import type { Look, Reading } from "./look.ts";
import { rankTest } from "./ranks.ts";

export const VERDICTS = ["fail", "baseline_bad", "no_data", "marginal", "pass"] as const;
/**
 * What the looks of a rung say, worst first: `fail` the canary is worse than allowed; `baseline_bad` it breaks a limit that
 * the stable version breaks as well; `no_data` too little was measured; `marginal` not decided yet; `pass` it is well.
 */
export type CanaryVerdict = (typeof VERDICTS)[number];

/** What one criterion says of a rung. */
export const judgedSchema = z.object({
  criterion: z.string(),
  verdict: z.enum(VERDICTS),
  canary: z.number().optional().describe("the failing part of its requests, or the median of its measurements"),
  stable: z.number().optional(),
  samples: z.int().describe("requests, or measurements, of the canary"),
  says: z.string().describe("one clause for people"),
});
export type Judged = z.infer<typeof judgedSchema>;

export interface RungJudged {
  readonly verdict: CanaryVerdict;
  readonly criteria: readonly Judged[];
}

export interface RungQuestion {
  /** Looks of this rung, oldest first. */
  readonly looks: readonly Look[];
  /** Looks of the rung before: what stands for the stable version where it gets no requests any more. */
  readonly before: readonly Look[];
  readonly share: number;
  readonly criteria: Readonly<Record<string, CanaryCriterion>>;
  readonly confidence: number;
  /** How many rungs the ladder has: they share the probability of a wrong alarm. */
  readonly rungs: number;
}

const MINIMUM = { requests: 100, values: 30 };

/** Ranks are compared by the normal approximation, which is good from about so many values on each side. */
const FEWEST_VALUES = 8;

/** The looks at the end of a rung in which a change may just have begun. */
const RECENT = 3;

/** So many looks are long enough to be compared with any earlier stretch. */
const LONG_ENOUGH = 20;

/** Odds of a change for the worse in the recent looks at which nothing is promoted yet. */
const SUSPICION = Math.log(3);

/** The same for measurements, as a p-value. */
const SUSPICIOUS = 0.05;

/**
 * Judges a rung by all that was seen on it. A limit is one boundary with a test on either side of it: fail needs evidence
 * that the canary is beyond, pass that it is within, and what lies between is looked at longer. All tests may be asked at
 * every look. A version that is within its limits fails with probability `1 - confidence` at most over the whole ladder;
 * one that is beyond a limit passes that limit on a rung with probability `1 - confidence` at most.
 */
export function judgeRung(question: RungQuestion): RungJudged {
  const names = Object.keys(question.criteria);
  const limits = names.reduce((sum, name) => {
    const { worse_by, at_most } = question.criteria[name] as CanaryCriterion;
    return sum + (worse_by === undefined ? 0 : 1) + (at_most === undefined ? 0 : 1);
  }, 0);
  const wrong = 1 - question.confidence;
  const levels = { fail: wrong / (question.rungs * limits), pass: wrong };
  const criteria = names.map((name) => judgeOne(name, question, levels));
  const verdict = VERDICTS.find((one) => criteria.some((judged) => judged.verdict === one)) ?? "no_data";
  return { verdict, criteria };
}

interface Levels {
  readonly fail: number;
  readonly pass: number;
}

/** What one limit says. */
type Limit = "fail" | "marginal" | "pass";

function judgeOne(name: string, question: RungQuestion, levels: Levels): Judged {
  const criterion = question.criteria[name] as CanaryCriterion;
  const alone = question.share === 100;
  const looks = question.looks.map((look) => readingsOf(look, name));
  const reference = question.before.map((look) => readingsOf(look, name));
  const isRate = criterion.values === undefined;
  const canary = looks.map((look) => look.canary);
  const stable = (alone ? reference : looks).map((look) => look.stable);
  const { samples, value } = overall(canary, isRate);
  const other = overall(stable, isRate);
  const compared = other.samples;
  const about = {
    criterion: name,
    samples,
    ...(value === undefined ? {} : { canary: value }),
    ...(other.value === undefined ? {} : { stable: other.value }),
  };

  const absolute = judgeAbsolute(criterion, looks, { alone, ...levels });
  const relative = judgeRelative(criterion, { looks, stable, alone }, levels);
  const said = describe(criterion, about, isRate);
  if (relative === "fail" || absolute === "fail") return { ...about, verdict: "fail", says: said };
  if (absolute === "baseline_bad") {
    return { ...about, verdict: absolute, says: `${said}: over at_most, as the stable version is` };
  }
  const minimum = criterion.minimum ?? (isRate ? MINIMUM.requests : MINIMUM.values);
  const newest = looks.at(-1);
  const needsStable = criterion.worse_by !== undefined;
  const silent = !isHeard(newest?.canary)
    ? "canary"
    : needsStable && !alone && !isHeard(newest?.stable)
      ? "stable"
      : undefined;
  if (silent !== undefined) {
    const what = looks.length === 0 ? "not looked at yet" : `the newest look has nothing of the ${silent} version`;
    return { ...about, verdict: "no_data", says: what };
  }
  if (samples < minimum || (needsStable && compared < minimum)) {
    const [side, has] = samples < minimum ? ["canary", samples] : ["stable", compared];
    const unit = isRate ? "requests" : "measurements";
    return { ...about, verdict: "no_data", says: `${has} of ${minimum} ${unit} of the ${side} version` };
  }
  if (absolute !== "marginal" && relative !== "marginal") return { ...about, verdict: "pass", says: said };
  return { ...about, verdict: "marginal", says: said };
}

const QUANTILE = 0.95;

interface Readings {
  readonly canary: Reading | undefined;
  readonly stable: Reading | undefined;
}

function readingsOf({ canary, stable }: Look, name: string): Readings {
  return { canary: canary[name], stable: stable[name] };
}

/** Of a rate what was counted; of measurements how many lie over the limit. */
function over({ canary, stable }: Readings, limit: number | undefined, alone: boolean): Counts {
  const side = (reading: Reading | undefined) => {
    if (reading === undefined) return { bad: 0, of: 0 };
    if (!("values" in reading)) return reading;
    return { bad: reading.values.filter((value) => value > (limit ?? 0)).length, of: reading.values.length };
  };
  return { canary: side(canary), stable: alone ? { bad: 0, of: 0 } : side(stable) };
}

type Boundary = { readonly rate: number } | { readonly above_stable: number };

function judgeRate(counts: readonly Counts[], limit: Boundary, levels: Levels): Limit {
  const worse = (looks: readonly Counts[]) => evidenceAgainst(looks, { claim: "worse_at_most", limit }, "anywhere");
  if (worse(counts) >= Math.log(1 / levels.fail)) return "fail";
  const well = evidenceAgainst(counts, { claim: "worse_at_least", limit }, "start") >= Math.log(1 / levels.pass);
  return well && worse(counts.slice(-RECENT)) < SUSPICION ? "pass" : "marginal";
}

/**
 * An absolute limit. Looks in which the stable version was over it as well say nothing about the canary and do not count;
 * they are left out by what the stable version did alone, which tells nothing of the canary's luck.
 */
function judgeAbsolute(
  criterion: CanaryCriterion,
  looks: readonly Readings[],
  levels: Levels & { readonly alone: boolean },
): Limit | "baseline_bad" | undefined {
  const { at_most, values, quantile = QUANTILE } = criterion;
  if (at_most === undefined) return undefined;
  const rate = values === undefined ? at_most : 1 - quantile;
  const counts = looks.map((look) => over(look, at_most, levels.alone));
  const isShared = ({ stable }: Counts) => stable.bad > rate * stable.of;
  const newest = counts.at(-1);
  const own = counts.filter((look) => !isShared(look));
  const found = judgeRate(own, { rate }, levels);
  return found !== "fail" && newest !== undefined && isShared(newest) ? "baseline_bad" : found;
}

/**
 * The comparison with the stable version. Where the canary has all traffic it is compared with another time, and what both
 * would have suffered looks like its fault: then the rung as a whole counts, once it is as long as what it is compared with.
 */
function judgeRelative(
  { worse_by, values }: CanaryCriterion,
  seen: {
    readonly looks: readonly Readings[];
    /** This rung's, or where the canary has all traffic the rung's before. */
    readonly stable: readonly (Reading | undefined)[];
    readonly alone: boolean;
  },
  levels: Levels,
): Limit | undefined {
  if (worse_by === undefined) return undefined;
  const { looks, stable, alone } = seen;
  const found =
    values !== undefined
      ? judgeRanks(looks, stable, { worse: worse_by, alone, levels })
      : alone
        ? judgeAfterwards(looks, sum(stable), worse_by, levels)
        : judgeRate(
            looks.map((look) => over(look, undefined, false)),
            { above_stable: worse_by },
            levels,
          );
  const early = alone && looks.length < Math.min(stable.length, LONG_ENOUGH);
  return found === "fail" && early ? "marginal" : found;
}

/** What the stable version was like on the rung before is a fixed rate now. */
function judgeAfterwards(
  looks: readonly Readings[],
  stable: { readonly bad: number; readonly of: number },
  worse: number,
  levels: Levels,
): Limit {
  if (stable.of === 0) return "marginal";
  const limit = { rate: Math.min(0.99, (stable.bad + 0.5) / (stable.of + 1) + worse) };
  const counts = looks.map((look) => over(look, undefined, true));
  const against = (claim: "worse_at_most" | "worse_at_least") => evidenceAgainst(counts, { claim, limit }, "start");
  if (against("worse_at_most") >= Math.log(1 / levels.fail)) return "fail";
  return against("worse_at_least") >= Math.log(1 / levels.pass) ? "pass" : "marginal";
}

/**
 * Ranks of the canary's measurements, divided by what it may take more, among the stable version's: over the whole rung
 * and over the recent looks. Look k has the part 1/(k(k+1)) of the level, so that all looks together keep it.
 */
function judgeRanks(
  looks: readonly Readings[],
  stable: readonly (Reading | undefined)[],
  { worse, alone, levels }: { readonly worse: number; readonly alone: boolean; readonly levels: Levels },
): Limit {
  const count = looks.length;
  const part = 1 / (Math.max(1, count) * (count + 1));
  const compare = (last: number) => {
    const first = looks.slice(-last).flatMap(({ canary }) => valuesOf(canary).map((value) => value / (1 + worse)));
    const second = (alone ? stable : stable.slice(-last)).flatMap(valuesOf);
    return Math.min(first.length, second.length) < FEWEST_VALUES ? undefined : rankTest(first, second);
  };
  const whole = compare(Math.max(1, count));
  const recent = alone ? undefined : compare(RECENT);
  const bar = (levels.fail * part) / 2;
  if ([whole, recent].some((test) => test !== undefined && test.larger <= bar)) return "fail";
  const well = whole !== undefined && whole.smaller <= levels.pass * part;
  return well && !(recent !== undefined && recent.larger <= SUSPICIOUS) ? "pass" : "marginal";
}

/** No requests at all are no answer either: a version that is down counts none. */
function isHeard(reading: Reading | undefined): boolean {
  return reading !== undefined && ("values" in reading ? reading.values.length : reading.of) > 0;
}

function valuesOf(reading: Reading | undefined): readonly number[] {
  return reading && "values" in reading ? reading.values : [];
}

function sum(readings: readonly (Reading | undefined)[]): { readonly bad: number; readonly of: number } {
  let [bad, of] = [0, 0];
  for (const reading of readings) {
    if (reading === undefined || "values" in reading) continue;
    bad += reading.bad;
    of += reading.of;
  }
  return { bad, of };
}

/** A side over the whole rung: how much was seen, and the failing part or the median. */
function overall(
  readings: readonly (Reading | undefined)[],
  isRate: boolean,
): { readonly samples: number; readonly value: number | undefined } {
  if (isRate) {
    const { bad, of } = sum(readings);
    return { samples: of, value: of === 0 ? undefined : bad / of };
  }
  const sorted = readings.flatMap(valuesOf).sort((a, b) => a - b);
  return { samples: sorted.length, value: sorted[Math.floor(sorted.length / 2)] };
}

function describe(
  { worse_by, at_most, quantile }: CanaryCriterion,
  { canary, stable }: { readonly canary?: number; readonly stable?: number },
  isRate: boolean,
): string {
  const value = (number: number | undefined) =>
    number === undefined ? "nothing" : isRate ? `${round(number * 100)} %` : `${round(number)}`;
  const allowed = [
    ...(worse_by === undefined
      ? []
      : [isRate ? `at most ${points(worse_by * 100)} more` : `at most ${round(worse_by * 100)} % more`]),
    ...(at_most === undefined
      ? []
      : [
          isRate
            ? `at most ${round(at_most * 100)} %`
            : `${round((quantile ?? QUANTILE) * 100)} % at most ${round(at_most)}`,
        ]),
  ];
  const than = worse_by === undefined ? "" : ` (stable ${value(stable)})`;
  return `${value(canary)}${than}, allowed ${allowed.join(" and ")}`;
}

function points(number: number): string {
  return `${round(number)} ${round(number) === "1" ? "point" : "points"}`;
}

function round(number: number): string {
  return String(Number(number.toPrecision(3)));
}
