import { gather, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { pythonAsks } from "./dependency-asks.ts";
import { categoryOf, find, isBlank } from "./text.ts";

// ERROR: Could not find a version that satisfies the requirement x==99 (from versions: …)
// ERROR: No matching distribution found for x==99
// ERROR: Cannot install a and b because these package versions have conflicting dependencies. … ERROR: ResolutionImpossible: …
// error: subprocess-exited-with-error            building a wheel;  uv: "  × No solution found when resolving dependencies:"
const HEAD =
  /^\s*(?:ERROR|error): (Could not find a version|No matching distribution|Cannot install|ResolutionImpossible|Could not install packages|Invalid requirement|THESE PACKAGES DO NOT MATCH|Hashes are required|In --require-hashes|Failed building wheel|Could not build wheels|Failed to build installable|subprocess-exited-with-error|Command errored out|metadata-generation-failed|Package '|Could not open requirements|Directory '|HTTP error|Exception:|.*requires-python|File .* does not appear|pip's dependency resolver|externally-managed-environment|Can not perform a '--user')(.*)$/;
const UV =
  /^\s*(?:×|error:) (No solution found when resolving.*|Failed to (?:build|download|fetch|resolve|prepare).*|The lockfile at `uv\.lock` needs to be updated.*|Distribution .* can't be installed.*|Because .*)$/;
const POETRY =
  /^(?:pyproject\.toml changed significantly since poetry\.lock was last generated.*|(?:Because|So, because) (\S+)(?: .*)? (?:depends on|requires) .*version solving failed\.|\s*Package (\S+) \([^)]+\) not found\.|Could not find a matching version of package (\S+)|poetry\.lock is not up to date.*|Error: (?:poetry\.lock|pyproject\.toml).*)$/;

function poetryCategory(said: string): Category {
  if (/poetry\.lock/.test(said)) return "dependency_lock";
  return /not found\.$|matching version|depends on \S+ \([^)]*\) which doesn't match any versions, version solving failed/.test(
    said,
  )
    ? "dependency_resolution"
    : "dependency_conflict";
}

export const pip: ToolReader = {
  tool: "pip",
  hints: [
    "ERROR: ",
    "error: subprocess",
    "error: metadata",
    "error: externally",
    "× No solution",
    "× Failed",
    "error: Failed to",
    "uv.lock",
    "poetry.lock",
    "version solving failed",
    ") not found.",
    "matching version of package",
    "error: No solution",
  ],
  start(line) {
    const poetry = POETRY.exec(line.text);
    if (poetry !== null)
      return [
        {
          tool: "poetry",
          category: poetryCategory(line.text),
          message: line.text.trim(),
          first: line.no,
          last: line.no,
          captures: { package: poetry[1] ?? poetry[2] ?? poetry[3], ...pythonAsks(line.text) },
          key: poetry[1] ?? poetry[2] ?? poetry[3],
        },
      ];
    const uv = UV.exec(line.text);
    const head = uv === null ? HEAD.exec(line.text) : null;
    if (uv === null && head === null) return undefined;
    const said = uv?.[1] ?? `${head![1]}${head![2]}`;
    const long =
      /conflicting dependencies|subprocess-exited|Command errored out with exit status \d+:$|No solution|metadata-generation|Failed to build|DO NOT MATCH/.test(
        said,
      );
    return gather(
      [line],
      ({ text }, held) => {
        if (/^ERROR: (?:No matching distribution|ResolutionImpossible|Failed building|Could not build)/.test(text))
          return "last";
        if (!long || held.length > 80) return "no";
        if (/^(?:##\[|make|npm |error: |ERROR: )/.test(text)) return "no";
        return isBlank(text) || /^(?:\s|The conflict|To fix|\d\. |[╰├│×]|note:|hint:|\[notice)/.test(text)
          ? "take"
          : "no";
      },
      (lines, range) => {
        const all = lines.map(({ text }) => text).join("\n");
        const wanted =
          /(?:requirement|distribution found for) ([A-Za-z][\w.-]*)(?:\[[\w,]+\])?(?:\s*([=<>~!]=?=?[^\s;(]+))?/.exec(
            all,
          ) ??
          /The user requested ([\w.-]+)([=<>~!].*)?$/m.exec(all) ??
          /Because (?:there (?:is|are) no versions? of )?([\w.-]+)/.exec(all);
        // What the package's own build said is what failed.
        const built = lines
          .map(({ text }) => /^[ │]{4,}((?:\w+\.)*\w*(?:Error|Exception): .+|(?:fatal )?error: .+)$/.exec(text)?.[1])
          .findLast((text) => text !== undefined);
        return [
          {
            tool: uv === null ? "pip" : "uv",
            category: pipCategory(all),
            message: built ?? said,
            ...range,
            ...(all.includes("See above for output") ? { rank: "consequence" as const } : {}),
            captures: {
              package: wanted?.[1],
              version: wanted?.[2]?.replace(/^=+/, ""),
              versions: find(all, /\(from versions: (.*?)\)/),
              ...pythonAsks(all),
            },
            key: wanted?.[1],
          },
        ];
      },
    );
  },
};

function pipCategory(said: string): Category {
  if (/conflicting dependencies|ResolutionImpossible|incompatible|version solving failed/.test(said))
    return "dependency_conflict";
  if (/DO NOT MATCH|Hashes are required|require-hashes|lockfile|\.lock/.test(said)) return "dependency_lock";
  if (
    /subprocess-exited|Command errored out|Failed building|build wheels|metadata-generation|Failed to build/.test(said)
  )
    return categoryOf(said, "compilation");
  if (/Invalid requirement|Could not open requirements|externally-managed|--user/.test(said)) return "configuration";
  return categoryOf(said, "dependency_resolution");
}
