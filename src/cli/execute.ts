import { readFile, rm } from "node:fs/promises";
import { type Clock, isoTime, systemClock } from "../core/clock.ts";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { EXIT, exitCodeOf } from "../core/exit-codes.ts";
import { writeFileAtomic } from "../core/files.ts";
import { createRedactor, type Redactor } from "../core/redact.ts";
import { RESULT_VERSION, type StepResult } from "../core/result.ts";
import { type OpenOptions, openSession } from "../org/open.ts";
import type { StepDefinition, StepReport } from "../steps/definition.ts";
import { asObserved } from "./observed.ts";
import { type CommonOptions, readParams } from "./options.ts";
import { pc } from "./render/colours.ts";
import { renderDiagnostics } from "./render/diagnostics.ts";
import { createRenderer, type Renderer } from "./render/events.ts";
import { unexpected } from "./unexpected.ts";

/** Where a command's words go. `out` carries the answer, `err` the progress and the problems. */
export interface Streams {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

export interface Invocation {
  readonly step: StepDefinition;
  readonly given: Readonly<Record<string, unknown>>;
  readonly common: CommonOptions;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  readonly signal: AbortSignal;
}

/** Runs one step from its parameters to its result file and exit code. Never rejects. */
export async function execute(invocation: Invocation): Promise<number> {
  const { step, common, streams } = invocation;
  const clock = systemClock;
  const startedAt = clock.now();
  const redactor = createRedactor();
  const renderer = await createRenderer({
    out: streams.err,
    live: streams.err.isTTY === true && !common.plain && !common.json && invocation.environment.CI === undefined,
    verbose: common.verbose === true,
  });
  if (common.resultFile) {
    try {
      await rm(common.resultFile, { force: true });
    } catch (error) {
      streams.err.write(`cannot write ${common.resultFile}: ${messageOf(error)}\n`);
      return EXIT.infrastructure;
    }
  }
  const { outcome, observed } = await attempt(invocation, redactor, clock, renderer);
  renderer.close();
  const plain = resultOf(step, outcome, { startedAt, clock, dryRun: common.dryRun === true });
  const result = observed ? asObserved(plain, observed) : plain;
  const text = redactor.redact(JSON.stringify(result, null, 2));
  let code = invocation.signal.aborted ? EXIT.interrupted : exitCodeOf(result.verdict, result.kind);
  if (result.kind === "config" && result.diagnostics.some((d) => d.code.startsWith("params."))) code = EXIT.usage;
  if (result.diagnostics.some((d) => d.code === "generate.drift" && d.severity === "error")) code = EXIT.drift;
  if (common.resultFile) {
    try {
      await writeFileAtomic(common.resultFile, `${text}\n`);
    } catch (error) {
      streams.err.write(`cannot write ${common.resultFile}: ${messageOf(error)}\n`);
      code = EXIT.infrastructure;
    }
  }
  if (common.json) {
    streams.out.write(`${text}\n`);
    return code;
  }
  const display = outcome.ok ? (outcome.value.report.display ?? markdownLines(outcome.value.report.summary)) : [];
  for (const line of display) streams.out.write(`${redactor.redact(line)}\n`);
  const told = outcome.ok ? (outcome.value.report.told ?? []) : [];
  const untold = result.diagnostics.filter(({ code: name }) => !told.includes(name));
  for (const line of renderDiagnostics(untold)) streams.err.write(`${redactor.redact(line)}\n`);
  return code;
}

interface Finished {
  readonly report: StepReport<unknown>;
  readonly product: string | undefined;
}

interface Attempt {
  readonly outcome: Outcome<Finished>;
  /** What is told where the session only observed. */
  readonly observed?: Diagnostic | undefined;
}

async function attempt(invocation: Invocation, redactor: Redactor, clock: Clock, renderer: Renderer): Promise<Attempt> {
  const { step, common } = invocation;
  let observed: Diagnostic | undefined;
  try {
    const fromFile = common.paramsFile ? await readParamsFile(common.paramsFile) : undefined;
    if (fromFile && !fromFile.ok) return { outcome: fromFile };
    const file = fromFile?.value ?? {};
    const { product: productInFile, dry_run: dryRunInFile, ...rest } = file;
    const params = readParams(step, { ...rest, ...invocation.given });
    if (!params.ok) return { outcome: params };
    const options: OpenOptions = {
      needs: step.needs,
      cwd: invocation.cwd,
      environment: invocation.environment,
      product: common.product ?? (typeof productInFile === "string" ? productInFile : undefined),
      dryRun: common.dryRun === true || dryRunInFile === true,
      observe: common.observe === true,
      emit: renderer.emit,
      redactor,
      clock,
      signal: invocation.signal,
      actions: step.actions,
    };
    const opened = await openSession(options);
    if (!opened.ok) return { outcome: opened };
    const { session, close } = opened.value;
    observed = opened.value.observed;
    try {
      const done = await step.run(session, params.value);
      if (!done.ok) return { outcome: done, observed };
      const value = { report: done.value as StepReport<unknown>, product: opened.value.product };
      return { outcome: succeed(value, [...opened.warnings, ...done.warnings]), observed };
    } finally {
      await close();
    }
  } catch (error) {
    return { outcome: fail(unexpected(error)), observed };
  }
}

async function readParamsFile(path: string): Promise<Outcome<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return fail(problem("config", "params.file", `cannot read the parameters: ${messageOf(error)}`));
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { ok: true, value: value as Record<string, unknown>, warnings: [] };
    }
  } catch (error) {
    return fail(
      problem("config", "params.file", `${path} is not JSON: ${messageOf(error)}`, { where: { file: path } }),
    );
  }
  return fail(problem("config", "params.file", `${path} must hold one JSON object`, { where: { file: path } }));
}

function resultOf(
  step: StepDefinition,
  outcome: Outcome<Finished>,
  run: { startedAt: number; clock: Clock; dryRun: boolean },
): StepResult {
  const base = {
    version: RESULT_VERSION,
    step: step.name,
    started_at: isoTime({ now: () => run.startedAt }),
    duration_ms: run.clock.now() - run.startedAt,
    dry_run: run.dryRun,
    observed: false,
  } as const;
  if (!outcome.ok) {
    const diagnostics = [...outcome.diagnostics];
    const waiting = diagnostics.find((d) => d.code === "journal.waiting" || d.code === "gate.asks");
    const first = diagnostics.find((d) => d.severity === "error") ?? diagnostics[0];
    return {
      ...base,
      verdict: waiting ? "waiting" : "failure",
      ...(first ? { kind: first.kind } : {}),
      diagnostics,
      junit: [],
      coverage: [],
      sarif: [],
      artifacts: [],
      links: [],
      metrics: {},
      summary: diagnostics.map((d) => `- ${d.message}`).join("\n"),
      data: null,
    };
  }
  const { report, product } = outcome.value;

  return {
    ...base,
    ...(product ? { product } : {}),
    ...(report.run ? { run: report.run } : {}),
    verdict: report.verdict ?? "success",
    ...(report.kind ? { kind: report.kind } : {}),
    diagnostics: [...(report.diagnostics ?? []), ...outcome.warnings],
    junit: report.junit ?? [],
    coverage: report.coverage ?? [],
    sarif: report.sarif ?? [],
    artifacts: report.artifacts ?? [],
    links: report.links ?? [],
    metrics: report.metrics ?? {},
    ...(report.approval ? { approval: report.approval } : {}),
    summary: report.summary,
    data: report.data ?? null,
  };
}

/** Markdown is made to be read as it is; only headings and emphasis get a terminal's means. */
function markdownLines(markdown: string): string[] {
  if (markdown === "") return [];
  return markdown
    .trimEnd()
    .split("\n")
    .map((line) => (/^#+ /.test(line) ? pc.bold(line.replace(/^#+ /, "")) : line.replaceAll("**", "")));
}
