import { type Outcome, succeed } from "../../../core/diagnostic.ts";
import { listBuilds } from "../../../swarm/builds.ts";
import type { Swarm } from "../../../swarm/open.ts";
import type { Git } from "../../../tools/git/git.ts";

/** Lines by path, from 1. */
export type Lines = ReadonlyMap<string, ReadonlySet<number>>;

/** What has changed since the product was green. */
export interface RecentChange {
  readonly lines: Lines;
  /** Lines that are gone, by path, without the blanks around them: what stood there when the tests passed. */
  readonly removed: ReadonlyMap<string, ReadonlySet<string>>;
}

const BUILDS_LOOKED_AT = 50;

/**
 * The lines that changed since the product was last seen green, else by the failing commit itself: where the fault came
 * in, if it came with a change of the product. Empty where history does not tell.
 */
export async function linesChangedSinceGreen(
  swarm: Swarm,
  git: Git,
  product: { readonly company: string; readonly name: string },
  commit: string,
): Promise<Outcome<RecentChange>> {
  const builds = await listBuilds(swarm, {
    company: product.company,
    product: product.name,
    finished: true,
    limit: BUILDS_LOOKED_AT,
  });
  if (!builds.ok) return builds;
  const green = builds.value.filter(({ state, commit: of }) => state === "passed" && of !== undefined && of !== commit);
  for (const base of [...green.map((build) => build.commit ?? ""), `${commit}^`]) {
    const known = await git.resolve(base);
    if (!known.ok) continue;
    const before = await git.isAncestor(known.value, commit);
    if (!before.ok || !before.value) continue;
    const change = await git.diff(known.value, commit);
    return change.ok
      ? succeed({ lines: addedLines(change.value.patch), removed: removedLines(change.value.patch) })
      : change;
  }
  return succeed({ lines: new Map(), removed: new Map() });
}

/** The new lines of a unified diff. */
export function addedLines(patch: string): Lines {
  const found = new Map<string, Set<number>>();
  let lines: Set<number> | undefined;
  let number = 0;
  for (const text of patch.split("\n")) {
    const file = /^\+\+\+ (?:b\/)?(.+?)\t?$/.exec(text);
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(text);
    if (file?.[1]) {
      lines = new Set();
      found.set(file[1], lines);
    } else if (hunk) {
      number = Number(hunk[1]);
    } else if (text.startsWith("+")) {
      lines?.add(number++);
    } else if (text.startsWith(" ")) {
      number++;
    }
  }
  return found;
}

/** The old lines of a unified diff, by the path that the file has now. */
export function removedLines(patch: string): RecentChange["removed"] {
  const found = new Map<string, Set<string>>();
  let lines: Set<string> | undefined;
  for (const text of patch.split("\n")) {
    const file = /^\+\+\+ (?:b\/)?(.+?)\t?$/.exec(text);
    if (file?.[1]) {
      lines = new Set();
      found.set(file[1], lines);
    } else if (/^(?:diff --git |--- )/.test(text)) {
      lines = undefined;
    } else if (text.startsWith("-") && text.slice(1).trim() !== "") {
      lines?.add(text.slice(1).trim());
    }
  }
  return found;
}
