import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, succeed } from "../../../core/diagnostic.ts";
import type { Bench, StageRun } from "../bench.ts";
import { isTestPath } from "../guard.ts";
import type { BuildFailure } from "../read/report.ts";
import type { Tree } from "../tree.ts";
import { reachedFromTest } from "./called.ts";
import { goCoverage, readGoCoverage } from "./go-coverage.ts";
import { type Language, languageOf } from "./lexer.ts";
import { readTrace, TRACER_FILES, tracerEnvironment } from "./python-tracer.ts";
import type { Lines } from "./recent.ts";
import { bySuspicion, ochiai, type RankedLine, type Spectrum } from "./spectrum.ts";
import { type LineCounts, readV8Coverage } from "./v8-coverage.ts";

export interface Traced {
  /** The narrow command's run, seen with the tracer. */
  readonly run: StageRun;
  readonly spectra: readonly Spectrum[];
}

export interface TraceRequest {
  readonly bench: Bench;
  /** Runs what failed. */
  readonly narrow: string;
  /** Runs the whole stage: what passes there clears lines of suspicion. */
  readonly stage: string;
  readonly language: Language;
  readonly failure: BuildFailure;
  readonly timeoutMs: number;
}

/** Runs what failed and then the whole stage under a tracer, and gives what each row of tests ran. */
export async function trace(request: TraceRequest): Promise<Outcome<Traced>> {
  const folder = await mkdtemp(join(tmpdir(), "codemonkeys-trace-"));
  try {
    if (request.language === "python") return await tracePython(request, folder);
    if (request.language === "javascript") return await traceNode(request, folder);
    return await traceCompiled(request, folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function tracePython(
  { bench, narrow, stage, timeoutMs }: TraceRequest,
  folder: string,
): Promise<Outcome<Traced>> {
  for (const [name, text] of Object.entries(TRACER_FILES)) await writeFile(join(folder, name), text);
  const env = tracerEnvironment(folder, bench.tree().root);
  const run = await bench.check({ command: narrow, timeoutMs, env: { PYTHONDONTWRITEBYTECODE: "1" } });
  if (!run.ok) return run;
  const whole = await bench.check({ command: stage, timeoutMs, env, writable: [folder] });
  if (!whole.ok) return whole;
  return succeed({ run: run.value, spectra: await readTrace(folder) });
}

/**
 * Of Go the failed test's coverage, and that of all other tests as one row. Rust and Java have no coverage without
 * further tools: one run says whether the failure shows, and where to look is left to the hints.
 */
async function traceCompiled(request: TraceRequest, folder: string): Promise<Outcome<Traced>> {
  const { bench, failure, language, timeoutMs } = request;
  if (language !== "go") {
    const ran = await bench.check({ command: request.narrow, timeoutMs });
    return ran.ok ? succeed({ run: ran.value, spectra: [] }) : ran;
  }
  const root = bench.tree().root;
  const rows = [
    { command: request.narrow, failed: true, name: "failed.out" },
    { command: request.stage, failed: false, name: "passed.out", skip: failure.test?.split("/")[0] },
  ];
  const spectra: Spectrum[] = [];
  let first: StageRun | undefined;
  for (const { command, failed, name, skip } of rows) {
    // Without a test's name to leave out, the second row would hold the failed one as well.
    if (!failed && (skip === undefined || !/^Test\w+$/.test(skip))) continue;
    const file = join(folder, name);
    const ran = await bench.check({ command, timeoutMs, env: goCoverage(file, skip), writable: [folder] });
    if (!ran.ok) return ran;
    first ??= ran.value;
    const lines = await readGoCoverage(file, root);
    if (lines.size > 0) spectra.push({ failed, lines });
  }
  if (!first) throw new Error("a narrow command was run");
  return succeed({ run: first, spectra });
}

async function traceNode(request: TraceRequest, folder: string): Promise<Outcome<Traced>> {
  const { bench, failure, timeoutMs } = request;
  const tree = bench.tree();
  const runs: { run: StageRun; processes: readonly LineCounts[] }[] = [];
  for (const [name, command] of [
    ["narrow", request.narrow],
    ["stage", request.stage],
  ] as const) {
    const into = join(folder, name);
    await mkdir(into);
    const ran = await bench.check({ command, timeoutMs, env: { NODE_V8_COVERAGE: into }, writable: [into] });
    if (!ran.ok) return ran;
    runs.push({ run: ran.value, processes: await readV8Coverage(into, tree.root, (path) => tree.read(path)) });
    // Where the narrow command is the stage, one run says all.
    if (request.narrow === request.stage) break;
  }
  const [narrow, stage] = runs;
  if (!narrow) throw new Error("a narrow command was run");
  const named = failure.captures.test_file ?? failure.place?.file;
  const file = named === undefined ? undefined : await tree.locate(named);
  return succeed({ run: narrow.run, spectra: nodeSpectra(narrow.processes, stage?.processes ?? [], file) });
}

/**
 * Rows of processes: the narrow run is the failed row; of the whole stage each process of tests is a passed row, and of
 * the process that holds the failed test, what it ran oftener than the failed test alone did.
 */
function nodeSpectra(
  narrow: readonly LineCounts[],
  stage: readonly LineCounts[],
  failedFile: string | undefined,
): Spectrum[] {
  const testsOf = (counts: LineCounts) => [...counts.keys()].filter(isTestPath);
  const failing = sum(narrow.filter((counts) => testsOf(counts).length > 0));
  const spectra: Spectrum[] = [{ failed: true, lines: linesOf(failing) }];
  for (const counts of stage.filter((one) => testsOf(one).length > 0)) {
    const holdsFailed = failedFile === undefined || counts.has(failedFile);
    spectra.push({ failed: false, lines: linesOf(counts, holdsFailed ? failing : undefined) });
  }
  return spectra;
}

function sum(processes: readonly LineCounts[]): LineCounts {
  const all = new Map<string, Map<number, number>>();
  for (const [path, lines] of processes.flatMap((one) => [...one])) {
    const counts = all.get(path) ?? new Map<number, number>();
    all.set(path, counts);
    for (const [line, count] of lines) counts.set(line, (counts.get(line) ?? 0) + count);
  }
  return all;
}

function linesOf(counts: LineCounts, without?: LineCounts): Map<string, Set<number>> {
  return new Map(
    [...counts].map(([path, lines]) => [
      path,
      new Set([...lines].flatMap(([line, count]) => (count > (without?.get(path)?.get(line) ?? 0) ? [line] : []))),
    ]),
  );
}

/** How much a line gains for each hint beside its spectrum. */
const RECENT = 0.35;
const FRAME = 0.25;
const FAR_FRAME = 0.1;
const NEAR = 2;
/** What a call in the failed test's source leads to: weaker than all that was measured. */
const CALLED = 0.15;

/**
 * Ranks the lines of sources that could hold the fault: by spectrum where there is one, and by what was changed since
 * green and what the failure's stack names; these alone where no tool gave coverage. Tests are left out.
 */
export async function implicated(
  spectra: readonly Spectrum[],
  hints: { readonly recent: Lines; readonly excerpt: string; readonly tree: Tree; readonly failure: BuildFailure },
): Promise<readonly RankedLine[]> {
  const scores = new Map<string, RankedLine>();
  const add = (path: string, line: number, score: number) => {
    const key = `${path}:${line}`;
    scores.set(key, { path, line, score: (scores.get(key)?.score ?? 0) + score });
  };
  // What a build has made of the sources ran as well, but is no place for a repair.
  const own = new Set(await hints.tree.paths());
  for (const { path, line, score } of ochiai(spectra)) if (own.has(path)) add(path, line, score);
  // With a spectrum, a hint only weighs what the failed test ran; without one, hints are all there is.
  const measured = scores.size > 0;
  const hint = (path: string, line: number, score: number) => {
    if (!measured || scores.has(`${path}:${line}`)) add(path, line, score);
  };
  for (const [path, lines] of hints.recent) for (const line of lines) hint(path, line, RECENT);
  for (const [, named = "", number = ""] of hints.excerpt.matchAll(FRAMES)) {
    const path = await hints.tree.locate(named);
    if (path === undefined) continue;
    const line = Number(number);
    hint(path, line, FRAME);
    for (let near = 1; near <= NEAR; near++) for (const at of [line - near, line + near]) hint(path, at, FAR_FRAME);
  }
  if (!measured) {
    for (const { path, line, depth } of await reachedFromTest(hints.failure, hints.tree))
      add(path, line, CALLED / depth);
  }
  return [...scores.values()]
    .filter(({ path, line }) => line > 0 && own.has(path) && languageOf(path) !== undefined && !isTestPath(path))
    .sort(bySuspicion);
}

/** `file.js:12`, `File "x.py", line 12`: places as stacks write them. */
const FRAMES = /((?:file:\/\/)?[\w@./\\-]+\.(?:[cm]?[jt]sx?|py|go|rs|java))(?::|", line )(\d+)/g;
