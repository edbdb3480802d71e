import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import { type Diagnostic, fail, messageOf, type Outcome, succeed } from "../core/diagnostic.ts";
import { EXIT, exitCodeOf } from "../core/exit-codes.ts";
import { createRedactor, type Redactor } from "../core/redact.ts";
import type { StepResult } from "../core/result.ts";
import { terminalJson, terminalText, withoutCiCommands } from "../core/terminal-text.ts";
import type { HalfWanted } from "../org/half.ts";
import { openSession } from "../org/open.ts";
import type { Opened, OpenOptions } from "../org/opened.ts";
import type { StepDefinition, StepReport, TonedLine } from "../steps/definition.ts";
import { type GivenByFile, NOTHING_GIVEN } from "./given.ts";
import { asObserved } from "./observed.ts";
import { type CommonOptions, readParams } from "./options.ts";
import { pc } from "./render/colours.ts";
import { renderDiagnostics } from "./render/diagnostics.ts";
import { createRenderer, type Renderer } from "./render/events.ts";
import { callName, pageOf, shownOf } from "./shown.ts";
import { type Seen, stepResult, watchEvents } from "./step-result.ts";
import { unexpected } from "./unexpected.ts";

/** Something is not as what it follows from says: an exit code of its own, so that a check in CI can tell. */
const DRIFT = new Set(["generate.drift", "infra.drift"]);

const TONES: Readonly<Record<TonedLine["tone"], (text: string) => string>> = {
  root: (text) => pc.bold(pc.red(text)),
  failure: pc.red,
  plain: (text) => text,
  quiet: pc.dim,
};

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
    inCi: invocation.environment.CI !== undefined,
  });
  if (common.resultFile) {
    try {
      rmSync(common.resultFile, { force: true });
    } catch (error) {
      streams.err.write(`cannot write ${common.resultFile}: ${messageOf(error)}\n`);
      return EXIT.infrastructure;
    }
  }
  const seen: Seen = { dryRun: common.dryRun === true };
  const { outcome, observed } = await attempt(invocation, { redactor, clock, renderer, seen });
  renderer.close();
  const plain = stepResult(step, outcome, { startedAt, clock, seen });
  const said = observed ? asObserved(plain, observed) : plain;
  const name = callName(step, seen.params, invocation.environment);
  const result: StepResult = { ...said, shown: shownOf(said, name) };
  const text = redactor.redact(JSON.stringify(result, null, 2));
  let code = invocation.signal.aborted ? EXIT.interrupted : exitCodeOf(result.verdict, result.kind);
  if (result.kind === "config" && result.diagnostics.some((d) => d.code.startsWith("params."))) code = EXIT.usage;
  if (result.diagnostics.some((d) => DRIFT.has(d.code) && d.severity === "error")) code = EXIT.drift;
  if (common.resultFile) {
    try {
      const { writeFileAtomic } = await import("../core/files.ts");
      await writeFileAtomic(common.resultFile, `${text}\n`);
      // What Jenkins keeps of a call, as files that it only has to archive.
      const folder = invocation.environment.CODEMONKEYS_REPORT;
      if (folder) {
        await writeFileAtomic(join(folder, "codemonkeys", `${name}.json`), `${text}\n`);
        await writeFileAtomic(join(folder, "codemonkeys", `${name}.md`), redactor.redact(pageOf(result)));
      }
    } catch (error) {
      streams.err.write(`cannot write ${common.resultFile}: ${messageOf(error)}\n`);
      code = EXIT.infrastructure;
    }
  }
  if (common.json) {
    streams.out.write(`${terminalJson(text)}\n`);
    return code;
  }
  const display = outcome.ok ? (outcome.value.display ?? markdownLines(outcome.value.summary)) : [];
  const printed = (line: string) => {
    const text = terminalText(redactor.redact(line));
    return invocation.environment.CI === undefined ? text : withoutCiCommands(text);
  };
  for (const line of display) {
    streams.out.write(`${typeof line === "string" ? printed(line) : TONES[line.tone](printed(line.text))}\n`);
  }
  const told = outcome.ok ? (outcome.value.told ?? []) : [];
  const untold = result.diagnostics.filter(({ code: name }) => !told.includes(name));
  for (const line of renderDiagnostics(untold)) streams.err.write(`${printed(line)}\n`);
  return code;
}

interface Attempt {
  readonly outcome: Outcome<StepReport<unknown>>;
  /** What is told where the session only observed. */
  readonly observed?: Diagnostic | undefined;
}

async function attempt(
  invocation: Invocation,
  means: { readonly redactor: Redactor; readonly clock: Clock; readonly renderer: Renderer; readonly seen: Seen },
): Promise<Attempt> {
  const { step, common } = invocation;
  const { redactor, clock, renderer, seen } = means;
  let observed: Diagnostic | undefined;
  try {
    const file = await givenByFile(common.paramsFile);
    if (!file.ok) return { outcome: file };
    const params = readParams(step, { ...file.value.params, ...invocation.given });
    if (!params.ok) return { outcome: params };
    seen.params = params.value;
    seen.dryRun ||= file.value.dryRun;
    const options: OpenOptions = {
      needs: step.needs,
      cwd: invocation.cwd,
      environment: invocation.environment,
      product: common.product ?? file.value.product ?? productIn(params.value),
      dryRun: seen.dryRun,
      observe: common.observe === true,
      emit: watchEvents(seen, renderer.emit),
      redactor,
      clock,
      signal: invocation.signal,
      actions: step.actions,
      half: { ...file.value.half, ...halfGiven(common) },
    };
    const opened = await openSession(options);
    if (!opened.ok) return { outcome: opened };
    const { session, close } = opened.value;
    observed = opened.value.observed;
    seen.product = opened.value.product;
    try {
      const taken = await approvalsTaken(session, file.value);
      if (!taken.ok) return { outcome: taken, observed };
      const done: Outcome<StepReport<unknown>> = await step.run(session, params.value);
      if (!done.ok) return { outcome: fail(...done.diagnostics, ...taken.warnings), observed };
      return {
        outcome: succeed(done.value, [...opened.warnings, ...taken.warnings, ...done.warnings]),
        observed,
      };
    } finally {
      await close();
    }
  } catch (error) {
    return { outcome: fail(unexpected(error)), observed };
  }
}

function halfGiven({ half, take, digest }: CommonOptions): HalfWanted {
  return { ...(half ? { half } : {}), ...(take ? { take } : {}), ...(digest ? { digests: digest } : {}) };
}

/** The product where a step takes it by its place: `codemonkeys build payments`. */
function productIn({ product }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof product === "string" ? product : undefined;
}

/** Markdown is made to be read as it is; only headings and emphasis get a terminal's means. */
function markdownLines(markdown: string): string[] {
  if (markdown === "") return [];
  return markdown
    .trimEnd()
    .split("\n")
    .map((line) => (/^#+ /.test(line) ? pc.bold(line.replace(/^#+ /, "")) : line.replaceAll("**", "")));
}

/** Only Jenkins hands parameters over in a file: nobody else's start pays for reading one. */
async function givenByFile(path: string | undefined): Promise<Outcome<GivenByFile>> {
  if (!path) return succeed(NOTHING_GIVEN);
  const { readParamsFile } = await import("./params-file.ts");
  return await readParamsFile(path);
}

/** People's answers that came with the call, verified against the controller's record before the step begins. */
async function approvalsTaken(session: Opened["session"], { approvals }: GivenByFile): Promise<Outcome<void>> {
  if (!("swarm" in session) || approvals.length === 0) return succeed(undefined);
  const { takeApprovals } = await import("../org/jenkins-approvals.ts");
  return await takeApprovals(session, approvals);
}
