import type { FileEdit, Tree } from "../../../src/ecosystems/index.ts";

/** Files in memory. */
export function treeOf(files: Readonly<Record<string, string>>): Tree {
  return { read: async (path) => files[path], list: async () => Object.keys(files) };
}

/** What an edit changed: lines that went and lines that came. */
export function changed({ before, after }: FileEdit): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  if (old.length !== now.length) throw new Error("lines were added or removed");
  return now.flatMap((line, at) => (line === old[at] ? [] : [`${old[at]?.trim()} → ${line.trim()}`]));
}
