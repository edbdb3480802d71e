/**
 * Walks the canary ladder over recorded health traces (bench/canary/record.ts says how they were recorded), beside the two
 * rules that people write by hand: a threshold on the newest window, and the same that must be broken three times.
 *
 *   node bench/canary.ts [--seeds N] [--json]
 *
 * A seed decides which of the recorded requests are the canary's share. Exits with 1 when the ladder promotes a bad version
 * to the end, or takes back a good one in more than one walk of a hundred.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { decideRung } from "../src/pillars/canary/decide.ts";
import { judgeRung } from "../src/pillars/canary/judge.ts";
import { type Look, thinned } from "../src/pillars/canary/look.ts";
import type { Canary } from "../src/pipeline/canary-schema.ts";
import { seeded } from "./constitution/cases.ts";

const { values: options } = parseArgs({
  options: { seeds: { type: "string", default: "20" }, json: { type: "boolean", default: false } },
});

/** What the new version of a trace is, and so what is wrong to do with it. */
const TRUTH: Readonly<Record<string, "good" | "bad">> = {
  healthy: "good",
  better: "good",
  "noisy-stable": "good",
  "gaps-in-data": "good",
  "night-time": "good",
  "baseline-bad": "good",
  "slow-burn": "bad",
  "sudden-spike": "bad",
  flapping: "bad",
  "slower-only": "bad",
  "missing-data": "bad",
  "night-time-bad": "bad",
  broken: "bad",
};

const MINUTES_OF_A_WINDOW = 0.5;
const RUNGS = [5, 10, 25, 50, 100].map((share) => ({ share, minutes: share === 100 ? 10 : 5 }));
const CRITERIA: Canary["criteria"] = {
  errors: { bad: "errors", of: "requests", worse_by: 0.03, at_most: 0.1, minimum: 50 },
  latency: { values: "ms", worse_by: 0.3, minimum: 30 },
};
const CONFIDENCE = 0.99;

interface Trace {
  readonly name: string;
  readonly says: string;
  readonly windows: readonly { readonly stable: readonly number[]; readonly canary: readonly number[] | null }[];
}

interface Window {
  readonly canary: readonly number[] | null;
  readonly stable: readonly number[];
}

/** A rule sees the windows of a rung one by one. */
interface Rule {
  readonly name: string;
  readonly walk: (next: (share: number) => Window | undefined) => Walk;
}

interface Walk {
  readonly end: "finished" | "taken back" | "held";
  /** Windows until the end. */
  readonly windows: number;
  /** Requests of users that failed in the new version. */
  readonly failed: number;
}

const failing = (requests: readonly number[]) => requests.filter((took) => took < 0).length;

/** The part of a window that each side gets; the recording has as many requests of both. */
function shared({ stable, canary }: Trace["windows"][number], share: number, random: () => number): Window {
  const take = (requests: readonly number[], part: number) =>
    part >= 1 ? requests : requests.filter(() => random() < part);
  // Two sides of one traffic: at 50 % each gets all that was recorded of it.
  return {
    canary: canary === null ? null : take(canary, (share * 2) / 100),
    stable: take(stable, ((100 - share) * 2) / 100),
  };
}

const ladder: Rule = {
  name: "ladder",
  walk(next) {
    let [windows, failed] = [0, 0];
    let before: Look[] = [];
    for (const [index, rung] of RUNGS.entries()) {
      const looks: Look[] = [];
      for (;;) {
        const window = next(rung.share);
        if (window === undefined) return { end: "held", windows, failed };
        windows += 1;
        failed += failing(window.canary ?? []);
        const side = (requests: readonly number[] | null): Look["canary"] =>
          requests === null
            ? {}
            : {
                errors: { bad: failing(requests), of: requests.length },
                latency: { values: thinned(requests.map(Math.abs)) },
              };
        looks.push({ rung: index + 1, from: 0, to: 0, canary: side(window.canary), stable: side(window.stable) });
        const judged = judgeRung({
          looks,
          before,
          share: rung.share,
          criteria: CRITERIA,
          confidence: CONFIDENCE,
          rungs: RUNGS.length,
        });
        const minutes = looks.length * MINUTES_OF_A_WINDOW;
        const { decision } = decideRung({ judged, minutes, least: rung.minutes, giveUp: undefined, held: false });
        if (decision === "abort") return { end: "taken back", windows, failed };
        if (decision === "promote") break;
      }
      before = looks;
    }
    return { end: "finished", windows, failed };
  },
};

/** Takes back when the newest window broke a threshold so many times on a rung; goes on when the time is over. */
function threshold(name: string, times: number): Rule {
  return {
    name,
    walk(next) {
      let [windows, failed] = [0, 0];
      for (const rung of RUNGS) {
        let broken = 0;
        for (let minutes = 0; minutes < rung.minutes; minutes += MINUTES_OF_A_WINDOW) {
          const window = next(rung.share);
          if (window === undefined) return { end: "held", windows, failed };
          windows += 1;
          failed += failing(window.canary ?? []);
          const seen = window.canary ?? [];
          const rate = seen.length === 0 ? 0 : failing(seen) / seen.length;
          const slow = percentile(seen, 0.95) > 1.5 * percentile(window.stable, 0.95) && window.stable.length > 0;
          if (rate > 0.05 || (slow && seen.length > 0)) broken += 1;
          if (broken >= times) return { end: "taken back", windows, failed };
        }
      }
      return { end: "finished", windows, failed };
    },
  };
}

function percentile(requests: readonly number[], quantile: number): number {
  const sorted = requests.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * quantile)] ?? 0;
}

const RULES: readonly Rule[] = [ladder, threshold("threshold", 1), threshold("threshold, three times", 3)];

const folder = join(import.meta.dirname, "canary", "traces");
const traces = readdirSync(folder)
  .sort()
  .map((file): Trace => JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString("utf8")));

const rows = traces.flatMap((trace) =>
  RULES.map((rule) => {
    const walks = Array.from({ length: Number(options.seeds) }, (_, seed) => {
      const random = seeded(seed + 1);
      let at = 0;
      return rule.walk((share) => {
        const window = trace.windows[at];
        at += 1;
        return window && shared(window, share, random);
      });
    });
    const ended = (end: Walk["end"]) => walks.filter((walk) => walk.end === end);
    const mean = (of: readonly Walk[], what: "windows" | "failed") =>
      of.length === 0 ? null : Math.round((of.reduce((sum, walk) => sum + walk[what], 0) / of.length) * 10) / 10;
    const truth = TRUTH[trace.name];
    if (truth === undefined) throw new Error(`nobody said whether ${trace.name} is good or bad`);
    return {
      trace: trace.name,
      truth,
      rule: rule.name,
      finished: ended("finished").length,
      taken_back: ended("taken back").length,
      held: ended("held").length,
      wrong_promotions: truth === "bad" ? ended("finished").length : 0,
      wrong_aborts: truth === "good" ? ended("taken back").length : 0,
      minutes_to_abort: scaled(mean(ended("taken back"), "windows")),
      failed_requests: mean(walks, "failed"),
    };
  }),
);

function scaled(windows: number | null): number | null {
  return windows === null ? null : windows * MINUTES_OF_A_WINDOW;
}

const totals = RULES.map(({ name }) => {
  const own = rows.filter(({ rule }) => rule === name);
  const sum = (key: "wrong_promotions" | "wrong_aborts") => own.reduce((all, row) => all + row[key], 0);
  const of = (truth: "good" | "bad") => own.filter((row) => row.truth === truth).length * Number(options.seeds);
  return {
    rule: name,
    wrong_promotions: sum("wrong_promotions"),
    of_bad: of("bad"),
    wrong_aborts: sum("wrong_aborts"),
    of_good: of("good"),
  };
});

if (options.json) {
  const command = `node bench/canary.ts --seeds ${options.seeds} --json`;
  process.stdout.write(`${JSON.stringify({ command, rungs: RUNGS, criteria: CRITERIA, totals, rows }, null, 2)}\n`);
} else {
  const show = (cells: readonly (string | number | null)[]) =>
    [24, 6, 24, 9, 11, 6, 9, 8].map((width, at) => String(cells[at] ?? "-").padEnd(width)).join("");
  process.stdout.write(`${show(["trace", "is", "rule", "finished", "taken back", "held", "minutes", "failed"])}\n`);
  for (const row of rows) {
    const { trace, truth, rule, finished, taken_back, held, minutes_to_abort, failed_requests } = row;
    process.stdout.write(
      `${show([trace, truth, rule, finished, taken_back, held, minutes_to_abort, failed_requests])}\n`,
    );
  }
  for (const { rule, wrong_promotions, of_bad, wrong_aborts, of_good } of totals) {
    process.stdout.write(
      `${rule}: ${wrong_promotions} of ${of_bad} bad versions finished, ${wrong_aborts} of ${of_good} good ones taken back\n`,
    );
  }
}
const own = totals[0];
if (own && (own.wrong_promotions > 0 || own.wrong_aborts > own.of_good / 100)) process.exit(1);
