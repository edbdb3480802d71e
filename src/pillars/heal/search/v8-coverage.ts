import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";

/**
 * Node writes one file for each process into the folder that NODE_V8_COVERAGE names: block counts of every script, as the
 * inspector protocol's Profiler.takePreciseCoverage gives them.
 */
const coverageSchema = z.object({
  result: z.array(
    z.object({
      url: z.string(),
      functions: z.array(
        z.object({
          ranges: z.array(z.object({ startOffset: z.int(), endOffset: z.int(), count: z.int() })),
        }),
      ),
    }),
  ),
});

/** How often each line of each file below the root ran in one process; lines from 1, paths relative with `/`. */
export type LineCounts = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Reads a folder of coverage files; files of processes that were killed while writing are left out. */
export async function readV8Coverage(
  folder: string,
  root: string,
  textOf: (path: string) => Promise<string | undefined>,
): Promise<LineCounts[]> {
  const processes: LineCounts[] = [];
  for (const name of (await readdir(folder)).filter((one) => one.endsWith(".json")).sort()) {
    const coverage = parse(await readFile(join(folder, name), "utf8"));
    if (!coverage) continue;
    const files = new Map<string, Map<number, number>>();
    for (const script of coverage.result) {
      const path = pathOf(script.url, root);
      const text = path === undefined ? undefined : await textOf(path);
      if (path === undefined || text === undefined) continue;
      const ranges = script.functions.flatMap((one) => one.ranges);
      files.set(path, lineCounts(text, ranges));
    }
    if (files.size > 0) processes.push(files);
  }
  return processes;
}

function parse(text: string) {
  try {
    const read = coverageSchema.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function pathOf(url: string, root: string): string | undefined {
  const place = url.startsWith("file://") ? fileURLToPath(url.replace(/[?#].*$/, "")) : url;
  const path = relative(root, place).split(sep).join("/");
  return path === "" || path.startsWith("..") || path.startsWith("/") || path.includes("node_modules/")
    ? undefined
    : path;
}

/** Inner ranges lie after the outer ones they correct; a line counts as often as its most used part. */
function lineCounts(
  text: string,
  ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[],
): Map<number, number> {
  const counts = new Uint32Array(text.length);
  const outerFirst = [...ranges].sort((a, b) => b.endOffset - b.startOffset - (a.endOffset - a.startOffset));
  for (const { startOffset, endOffset, count } of outerFirst) counts.fill(count, startOffset, endOffset);
  const lines = new Map<number, number>();
  let line = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\n") line++;
    else if (character > " " && character !== "}") {
      const count = counts[at] ?? 0;
      if (count > (lines.get(line) ?? 0)) lines.set(line, count);
    }
  }
  return lines;
}
