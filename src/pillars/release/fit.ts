import { DEFAULT_RULES, type Level, type Rules } from "../../pipeline/release-rules.ts";
import { changesOf, type HistoryCommit, messageReader } from "./changes.ts";
import { predictVersion, type Replayed } from "./predict.ts";

/** A commit type must have been used this often before a level of its own is looked for: fewer prove nothing. */
const TYPE_USES = 3;
const TYPES_FITTED = 12;
const ROUNDS = 3;
/** The newest part of the releases; no setting is taken that makes it worse. */
const RECENT = 1 / 3;
/** What a type of the project's own can call for; a feature is `feat`. */
const ORDINARY_LEVELS: readonly Level[] = ["none", "patch"];
/** The specification itself says what these call for. */
const SPECIFIED = new Set(["feat", "fix"]);

/**
 * The rules that predict the most of some releases (oldest first): from the defaults, one setting at a time is changed as
 * long as that makes more predictions right (coordinate descent). A setting that explains nothing keeps its default, and
 * so does one that explains only what is long past: projects take up a convention, and what people decided before that
 * is no rule.
 */
export function fitRules(releases: readonly Replayed[]): Rules {
  const score = scorer(releases);
  // The tools that made most histories read the subject alone; bodies count where a history shows that they do.
  let best: Rules = { ...DEFAULT_RULES, squash: "subject" };
  let right = score(best);
  for (let round = 0; round < ROUNDS && right.all < releases.length; round++) {
    const before = right.all;
    for (const variants of settings(releases)) {
      for (const variant of variants) {
        const candidate = variant(best);
        const found = score(candidate);
        if (found.all <= right.all || found.recent < right.recent) continue;
        best = candidate;
        right = found;
      }
    }
    if (right.all === before) break;
  }
  return best;
}

/** How many releases some rules predict, of all and of the newest; messages are read once for each way of reading them. */
function scorer(releases: readonly Replayed[]): (rules: Rules) => { readonly all: number; readonly recent: number } {
  const readers = new Map<string, ReturnType<typeof messageReader>>();
  const recentFrom = Math.floor(releases.length * (1 - RECENT));
  return (rules) => {
    const key = `${rules.squash} ${rules.merge_titles} ${Object.keys(rules.types).sort().join(" ")}`;
    const read = readers.get(key) ?? messageReader(rules);
    readers.set(key, read);
    let all = 0;
    let recent = 0;
    for (const [at, release] of releases.entries()) {
      const changes = changesOf(release.commits, rules, read);
      if (predictVersion(release, changes, rules) !== release.transition.tag.version.version) continue;
      all++;
      if (at >= recentFrom) recent++;
    }
    return { all, recent };
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
    set("prerelease_from", [0, 1]),
    set("breaking", ["all", "types"]),
    ...usedTypes(releases.flatMap(({ commits }) => commits)).map((type) =>
      ORDINARY_LEVELS.map(
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
    for (const { type } of read(commit).changes)
      if (type !== "" && !SPECIFIED.has(type)) uses.set(type, (uses.get(type) ?? 0) + 1);
  }
  return [...uses]
    .filter(([, count]) => count >= TYPE_USES)
    .sort((a, b) => b[1] - a[1])
    .slice(0, TYPES_FITTED)
    .map(([type]) => type);
}
