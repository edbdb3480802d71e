import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createCleaner } from "./read/clean.ts";

/** A kind of warning, as `tool rule`, and the files that it was given for; a warning of no file has an empty set. */
export type WarningClasses = ReadonlyMap<string, ReadonlySet<string>>;

interface Shape {
  readonly tool: string;
  /** `rule`, and `file` where the line names it. */
  readonly pattern: RegExp;
}

const SHAPES: readonly Shape[] = [
  { tool: "cc", pattern: /^(?<file>[^\s:]+):\d+:\d+: warning: .*\[(?<rule>-W[\w=+-]+)\]$/ },
  { tool: "javac", pattern: /^(?:\[WARNING\] )?(?<file>\S+\.java):\[?\d+.*?(?:warning: )?\[(?<rule>[a-z-]+)\] / },
  { tool: "eslint", pattern: /^\s+\d+:\d+\s+warning\s+.*?\s{2,}(?<rule>@?[\w-]+(?:\/[\w-]+)*)$/ },
  { tool: "rustc", pattern: /^\s*= note: (?:`#\[warn\((?<rule>[\w:]+)\)\]`|.*implied by `#\[warn)/ },
  { tool: "biome", pattern: /^(?<file>[^\s:]+)(?::\d+:\d+)? (?<rule>lint\/\w+\/\w+)\b/ },
  { tool: "python", pattern: /^\s*(?<file>\S+\.py):\d+: (?<rule>\w*Warning): / },
  { tool: "python-lint", pattern: /^(?<file>\S+\.py):\d+:\d+:? (?:warning: )?\[?(?<rule>[A-Z]{1,4}\d{3,4})\b/ },
  { tool: "node", pattern: /^\(node:\d+\) (?:\[(?<rule>[A-Z]+\d+)\] )?\w*Warning: / },
  { tool: "node", pattern: /^\(node:\d+\) (?<rule>\w*Warning): / },
  { tool: "npm", pattern: /^npm (?:warn|WARN) (?<rule>[A-Za-z]+)\b/ },
  { tool: "shellcheck", pattern: /^(?<file>[^\s:]+):\d+:\d+: warning: .*\[(?<rule>SC\d+)\]$/ },
  { tool: "docker", pattern: /^\s*- (?<rule>[A-Z]\w+): .*\(line \d+\)$/ },
  { tool: "ansible", pattern: /^\[(?<rule>(?:DEPRECATION )?WARNING)\]: / },
  { tool: "sass", pattern: /^DEPRECATION WARNING \[(?<rule>[\w-]+)\]:/ },
];

/** File headings over a list of findings, as eslint prints them; and the arrow under a rustc warning. */
const HEADING = /^(\/?[\w@.-]+(?:\/[\w@. -]+)*\.\w{1,5})$/;
const ARROW = /^\s*--> (\S+?):\d+:\d+$/;

/** The kinds of warning that a log shows, by tool and rule code; wording, places and numbers do not make a kind. */
export async function warningsIn(logFile: string): Promise<WarningClasses> {
  const clean = createCleaner();
  const found = new Map<string, Set<string>>();
  let number = 0;
  let heading: string | undefined;
  for await (const raw of createInterface({ input: createReadStream(logFile), crlfDelay: Number.POSITIVE_INFINITY })) {
    const { text } = clean(++number, raw);
    heading = (HEADING.exec(text) ?? ARROW.exec(text))?.[1] ?? (text.trim() === "" ? undefined : heading);
    for (const { tool, pattern } of SHAPES) {
      const groups = pattern.exec(text)?.groups;
      if (!groups?.rule) continue;
      const name = `${tool} ${groups.rule}`;
      const files = found.get(name) ?? new Set<string>();
      found.set(name, files);
      const file = groups.file ?? (tool === "eslint" || tool === "rustc" ? heading : undefined);
      if (file !== undefined) files.add(file);
      break;
    }
  }
  return found;
}

/**
 * The kinds of warning that an edit brought in: shown after it and not before. A build that failed early shows fewer
 * warnings than one that passes, so that a new kind counts when it is about a file of the edit; one that names no file
 * counts when the stage had run to its end before (`complete`), as it does when only a test failed.
 */
export function newWarnings(
  before: WarningClasses,
  after: WarningClasses,
  edit: { readonly files: readonly string[]; readonly complete: boolean },
): string[] {
  const touched = (file: string) =>
    edit.files.some(
      (path) => file === path || file.endsWith(`/${path}`) || path.endsWith(`/${file.replace(/^\.\//, "")}`),
    );
  return [...after]
    .filter(([name]) => !before.has(name))
    .filter(([, files]) => (files.size === 0 ? edit.complete : [...files].some(touched)))
    .map(([name]) => name)
    .sort();
}
