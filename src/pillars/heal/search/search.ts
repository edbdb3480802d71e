import type { Constitution } from "../../../constitution/constitution.ts";
import { protectedPaths } from "../../../constitution/protect.ts";
import { type Outcome, succeed } from "../../../core/diagnostic.ts";
import type { Emit } from "../../../core/events.ts";
import type { Bench, StageToRun } from "../bench.ts";
import type { Candidate, FileChange } from "../candidate.ts";
import type { CandidateInput } from "../candidates.ts";
import { weakenings } from "../guard.ts";
import { narrowCommand } from "../narrow.ts";
import type { BuildFailure } from "../read/report.ts";
import type { Tree } from "../tree.ts";
import { type Language, languageOf } from "./lexer.ts";
import { implicated, trace } from "./localise.ts";
import { type Mutation, mutate, mutationsOf } from "./mutations.ts";
import { OPERATORS } from "./operators.ts";
import type { RecentChange } from "./recent.ts";
import type { RankedLine } from "./spectrum.ts";

export interface SearchOptions {
  readonly openBench: () => Promise<Outcome<Bench>>;
  readonly stage: StageToRun;
  /** Lines changed since green; asked for only when a search begins. */
  readonly recent: () => Promise<Outcome<RecentChange>>;
  readonly constitution: Constitution;
  /** The search ends after this long. */
  readonly budgetMs: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** A line that was found by searching has passed the tests by chance oftener than a fixer's: behind these, before models. */
const SEARCH_TRUST = 0.4;
/** Edits that are run at most, each with what failed alone. */
const MOST_MUTANTS = 300;
/** Of these, how many may pass and be handed on: the first that passes the whole stage is taken. */
const MOST_PLAUSIBLE = 5;
/** An edit may make a loop endless: this many times the unbroken run, and no less than the floor. */
const SLOWER = 4;
const FLOOR_MS = 15_000;
/**
 * An edit that leads back to a line as it was when the tests passed comes before all others: several edits may please
 * the tests, and that one is no guess.
 */
const AS_IT_WAS = 10;
const LANGUAGE_OF_TOOL: Readonly<Record<string, Language>> = {
  "node:test": "javascript",
  node: "javascript",
  vitest: "javascript",
  jest: "javascript",
  mocha: "javascript",
  pytest: "python",
  unittest: "python",
  python: "python",
  "go test": "go",
  "cargo test": "rust",
  junit: "java",
  "gradle test": "java",
};

/**
 * Candidates by search: single mutations of the lines that the failed test ran, most suspicious first, each tried against
 * what failed; those that pass are handed on to be proven like any other. Generate-and-validate repair (Weimer et al.:
 * Automatically Finding Patches Using Genetic Programming, ICSE 2009) without its random part: the order is fixed, so
 * that the same failure is searched the same way everywhere. Only test failures of JavaScript, TypeScript, Python, Go,
 * Rust and Java.
 */
export async function* searchCandidates(
  input: CandidateInput,
  options: SearchOptions,
): AsyncIterable<Outcome<Candidate>> {
  const { failure } = input;
  const language = LANGUAGE_OF_TOOL[failure.tool];
  if (language === undefined || failure.category !== "test" || options.budgetMs <= 0) return;
  const started = performance.now();
  const opened = await options.openBench();
  if (!opened.ok) {
    yield opened;
    return;
  }
  const bench = opened.value;
  const { emit, stage } = options;
  const task = "heal.search";
  emit({ type: "task.started", task, title: "searching the lines that the failed test ran" });
  let title = "nothing to search";
  try {
    const tree = input.tree;
    const based = await onTop(bench, input);
    if (!based.ok) {
      title = "the search could not start";
      return;
    }
    const narrow = (await narrowCommand(stage.command, failure, tree))?.command;
    const limits = { language, failure, timeoutMs: stage.timeoutMs, bench, stage: stage.command } as const;
    let traced = await trace({ ...limits, narrow: narrow ?? stage.command });
    if (!traced.ok) return yield traced;
    let command = narrow ?? stage.command;
    if (!shows(traced.value.run.log.failures, failure) && narrow !== undefined) {
      // The narrow command fails in another way, or not at all: then the stage says what heals.
      traced = await trace({ ...limits, narrow: stage.command });
      if (!traced.ok) return yield traced;
      command = stage.command;
    }
    if (!shows(traced.value.run.log.failures, failure)) return;
    const recent = await options.recent();
    if (!recent.ok) return yield recent;
    const ranked = await implicated(traced.value.spectra, {
      recent: recent.value.lines,
      excerpt: input.excerpt,
      tree,
      failure,
    });
    const mutants = await mutantsOf(ranked, tree, options.constitution, recent.value.removed);
    const timeoutMs = Math.max(FLOOR_MS, traced.value.run.result.durationMs * SLOWER);
    let tried = 0;
    let plausible = 0;
    for (const { change, mutation } of mutants) {
      const left = options.budgetMs - (performance.now() - started);
      if (options.signal.aborted || left <= 0 || plausible >= MOST_PLAUSIBLE) break;
      tried++;
      if (tried % 10 === 0) emit({ type: "task.progress", task, text: `${tried} of ${mutants.length} edits` });
      const passed = await tryMutant(bench, change, command, Math.min(timeoutMs, Math.max(left, 1_000)));
      if (!passed.ok) return yield passed;
      if (!passed.value) continue;
      plausible++;
      title = told(tried, mutants, plausible);
      yield succeed({
        summary: `${mutation.summary} in ${change.path}`,
        changes: [change],
        source: { kind: "search", operator: mutation.operator },
        trust: SEARCH_TRUST,
      });
    }
    title = told(tried, mutants, plausible);
  } finally {
    emit({ type: "task.finished", task, state: title.startsWith("searched") ? "done" : "skipped", title });
    await bench.close();
  }
}

function told(tried: number, mutants: readonly Mutant[], plausible: number): string {
  const files = new Set(mutants.map(({ change }) => change.path)).size;
  const where = `${files} ${files === 1 ? "file" : "files"}`;
  return `searched ${where}: ${tried} of ${mutants.length} edits tried, with ${plausible} what failed passes`;
}

/** The search's checkout with what earlier rounds have repaired already. */
async function onTop(bench: Bench, { tree }: CandidateInput): Promise<Outcome<unknown>> {
  const own = bench.tree();
  const changes: FileChange[] = [];
  for (const path of await tree.paths()) {
    if (languageOf(path) === undefined) continue;
    const [before, after] = [await own.read(path), await tree.read(path)];
    if (before !== after) changes.push({ path, before, after });
  }
  return changes.length === 0 ? succeed([]) : bench.apply(changes, []);
}

function shows(failures: readonly BuildFailure[], failure: BuildFailure): boolean {
  return failures.some((one) => one.occurrence === failure.occurrence || one.pattern === failure.pattern);
}

interface Mutant {
  readonly change: FileChange;
  readonly mutation: Mutation;
  readonly score: number;
}

/** The mutations to try in order: back to what was green, then how suspicious the line is times how often a slip is of that kind. */
async function mutantsOf(
  ranked: readonly RankedLine[],
  tree: Tree,
  constitution: Constitution,
  removed: RecentChange["removed"],
): Promise<readonly Mutant[]> {
  const scores = new Map<string, Map<number, number>>();
  for (const { path, line, score } of ranked) {
    const lines = scores.get(path) ?? new Map<number, number>();
    scores.set(path, lines.set(line, score));
  }
  const allowed = new Set(scores.keys());
  for (const path of protectedPaths(constitution, [...allowed])) allowed.delete(path);
  const mutants: Mutant[] = [];
  for (const path of [...allowed].sort()) {
    const before = await tree.read(path);
    const lines = scores.get(path) ?? new Map<number, number>();
    if (before === undefined) continue;
    for (const mutation of mutationsOf(path, before, new Set(lines.keys()))) {
      const change = { path, before, after: mutate(before, mutation) };
      if (weakenings([change]).length > 0) continue;
      const now = change.after.split("\n")[mutation.line - 1]?.trim() ?? "";
      const restored = removed.get(path)?.has(now) ? AS_IT_WAS : 0;
      mutants.push({
        change,
        mutation,
        score: restored + (lines.get(mutation.line) ?? 0) * OPERATORS[mutation.operator],
      });
    }
  }
  // The sort is stable: equal scores stay in the order of paths, lines and places.
  return mutants.sort((a, b) => b.score - a.score).slice(0, MOST_MUTANTS);
}

async function tryMutant(
  bench: Bench,
  change: FileChange,
  command: string,
  timeoutMs: number,
): Promise<Outcome<boolean>> {
  const applied = await bench.apply([change], []);
  if (!applied.ok) return applied;
  const ran = await bench.check({ command, timeoutMs, env: { PYTHONDONTWRITEBYTECODE: "1" } });
  const back = await bench.apply([{ path: change.path, before: change.after, after: change.before }], []);
  if (!ran.ok) return ran;
  return back.ok ? succeed(ran.value.passed) : back;
}
