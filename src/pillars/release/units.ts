import type { Manifest } from "../../ecosystems/ecosystem.ts";
import type { Rules } from "../../pipeline/release-rules.ts";
import type { ReleaseTag } from "./tags.ts";

/** A package of the spec with what its manifest says. */
export interface SpecPackage {
  readonly path: string;
  readonly publish: boolean;
  readonly manifest: Manifest;
}

/** What gets one version and one tag together. */
export interface UnitSource {
  readonly name: string;
  /** Names under which its tags may stand, likeliest first; "" is the repository's own series. */
  readonly series: readonly string[];
  readonly packages: readonly SpecPackage[];
  /** Commits count only when they touch these; undefined: all commits. */
  readonly paths: readonly string[] | undefined;
  /** Folder of its changelog. */
  readonly folder: string;
}

/**
 * One unit for the product, unless its packages have versions of their own: then one for each. They do when the rules
 * say so, else when the tags do: releases named after at least one of several packages, and none of the repository as a
 * whole.
 */
export function unitsOf(
  product: string,
  packages: readonly SpecPackage[],
  tags: readonly ReleaseTag[],
  rules: Pick<Rules, "versions" | "tag">,
): UnitSource[] {
  const seriesOf = (pkg: SpecPackage) => [...new Set([pkg.manifest.name, shortName(pkg.manifest.name), pkg.path])];
  const used = new Set(tags.map((tag) => tag.series));
  const several = new Set(packages.map((pkg) => pkg.manifest.name)).size > 1;
  const byTags =
    // A scheme without the name can tag only one version.
    (rules.tag === undefined || rules.tag.includes("{name}")) &&
    !used.has("") &&
    !used.has(product) &&
    packages.some((pkg) => seriesOf(pkg).some((name) => used.has(name)));
  const independent = several && (rules.versions === "independent" || (rules.versions === "auto" && byTags));
  if (!independent) {
    const names = packages.flatMap(seriesOf);
    return [{ name: product, series: [...new Set(["", product, ...names])], packages, paths: undefined, folder: "." }];
  }
  // A package that is published to two registries under one name and from one folder is one unit.
  const groups = Map.groupBy(packages, (pkg) => pkg.path);
  return [...groups.values()].map((group) => {
    const first = group[0] as SpecPackage;
    return {
      name: first.manifest.name,
      series: seriesOf(first),
      packages: group,
      paths: first.path === "." ? undefined : [first.path],
      folder: first.path,
    };
  });
}

/** `@acme/tool` without its scope. */
function shortName(name: string): string {
  return name.startsWith("@") ? name.slice(name.indexOf("/") + 1) : name;
}
