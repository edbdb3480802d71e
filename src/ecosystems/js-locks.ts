import { isMap, isScalar, parseDocument } from "yaml";
import type { Replacement } from "./text-edit.ts";

/** The range a package asked for another by, and what it asks by now; undefined where it stays. */
export type Raise = (name: string, range: string) => string | undefined;

const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "specifiers"];

/**
 * Places in a pnpm-lock.yaml that repeat the ranges of the workspace's manifests (`importers.*.*.specifier`, `specifiers`
 * of older ones): `pnpm install --frozen-lockfile` refuses a lock that says other ones.
 */
export function pnpmLockRanges(text: string, raise: Raise): Replacement[] {
  const document = parseDocument(text, { logLevel: "silent" });
  const importers: unknown = document.get("importers");
  const found: Replacement[] = [];
  for (const importer of isMap(importers) ? importers.items.map(({ value }) => value) : [document.contents]) {
    if (!isMap(importer)) continue;
    for (const kind of KINDS) {
      const asked: unknown = importer.get(kind);
      for (const { key, value } of isMap(asked) ? asked.items : []) {
        const range: unknown = isMap(value) ? value.get("specifier", true) : value;
        // Before version 6 `dependencies` held what was resolved, and `specifiers` what was asked for.
        if (!isScalar(key) || !isScalar(range) || !range.range || (!isMap(value) && kind !== "specifiers")) continue;
        const [start, end] = range.range;
        const quote = /^["']/.exec(text.slice(start, end))?.[0] ?? "";
        const raised = raise(String(key.value), String(range.value));
        if (raised !== undefined) found.push({ start, end, text: `${quote}${raised}${quote}` });
      }
    }
  }
  return found;
}

/**
 * Places in a yarn.lock of Yarn 2 and newer that repeat the ranges of the workspace's manifests: the descriptors that lead
 * to a workspace package, and what the workspace's packages ask for. The classic yarn.lock names no workspace package.
 */
export function yarnLockRanges(text: string, raise: Raise): Replacement[] {
  if (!/^__metadata:/m.test(text)) return [];
  const found: Replacement[] = [];
  let offset = 0;
  for (const block of text.split(/(?<=\n)(?=\S)/)) {
    if (/@workspace:/.test(block.slice(0, block.indexOf("\n")))) {
      const end = block.indexOf("\n");
      replaceAll(
        block.slice(0, end),
        /((?:@[\w.-]+\/)?[\w.-]+)@((?:npm:|workspace:)?[^,"\s]+)(?=[,"])/g,
        offset,
        found,
        raise,
      );
      replaceAll(
        block.slice(end),
        /^ {4}"?((?:@[\w.-]+\/)?[\w.-]+)"?: "?((?:npm:|workspace:)?[^"\s]+)(?="?$)/gm,
        offset + end,
        found,
        raise,
      );
    }
    offset += block.length;
  }
  return found;
}

/** Both groups of the pattern are a name and a range that ends where the match does. */
function replaceAll(text: string, pattern: RegExp, offset: number, found: Replacement[], raise: Raise): void {
  for (const match of text.matchAll(pattern)) {
    const [whole, name = "", range = ""] = match;
    const npm = range.startsWith("npm:") ? "npm:" : "";
    const raised = raise(name, range.slice(npm.length));
    const end = offset + match.index + whole.length;
    if (raised !== undefined) found.push({ start: end - range.length, end, text: `${npm}${raised}` });
  }
}
