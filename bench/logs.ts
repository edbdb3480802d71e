/**
 * Measures the reader of build logs: lines found against people's labels, categories and fingerprints of Maven builds,
 * and throughput on a generated log.
 *
 *   node bench/logs.ts [--pairs DIR] [--maven DIR] [--throughput-mb N] [--roots DIR] [--loghub DIR] [--steady DIR] [--json] [--cases]
 *
 * --pairs   DIR/labels.json and DIR/CASE/fail.log, where there is one also pass.log; a lone carriage return ends a line,
 *           as for those who made the labels; bench/logs/own has this project's own, from real tools
 *                                                              (default ../shared/data/build-logs/pairs)
 * --maven   DIR/labels.json and DIR/ID.log.gz                (default ../shared/data/build-logs/maven)
 * --roots   DIR/roots.json and DIR/NAME.log; bench/logs/roots has this project's own: share of logs whose root failure
 *           is right in category, place and message
 * --steady  logs of DIR, at any depth, each wrapped as twenty CI systems and tools do: share whose root stays the same in
 *           all (tool, category, message, place, test, keys, lines), and of the lines that are named
 * --loghub  DIR/**\/*_2k.log_structured.csv; grouping accuracy of the template miner
 * --cases   also one line for each case, on stderr
 * A folder that is not there gives null, and a sentence on stderr.
 */
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { readLog } from "../src/pillars/heal/read/index.ts";
import type { Category } from "../src/pillars/heal/read/report.ts";
import { writeLargeLog } from "./logs/large-log.ts";
import { lineScore, numberingOfEditors, type PairLabel } from "./logs/line-score.ts";
import { loghubAccuracy } from "./logs/loghub.ts";
import { rootsOf } from "./logs/roots.ts";
import { steadinessOf } from "./logs/steadiness.ts";

interface MavenLabel {
  readonly category: string;
  readonly project: string;
  readonly dependency: string;
}

const CATEGORY_OF_LABEL: Readonly<Record<string, Category>> = {
  COMPILATION_FAILURE: "compilation",
  TEST_FAILURE: "test",
  ENFORCER_FAILURE: "policy",
  DEPENDENCY_LOCK_FAILURE: "dependency_lock",
  WERROR_FAILURE: "warnings_as_errors",
  DEPENDENCY_RESOLUTION_FAILURE: "dependency_resolution",
};

const { values: options } = parseArgs({
  options: {
    pairs: { type: "string", default: "../shared/data/build-logs/pairs" },
    maven: { type: "string", default: "../shared/data/build-logs/maven" },
    roots: { type: "string" },
    loghub: { type: "string" },
    steady: { type: "string" },
    "throughput-mb": { type: "string", default: "1024" },
    json: { type: "boolean", default: false },
    cases: { type: "boolean", default: false },
    /** Internal: read one file and print time and peak memory, in a process of its own. */
    read: { type: "string" },
  },
});

if (options.read !== undefined) {
  const started = performance.now();
  const report = await readLog({ path: options.read });
  const ms = performance.now() - started;
  const { user } = process.cpuUsage();
  process.stdout.write(
    JSON.stringify({
      ms,
      user_ms: user / 1000,
      rss_kib: process.resourceUsage().maxRSS,
      failures: report.failures.length,
    }),
  );
} else {
  const figures = {
    pairs: await measurePairs(resolve(options.pairs)),
    maven: await measureMaven(resolve(options.maven)),
    throughput: await measureThroughput(Number(options["throughput-mb"])),
    ...(options.roots === undefined ? {} : { roots: await measureRoots(resolve(options.roots)) }),
    ...(options.steady === undefined ? {} : { steady: await measureSteadiness(resolve(options.steady)) }),
    ...(options.loghub === undefined ? {} : { loghub: loghubAccuracy(resolve(options.loghub)) }),
  };
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : table(figures));
}

async function measurePairs(dir: string) {
  const labels = labelsOf<PairLabel>(dir);
  if (labels === undefined) return null;
  const alone: number[] = [];
  const withPass: number[] = [];
  // The same where lines end at "\n" only, to compare with figures that are counted so.
  const aloneByNewlines: number[] = [];
  const withPassByNewlines: number[] = [];
  for (const [id, label] of Object.entries(labels)) {
    const fail = { path: join(dir, id, "fail.log") };
    const pass = { path: join(dir, id, "pass.log") };
    const numberOf = numberingOfEditors(readFileSync(fail.path, "utf8"));
    const said = await readLog(fail);
    alone.push(lineScore(said, label, numberOf));
    aloneByNewlines.push(lineScore(said, label));
    if (existsSync(pass.path)) {
      const compared = await readLog(fail, { pass });
      withPass.push(lineScore(compared, label, numberOf));
      withPassByNewlines.push(lineScore(compared, label));
    }
    tell(`${alone.at(-1)!.toFixed(3)} ${existsSync(pass.path) ? withPass.at(-1)!.toFixed(3) : "    -"} ${id}`);
  }
  const meanOf = (scores: readonly number[]) => (scores.length === 0 ? null : mean(scores));
  return {
    f1_fail_only: meanOf(alone),
    f1_with_pass: meanOf(withPass),
    f1_fail_only_by_newlines: meanOf(aloneByNewlines),
    f1_with_pass_by_newlines: meanOf(withPassByNewlines),
  };
}

async function measureMaven(dir: string) {
  const labels = labelsOf<MavenLabel>(dir);
  if (labels === undefined) return null;
  let right = 0;
  const read: { group: string; category: string; fingerprint: string }[] = [];
  for (const [id, label] of Object.entries(labels)) {
    const { root } = await readLog(createReadStream(join(dir, `${id}.log.gz`)).pipe(createGunzip()));
    const expected = CATEGORY_OF_LABEL[label.category];
    if (root?.category === expected) right++;
    else tell(`maven ${id}: said ${root?.category ?? "nothing"}, is ${label.category}: ${root?.message ?? ""}`);
    read.push({
      group: `${label.project}\0${label.dependency}\0${label.category}`,
      category: label.category,
      fingerprint: root?.occurrence ?? id,
    });
  }
  let pairs = 0;
  let same = 0;
  let clashes = 0;
  for (const [index, a] of read.entries()) {
    for (const b of read.slice(index + 1)) {
      const equal = a.fingerprint === b.fingerprint;
      if (a.category !== b.category && equal) clashes++;
      if (a.group !== b.group) continue;
      pairs++;
      if (equal) same++;
      else tell(`maven: different fingerprints in ${a.group.replaceAll("\0", " ")}`);
    }
  }
  return {
    category_accuracy: right / read.length,
    fingerprint_same: pairs === 0 ? null : same / pairs,
    fingerprint_clashes: clashes,
  };
}

async function measureRoots(dir: string) {
  const right = await rootsOf(dir);
  for (const [name, good] of Object.entries(right)) if (!good) tell(`roots: ${name} is not right`);
  return { logs: Object.keys(right).length, right: mean(Object.values(right).map(Number)) };
}

async function measureSteadiness(dir: string) {
  const roots: number[] = [];
  const lines: number[] = [];
  for (const entry of readdirSync(dir, { recursive: true, encoding: "utf8" }).sort()) {
    if (!entry.endsWith(".log")) continue;
    for (const [wrapping, { root, lines: share }] of Object.entries(
      await steadinessOf(readFileSync(join(dir, entry), "utf8")),
    )) {
      roots.push(Number(root));
      lines.push(share);
      if (!root || share < 1)
        tell(`steady: ${entry} in ${wrapping}: root ${root ? "stays" : "changes"}, lines ${share}`);
    }
  }
  return { readings: roots.length, root: mean(roots), lines: mean(lines) };
}

async function measureThroughput(megabytes: number) {
  const dir = await mkdtemp(join(tmpdir(), "codemonkeys-bench-"));
  try {
    const path = join(dir, "large.log");
    const bytes = await writeLargeLog(path, megabytes * 1e6);
    const grepMs = timeOf(() =>
      execFileSync("grep", ["-icE", "error|fail|exception", path], { env: { ...process.env, LC_ALL: "C.UTF-8" } }),
    );
    const told = execFileSync(process.execPath, [import.meta.filename, "--read", path], { encoding: "utf8" });
    const { ms, user_ms, rss_kib } = JSON.parse(told) as { ms: number; user_ms: number; rss_kib: number };
    return {
      mb_per_s: round(bytes / 1e3 / ms),
      // The same by the processor's time, which other work on the machine hardly changes; start-up included.
      mb_per_cpu_s: round(bytes / 1e3 / user_ms),
      // Our speed divided by grep's: 1 is as fast as grep.
      ratio_to_grep: round(grepMs / ms),
      max_rss_mib: round(rss_kib / 1024),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function timeOf(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function labelsOf<T>(dir: string): Record<string, T> | undefined {
  const path = join(dir, "labels.json");
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Record<string, T>;
  process.stderr.write(`${path} is not there; this part is not measured\n`);
  return undefined;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function tell(line: string): void {
  if (options.cases) process.stderr.write(`${line}\n`);
}

function table(figures: Record<string, Record<string, number | null> | null>): string {
  return Object.entries(figures)
    .flatMap(([part, rows]) =>
      Object.entries(rows ?? { "not measured": null }).map(
        ([name, value]) => `${part.padEnd(12)}${name.padEnd(24)}${value === null ? "-" : Number(value.toFixed(4))}\n`,
      ),
    )
    .join("");
}
