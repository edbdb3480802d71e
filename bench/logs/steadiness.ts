import { readLog } from "../../src/pillars/heal/read/index.ts";
import type { BuildFailure, LogReport } from "../../src/pillars/heal/read/report.ts";
import { WRAPPINGS } from "./wrappings.ts";

export interface Steadiness {
  /** The root has the same tool, category, message, place, test and keys, on the same lines. */
  readonly root: boolean;
  /** Lines said of both readings among the lines said of either. */
  readonly lines: number;
}

/** Reads a log plain and in each wrapping, and compares what is said. */
export async function steadinessOf(log: string): Promise<Readonly<Record<string, Steadiness>>> {
  const lines = log.replace(/\r?\n$/, "").split(/\r?\n/);
  const plain = await readText(lines.join("\n"));
  const answers: Record<string, Steadiness> = {};
  for (const [name, wrap] of Object.entries(WRAPPINGS)) {
    const { log: wrapped, numberOf } = wrap(lines);
    const report = await readText(wrapped);
    const expected = saidLines(plain, numberOf);
    // Lines that the wrapping itself brought in are nobody's: a range may run over those of the branch beside it.
    const images = new Set(lines.map((_line, index) => numberOf(index + 1)));
    const said = new Set([...saidLines(report, (no) => no)].filter((no) => images.has(no)));
    const both = [...said].filter((no) => expected.has(no)).length;
    const either = said.size + expected.size - both;
    answers[name] = {
      root: essence(plain.root, numberOf) === essence(report.root, (no) => no),
      lines: either === 0 ? 1 : both / either,
    };
  }
  return answers;
}

function essence(root: BuildFailure | undefined, numberOf: (no: number) => number): string {
  if (root === undefined) return "nothing";
  const { tool, category, message, place, test, occurrence, pattern, logLines } = root;
  return JSON.stringify([tool, category, message, place, test, occurrence, pattern, logLines.map(numberOf)]);
}

function saidLines(report: LogReport, numberOf: (no: number) => number): Set<number> {
  const said = new Set<number>();
  for (const { logLines, alsoAt } of report.failures) {
    for (const [first, last] of [logLines, ...alsoAt]) for (let no = first; no <= last; no++) said.add(numberOf(no));
  }
  return said;
}

function readText(log: string): Promise<LogReport> {
  return readLog(
    (async function* () {
      yield Buffer.from(log);
    })(),
  );
}
