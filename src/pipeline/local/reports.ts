import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "tinyglobby";
import type { CommandStage } from "../plan.ts";
import { type LineCoverage, lineCoverage } from "./coverage.ts";
import type { CollectedReports } from "./records.ts";

/** Larger report files are listed but not counted, and a pattern that hits more files than this is cut. */
const MAX_COUNTED_BYTES = 32 * 1024 * 1024;
const MAX_FILES = 500;
/** File systems keep times no finer than this; milliseconds. */
const TIME_GRAIN_MS = 2_000;

/**
 * Finds the reports that a stage wrote. Files older than the stage are another run's and do not count.
 *
 * @param since when the command was started, in milliseconds since the epoch
 */
export async function collectReports(
  root: string,
  reports: CommandStage["reports"],
  since: number,
): Promise<CollectedReports> {
  const find = (patterns: readonly string[]) => newFiles(root, patterns, since - TIME_GRAIN_MS);
  const [junit, coverage, sarif] = await Promise.all([
    find(reports.junit),
    find(reports.coverage),
    find(reports.sarif),
  ]);
  const tests = await countTests(root, junit);
  const lines = await sumCoverage(root, coverage);
  return { junit, coverage, sarif, ...(tests ? { tests } : {}), ...(lines ? { lineCoverage: lines } : {}) };
}

async function newFiles(root: string, patterns: readonly string[], since: number): Promise<string[]> {
  if (patterns.length === 0) return [];
  const found = await glob([...patterns], {
    cwd: root,
    onlyFiles: true,
    followSymbolicLinks: false,
    dot: true,
    ignore: ["**/node_modules/**", ".git/**"],
  });
  const recent: string[] = [];
  for (const path of found.sort().slice(0, MAX_FILES)) {
    // What leads out of the product is not its report.
    if (path.startsWith("..")) continue;
    if ((await stat(join(root, path))).mtimeMs >= since) recent.push(path);
  }
  return recent;
}

/** Sums over JUnit files; undefined when there are none. */
async function countTests(root: string, files: readonly string[]): Promise<CollectedReports["tests"]> {
  if (files.length === 0) return undefined;
  const sum = { total: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    const path = join(root, file);
    if ((await stat(path)).size > MAX_COUNTED_BYTES) continue;
    const counts = countJUnit(await readFile(path, "utf8"));
    sum.total += counts.total;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
  }
  return sum;
}

/** Sums over coverage reports; undefined when none of them can be read as one. */
async function sumCoverage(root: string, files: readonly string[]): Promise<LineCoverage | undefined> {
  let sum: LineCoverage | undefined;
  for (const file of files) {
    const path = join(root, file);
    if ((await stat(path)).size > MAX_COUNTED_BYTES) continue;
    const one = lineCoverage(await readFile(path, "utf8"));
    if (one) sum = { covered: (sum?.covered ?? 0) + one.covered, lines: (sum?.lines ?? 0) + one.lines };
  }
  return sum;
}

/**
 * Counts test cases in a JUnit report. Text that only looks like a tag (in CDATA, a comment, an attribute) does not
 * count. One pass, whatever the file holds: a product writes it.
 */
export function countJUnit(xml: string): { total: number; failed: number; skipped: number } {
  const counts = { total: 0, failed: 0, skipped: 0 };
  let open: { failed: boolean; skipped: boolean } | undefined;
  const close = () => {
    counts.failed += Number(open?.failed ?? false);
    counts.skipped += Number(open?.skipped ?? false);
    open = undefined;
  };
  for (const tag of tags(xml)) {
    const name = /^\/?[\w:.-]*/.exec(tag)?.[0];
    if (name === "testcase") {
      counts.total += 1;
      open = { failed: false, skipped: false };
      if (tag.endsWith("/")) close();
    } else if (name === "/testcase") close();
    else if (open && (name === "failure" || name === "error")) open.failed = true;
    else if (open && name === "skipped") open.skipped = true;
  }
  return counts;
}

/** The insides of an XML text's tags, without comments and CDATA. */
function* tags(xml: string): Generator<string> {
  for (let at = xml.indexOf("<"); at >= 0; at = xml.indexOf("<", at)) {
    const section = ["<!--", "<![CDATA["].find((start) => xml.startsWith(start, at));
    const end = section ? xml.indexOf(section === "<!--" ? "-->" : "]]>", at) : endOfTag(xml, at);
    if (end < 0) return;
    if (!section) yield xml.slice(at + 1, end);
    at = end + 1;
  }
}

/** Where a tag's `>` stands: not one inside an attribute's quotes. */
function endOfTag(xml: string, from: number): number {
  let quote = "";
  for (let at = from + 1; at < xml.length; at += 1) {
    const character = xml[at] as string;
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === ">") return at;
    else if (character === '"' || character === "'") quote = character;
  }
  return -1;
}
