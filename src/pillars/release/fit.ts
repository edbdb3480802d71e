import { DEFAULT_RULES, LEVELS, type Level, type Rules } from "../../pipeline/release-rules.ts";
import { changesOf, type HistoryCommit, messageReader } from "./changes.ts";
import { predictVersion, type Replayed } from "./predict.ts";

/** A commit type must have been used this often before a level of its own is looked for: fewer prove nothing. */
const TYPE_USES = 3;
const TYPES_FITTED = 12;
const ROUNDS = 3;

/**
 * The rules that predict the most of some releases: from the defaults, one setting at a time is changed as long as that
 * makes more predictions right (coordinate descent). A setting that explains nothing keeps its default.
 */
export function fitRules(releases: readonly Replayed[]): Rules {
  const score = scorer(releases);
  let best: Rules = DEFAULT_RULES;
  let right = score(best);
  for (let round = 0; round < ROUNDS && right < releases.length; round++) {
    const before = right;
    for (const variants of settings(releases)) {
      for (const variant of variants) {
        const candidate = variant(best);
        const found = score(candidate);
        if (found <= right) continue;
        best = candidate;
        right = found;
      }
    }
    if (right === before) break;
  }
  return best;
}

/** How many releases some rules predict; messages are read once for each way of reading them. */
function scorer(releases: readonly Replayed[]): (rules: Rules) => number {
  const readers = new Map<string, ReturnType<typeof messageReader>>();
  return (rules) => {
    const key = `${rules.squash} ${rules.merge_titles} ${Object.keys(rules.types).sort().join(" ")}`;
    const read = readers.get(key) ?? messageReader(rules);
    readers.set(key, read);
    let right = 0;
    for (const release of releases) {
      const changes = changesOf(release.commits, rules, read);
      if (predictVersion(release, changes, rules) === release.transition.tag.version.version) right++;
    }
    return right;
  };
}

type Variant = (rules: Rules) => Rules;

/** The settings that are tried, each with all its values. */
function settings(releases: readonly Replayed[]): Variant[][] {
  const set = <K extends keyof Rules>(key: K, values: readonly Rules[K][]): Variant[] =>
    values.map((value) => (rules) => ({ ...rules, [key]: value }));
  return [
    set("otherwise", ["none", "patch", "minor"]),
    set("zero", ["major", "minor", "patch"]),
    set("merge_titles", [true, false]),
    set("squash", ["all", "subject"]),
    set("reverts", [true, false]),
    set("breaking", ["all", "types"]),
    ...usedTypes(releases.flatMap(({ commits }) => commits)).map((type) =>
      LEVELS.map(
        (level: Level): Variant =>
          (rules) => ({ ...rules, types: { ...rules.types, [type]: level } }),
      ),
    ),
  ];
}

/** Commit types by how often they were used, most first. */
function usedTypes(commits: readonly HistoryCommit[]): string[] {
  const read = messageReader(DEFAULT_RULES);
  const uses = new Map<string, number>();
  for (const commit of new Set(commits)) {
    for (const { type } of read(commit).changes) if (type !== "") uses.set(type, (uses.get(type) ?? 0) + 1);
  }
  return [...uses]
    .filter(([, count]) => count >= TYPE_USES)
    .sort((a, b) => b[1] - a[1])
    .slice(0, TYPES_FITTED)
    .map(([type]) => type);
}
