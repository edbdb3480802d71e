import { establish } from "../../constitution/probe.ts";
import { canonicalJson } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Tree } from "../../ecosystems/ecosystem.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import type { OpenProduct } from "../../pipeline/session.ts";
import type { Git } from "../../tools/git/git.ts";
import { dependentsOf, inOrder } from "./dependents.ts";
import { type PlanOptions, planUnit } from "./plan-unit.ts";
import { readReleaseTags } from "./release-tags.ts";
import type { ReleasePlan, ReleaseUnit } from "./report.ts";
import { commitTree, type ReleaseSource } from "./source.ts";
import { type SpecPackage, type UnitSource, unitsOf } from "./units.ts";

/**
 * What a release of the product at a commit would be: the version that the commits since the last release call for,
 * why, and what the changelog and the notes will say. Reads the repository only. A plan without units means that there
 * is nothing to release.
 */
export async function planRelease(
  product: OpenProduct,
  git: Git,
  source: Omit<ReleaseSource, "facts">,
  options: PlanOptions,
): Promise<Outcome<ReleasePlan>> {
  const rules = options.rules ?? product.spec.value.release;
  if (options.channel !== undefined && !/^[a-z][a-z0-9]*$/.test(options.channel)) {
    return fail(
      problem("config", "release.bad_channel", `${JSON.stringify(options.channel)} is no channel name`, {
        next: "a channel is a word such as alpha, beta or rc",
      }),
    );
  }
  const tree = commitTree(git, source.commit);
  const packages = await readPackages(product, tree);
  if (!packages.ok) return packages;
  const listed = await readReleaseTags(git);
  if (!listed.ok) return listed;
  const tags = listed.value;
  const units: ReleaseUnit[] = [];
  const warnings: Diagnostic[] = [];
  const sources = unitsOf(product.name, packages.value, tags, rules);
  const dependents = await dependentsOf(tree, sources);
  if (!dependents.ok) return dependents;
  const raised = new Map<UnitSource, ReleaseUnit[]>();
  for (const unit of inOrder(sources, dependents.value)) {
    const follows = raised.get(unit) ?? [];
    const planned = await planUnit({ product, git, source, tree, tags, unit, rules, options, follows });
    if (!planned.ok) return planned;
    warnings.push(...planned.warnings);
    if (!planned.value) continue;
    units.push(planned.value);
    for (const other of dependents.value.get(unit) ?? [])
      raised.set(other, [...(raised.get(other) ?? []), planned.value]);
  }
  return succeed(
    {
      product: product.name,
      branch: source.branch,
      commit: source.commit,
      time: source.time,
      date: new Date(options.at).toISOString().slice(0, 10),
      units,
    },
    warnings,
  );
}

/** What a gate may know of a unit. The evidence is the unit as it was planned from the repository. */
export function releaseFacts(unit: ReleaseUnit): Facts {
  return establish("release.plan", canonicalJson(unit), {
    "release.version": unit.version,
    "release.bump": unit.bump,
    "release.first": unit.previous === null,
    "release.commits": unit.commits,
  });
}

async function readPackages(product: OpenProduct, tree: Tree): Promise<Outcome<SpecPackage[]>> {
  const packages: SpecPackage[] = [];
  for (const { ecosystem, path, publish } of product.spec.value.packages) {
    const manifest = await ECOSYSTEMS[ecosystem].readManifest(tree, path);
    if (!manifest.ok) return manifest;
    if (publish && manifest.value.private) {
      return fail(
        problem(
          "config",
          "release.private_package",
          `SPEC.md says that ${manifest.value.name} is published, but its manifest marks it private`,
          { where: { file: manifest.value.file }, next: "decide in one of the two places" },
        ),
      );
    }
    if (publish && manifest.value.unpublishable) return fail(manifest.value.unpublishable);
    packages.push({ path: path.replace(/\/+$/, "") || ".", publish, manifest: manifest.value });
  }
  return succeed(packages);
}
