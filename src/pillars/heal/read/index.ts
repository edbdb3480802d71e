import { conclude } from "./conclude.ts";
import { createEngine, HINTS } from "./engine.ts";
import { createFreshLines } from "./fresh-lines.ts";
import type { Draft } from "./reader.ts";
import type { LogReport, LogSource, ReadOptions } from "./report.ts";
import { type Scanned, scanLog } from "./scan.ts";
import { createShapes, type Shapes } from "./shapes.ts";

export type {
  BuildFailure,
  Category,
  FailurePlace,
  LineRange,
  LogReport,
  LogSource,
  Rank,
  ReadOptions,
} from "./report.ts";
export { CATEGORIES } from "./report.ts";

/**
 * Reads a build log of any size and says what failed. Streams: memory does not grow with the log.
 * Rejects only when the source itself does (a missing file); no content of a log makes it throw.
 */
export async function readLog(source: LogSource, options: ReadOptions = {}): Promise<LogReport> {
  const pass = options.pass === undefined ? undefined : await readPass(options.pass);
  const engine = createEngine({ fresh: (shape) => pass === undefined || !pass.shapes.has(shape) });
  const freshLines = pass === undefined ? undefined : createFreshLines();
  const scanned: Scanned = await scanLog(source, HINTS, (no, bytes, start, end, low, high, shape) => {
    if (freshLines !== undefined && !pass!.shapes.has(shape)) freshLines.add(no);
    engine.onLine(no, bytes, start, end, low, high, shape);
  });
  const { drafts, omitted } = engine.finish(freshLines?.around);
  const inPass = (draft: Draft) => freshLines !== undefined && !freshLines.any(draft.first, draft.last);
  const { failures, root } = conclude(drafts, options, inPass);
  return { failures, root, lines: scanned.lines, bytes: scanned.bytes, omitted };
}

async function readPass(source: LogSource): Promise<{ shapes: Shapes }> {
  const shapes = createShapes();
  await scanLog(source, HINTS, (_no, _bytes, _start, _end, _low, _high, shape) => shapes.add(shape));
  return { shapes };
}
