import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { applySearchReplace } from "../src/pillars/heal/edit/match.ts";
import { type EditCase, makeCases } from "./edits/cases.ts";

/**
 * Scores the matcher of search/replace edits: `npm run bench:edits -- --cases FILE.jsonl --json`, with lines of
 * `{original, search, replace, expected}`; `expected` is null where the only right answer is to refuse. Without
 * `--cases` it makes its own (`--seed`, `--count`) from this repository's sources. `--show KIND` tells the cases of a
 * kind that went wrong. Exits 1 below the aims.
 */
const AIMS = { noise: 0.99, typo: 0.95, wrong: 0.001 } as const;

const { values } = parseArgs({
  options: {
    cases: { type: "string" },
    json: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "4000" },
    show: { type: "string" },
  },
});

interface Score {
  cases: number;
  right: number;
  wrong: number;
  refused: number;
}

const cases: readonly EditCase[] =
  values.cases === undefined
    ? await makeCases(Number(values.seed), Number(values.count))
    : (await readFile(values.cases, "utf8"))
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as EditCase);

const kinds = new Map<string, Score>();
const started = performance.now();
for (const one of cases) {
  const score = kinds.get(one.kind ?? "case") ?? { cases: 0, right: 0, wrong: 0, refused: 0 };
  kinds.set(one.kind ?? "case", score);
  const got = applySearchReplace(one.original, one);
  score.cases++;
  const right = got.ok ? got.text === one.expected : one.expected === null || one.expected === undefined;
  if (!right && one.kind === values.show)
    process.stderr.write(
      `${JSON.stringify({ ...one, original: undefined, expected: undefined, got: got.ok ? diffOf(got.text, one.expected) : got }, null, 1)}\n`,
    );
  if (right) score.right++;
  else if (got.ok) score.wrong++;
  else score.refused++;
}
function diffOf(got: string, expected: string | null) {
  const wanted = (expected ?? "").split("\n");
  const lines = got.split("\n");
  const at = lines.findIndex((line, index) => line !== wanted[index]);
  return { at, got: lines.slice(at, at + 4), expected: wanted.slice(at, at + 4) };
}
const ms = performance.now() - started;

const sum = (scores: readonly Score[]): Score =>
  scores.reduce(
    (all, score) => ({
      cases: all.cases + score.cases,
      right: all.right + score.right,
      wrong: all.wrong + score.wrong,
      refused: all.refused + score.refused,
    }),
    { cases: 0, right: 0, wrong: 0, refused: 0 },
  );
const shares = (score: Score) => ({
  ...score,
  share_right: score.cases === 0 ? 0 : score.right / score.cases,
  share_wrong: score.cases === 0 ? 0 : score.wrong / score.cases,
});
const result = {
  ...shares(sum([...kinds.values()])),
  ms_per_case: cases.length === 0 ? 0 : ms / cases.length,
  kinds: Object.fromEntries([...kinds].map(([kind, score]) => [kind, shares(score)])),
};
if (values.json) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
} else {
  const row = (name: string, score: Score) =>
    `${name.padEnd(22)}${String(score.cases).padStart(7)}${String(score.right).padStart(8)}${String(score.refused).padStart(9)}${String(score.wrong).padStart(7)}  ${((100 * score.right) / score.cases).toFixed(2)} %\n`;
  process.stdout.write(`${"kind".padEnd(22)}  cases   right  refused  wrong\n`);
  for (const [kind, score] of kinds) process.stdout.write(row(kind, score));
  process.stdout.write(row("all", sum([...kinds.values()])));
}
if (values.cases === undefined) {
  const typo = sum([...kinds].filter(([kind]) => kind.startsWith("typo")).map(([, score]) => score));
  const noise = sum([...kinds].filter(([kind]) => !kind.startsWith("typo")).map(([, score]) => score));
  const all = shares(sum([...kinds.values()]));
  const met =
    noise.right / noise.cases >= AIMS.noise && typo.right / typo.cases >= AIMS.typo && all.share_wrong <= AIMS.wrong;
  process.exitCode = met ? 0 : 1;
}
