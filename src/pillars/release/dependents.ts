import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Tree } from "../../ecosystems/ecosystem.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import type { UnitSource } from "./units.ts";

/** Higher than any version that a manifest names, so that every range which follows a release shows. */
const NEXT = "99999.0.0";

/**
 * Which units a unit's release changes: those whose manifest names the version of one of its packages. Asked of each
 * ecosystem's own bump, so that a dependent here is exactly what the release commit would edit.
 */
export async function dependentsOf(
  tree: Tree,
  units: readonly UnitSource[],
): Promise<Outcome<ReadonlyMap<UnitSource, readonly UnitSource[]>>> {
  const found = new Map<UnitSource, UnitSource[]>();
  if (units.length < 2) return succeed(found);
  for (const unit of units) {
    const touched = new Set<string>();
    for (const { path, manifest } of unit.packages) {
      const bumped = await ECOSYSTEMS[manifest.ecosystem].bump(tree, [{ path, name: manifest.name, version: NEXT }]);
      if (!bumped.ok) return bumped;
      for (const edit of bumped.value) touched.add(edit.path);
    }
    found.set(
      unit,
      units.filter((other) => other !== unit && other.packages.some(({ manifest }) => touched.has(manifest.file))),
    );
  }
  return succeed(found);
}

/** What others depend on comes first; what depends on each other, as it was. */
export function inOrder(
  units: readonly UnitSource[],
  dependents: ReadonlyMap<UnitSource, readonly UnitSource[]>,
): UnitSource[] {
  const ordered: UnitSource[] = [];
  const seen = new Set<UnitSource>();
  const visit = (unit: UnitSource) => {
    if (seen.has(unit)) return;
    seen.add(unit);
    for (const other of units) if (dependents.get(other)?.includes(unit)) visit(other);
    ordered.push(unit);
  };
  units.forEach(visit);
  return ordered;
}
