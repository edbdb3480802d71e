import type { Tree } from "../../ecosystems/ecosystem.ts";
import { within } from "../../ecosystems/paths.ts";
import type { Rules } from "../../pipeline/release-rules.ts";
import type { OpenProduct } from "../../pipeline/session.ts";
import { layoutOf } from "./changelog.ts";
import type { Changes } from "./changes.ts";
import { forgeOf } from "./forge.ts";
import { plainLine } from "./markdown.ts";
import { addDependencies, groupsOf, releaseNotes } from "./notes.ts";
import type { PlannedPackage, ReleaseUnit } from "./report.ts";
import type { ReleaseSource } from "./source.ts";
import type { ReleaseTag } from "./tags.ts";
import type { UnitSource } from "./units.ts";

/** What a unit is described from. */
export interface Described {
  readonly product: OpenProduct;
  readonly source: Omit<ReleaseSource, "facts">;
  readonly tree: Tree;
  readonly unit: UnitSource;
  readonly rules: Rules;
  /** Units of this release whose new versions its manifest will name. */
  readonly follows: readonly ReleaseUnit[];
}

/** What was decided of it. */
export interface Decided {
  readonly version: string;
  readonly bump: ReleaseUnit["bump"];
  readonly tag: string;
  readonly stable: ReleaseTag | undefined;
  readonly changes: Changes;
  readonly packages: readonly PlannedPackage[];
  readonly count: number;
}

/** A unit of the plan with its reasons, its part of the changelog, and its notes. */
export async function describeUnit(
  { product, tree, unit, rules, source, follows }: Described,
  decided: Decided,
): Promise<ReleaseUnit> {
  const { version, bump, tag, stable, changes, packages, count } = decided;
  const forge = forgeOf(product.repository);
  const file = await changelogFile(tree, unit.folder);
  const text = (await tree.read(file)) ?? "";
  const groups = groupsOf(changes.changes, layoutOf(text), forge, rules.sections);
  const followed = follows.map(({ name, version: theirs }) => `depends on ${name} ${theirs}`);
  addDependencies(groups, followed);
  const notes = releaseNotes({
    product: unit.name,
    version,
    tag,
    previousTag: stable?.tag,
    changes: changes.changes,
    forge,
    sections: rules.sections,
    dependencies: followed,
  });
  return {
    name: unit.name,
    version,
    tag,
    previous: stable ? { version: stable.version.version, tag: stable.tag, commit: stable.commit } : null,
    bump,
    commits: count,
    reasons: changes.changes
      .filter((change) => change.level !== "none")
      .map(({ type, scope, description, breaking, level, commit }) => ({
        type,
        scope: scope === undefined ? null : plainLine(scope),
        description: plainLine(description),
        breaking,
        level,
        commit: commit.id,
      }))
      .concat(
        followed.map((description) => ({
          type: "deps",
          scope: null,
          description,
          breaking: false,
          level: "patch" as const,
          commit: source.commit,
        })),
      ),
    packages: [...packages],
    changelog: { file, groups: groups.map(({ title, items }) => ({ title, items: items.map((item) => [...item]) })) },
    notes,
  };
}

const CHANGELOG_NAMES = /^(?:changelog|changes|history|news|release-notes)\.md$/i;

async function changelogFile(tree: Tree, folder: string): Promise<string> {
  const prefix = within(folder, "");
  const files = await tree.list();
  const found = files.filter((file) => file.startsWith(prefix) && CHANGELOG_NAMES.test(file.slice(prefix.length)));
  // CHANGELOG.md goes before HISTORY.md where a repository has both.
  return found.sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase()))[0] ?? within(folder, "CHANGELOG.md");
}
