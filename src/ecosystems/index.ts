import { cargo } from "./cargo.ts";
import { docker } from "./docker.ts";
import { ECOSYSTEM_IDS, type Ecosystem, type EcosystemId, type Tree } from "./ecosystem.ts";
import { npm } from "./npm.ts";
import { pypi } from "./pypi.ts";

export { askedPackages } from "./asked.ts";
export type { Asked } from "./asked-reader.ts";
export {
  type Artifact,
  ECOSYSTEM_IDS,
  type Ecosystem,
  type EcosystemId,
  type FileEdit,
  type Manifest,
  type PublishedFile,
  type Tree,
} from "./ecosystem.ts";
export { isPlaceholder } from "./npm.ts";
export { directoryTree, inFolder, within } from "./paths.ts";
export { normalizedName } from "./pep440.ts";
export { yankedOnIndex } from "./pypi.ts";
export { rangesMeet, rangeWithin } from "./ranges.ts";
export { bumpVersionFiles, goModuleProblem } from "./version-files.ts";

export const ECOSYSTEMS: Readonly<Record<EcosystemId, Ecosystem>> = { npm, pypi, cargo, docker };

/** The ecosystems of which a folder holds a package, in the order of `ECOSYSTEM_IDS`. */
export async function detectEcosystems(tree: Tree, path = "."): Promise<EcosystemId[]> {
  const found: EcosystemId[] = [];
  for (const id of ECOSYSTEM_IDS) if (await ECOSYSTEMS[id].detect(tree, path)) found.push(id);
  return found;
}

/**
 * Commands for the stages that a spec leaves out (`build`, `test`), over several packages: those of the same name are
 * run one after the other.
 */
export async function defaultStagesOf(
  tree: Tree,
  packages: readonly { readonly ecosystem: EcosystemId; readonly path: string }[],
): Promise<Readonly<Record<string, string>>> {
  const commands: Record<string, string[]> = {};
  for (const { ecosystem, path } of packages) {
    const own = await ECOSYSTEMS[ecosystem].defaultStages(tree, path);
    for (const [name, command] of Object.entries(own)) commands[name] = [...(commands[name] ?? []), command];
  }
  return Object.fromEntries(Object.entries(commands).map(([name, list]) => [name, inTurn(list)]));
}

/** One shell line that runs several (at least one), each in a subshell, so that one's `cd` does not move the next. */
export function inTurn(commands: readonly string[]): string {
  return commands.length === 1 ? (commands[0] as string) : commands.map((command) => `(${command})`).join(" && ");
}
