import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { mineTemplates } from "../../src/pillars/heal/read/template-miner.ts";

/**
 * Grouping accuracy on loghub's 2k sets: a line counts when its group of the miner holds exactly the lines of its
 * labelled event. Mean over the sets, one configuration for all.
 */
export function loghubAccuracy(dir: string): Record<string, number> {
  const scores: Record<string, number> = {};
  for (const entry of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith("_structured.csv")) continue;
    const [header = [], ...rows] = parseCsv(readFileSync(join(dir, entry), "utf8"));
    const content = header.indexOf("Content");
    const event = header.indexOf("EventId");
    if (content === -1 || event === -1) continue;
    const { groups } = mineTemplates(rows.map((row) => row[content] ?? ""));
    scores[basename(entry).split("_")[0]!] = groupingAccuracy(
      groups,
      rows.map((row) => row[event] ?? ""),
    );
  }
  const values = Object.values(scores);
  return { ...scores, mean: values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1) };
}

export function groupingAccuracy(found: readonly (string | number)[], labelled: readonly string[]): number {
  const members = (keys: readonly (string | number)[]) => {
    const sets = new Map<string | number, number[]>();
    for (const [index, key] of keys.entries()) {
      const set = sets.get(key);
      if (set === undefined) sets.set(key, [index]);
      else set.push(index);
    }
    return sets;
  };
  const truth = new Set([...members(labelled).values()].map((set) => set.join(",")));
  let right = 0;
  for (const set of members(found).values()) if (truth.has(set.join(","))) right += set.length;
  return right / Math.max(found.length, 1);
}

/** Comma-separated values with double-quoted fields. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line === "") continue;
    rows.push(
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? "",
      ),
    );
  }
  return rows;
}
