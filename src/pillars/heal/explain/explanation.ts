import type { BuildFailure, LogReport } from "../read/report.ts";
import type { Excerpt } from "./excerpt.ts";

/** What the Swarm DB knows about a failure's pattern; times as milliseconds since 1970. */
export interface PatternStory {
  readonly seen: number;
  readonly products: number;
  readonly firstSeen: number;
  readonly fixed: number;
  readonly lastFix?: { readonly template: string; readonly trust: number };
}

/** All that the renderings tell; whoever has more than the report (history, git) adds it here. */
export interface Explanation {
  /** Name of the log as shown: `build.log`, a URL of the CI system. */
  readonly log: string;
  readonly report: LogReport;
  /** By `occurrence`. */
  readonly excerpts?: ReadonlyMap<string, Excerpt>;
  /** By `pattern`. */
  readonly stories?: ReadonlyMap<string, PatternStory>;
  /** Further sentences about a failure, by `occurrence`: the source line, who changed it. */
  readonly notes?: ReadonlyMap<string, readonly string[]>;
  /** Link to a line of the log in the CI system. */
  readonly link?: (line: number) => string;
}

/** Root first, then the other causes in the log's order, then consequences. */
export function inOrderOfInterest(report: LogReport): readonly BuildFailure[] {
  const rank = (failure: BuildFailure) => (failure.root ? 0 : failure.rank === "cause" ? 1 : 2);
  return [...report.failures].sort((a, b) => rank(a) - rank(b) || a.logLines[0] - b.logLines[0]);
}

export function placeText({ place }: BuildFailure): string {
  if (place === undefined) return "";
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
}

export function rangeText([first, last]: BuildFailure["logLines"]): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

export function storyText(story: PatternStory): string {
  const since = new Date(story.firstSeen).toISOString().slice(0, 10);
  const seen = `seen ${times(story.seen)} in ${story.products} ${story.products === 1 ? "product" : "products"} since ${since}`;
  const by =
    story.lastFix === undefined
      ? ""
      : `, last by template ${story.lastFix.template} (trust ${story.lastFix.trust.toFixed(2)})`;
  return story.fixed === 0 ? `${seen}; not fixed yet` : `${seen}; fixed ${times(story.fixed)}${by}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

export const CATEGORY_WORDS: Readonly<Record<BuildFailure["category"], string>> = {
  compilation: "compilation",
  test: "test",
  lint: "lint",
  type: "type",
  dependency_resolution: "dependency",
  dependency_lock: "lockfile",
  dependency_conflict: "dependency conflict",
  policy: "policy",
  warnings_as_errors: "warnings as errors",
  configuration: "configuration",
  infrastructure: "infrastructure",
  secret_missing: "secret missing",
  flaky: "flaky",
  unknown: "unknown",
};
