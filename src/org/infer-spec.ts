import { basename } from "node:path";
import { Document, isMap, type Scalar } from "yaml";
import { type Diagnostic, type Outcome, succeed } from "../core/diagnostic.ts";
import { detectEcosystems, ECOSYSTEMS, type EcosystemId, type Tree, within } from "../ecosystems/index.ts";
import { type InferredStage, inferStages, type Machine } from "./infer-stages.ts";

export interface InferredPackage {
  readonly ecosystem: EcosystemId;
  readonly path: string;
  readonly publish: boolean;
}

export interface InferredSpec {
  readonly product: string;
  readonly packages: readonly InferredPackage[];
  /** Commands that the manifests ask for; without any the person has to say them. */
  readonly stages: readonly InferredStage[];
  /** The text of a SPEC.md. */
  readonly text: string;
}

/** Folders in which a monorepo keeps its packages; nothing is looked for deeper. */
const MOST_PACKAGES = 50;

/**
 * A SPEC.md from what a repository shows: its packages (the manifests at the root and one or two folders below), how it
 * is built and tested, its name, its README's first paragraph. What a repository cannot show, its requirements, is left for people to write.
 */
export async function inferSpec(
  root: string,
  tree: Tree,
  given: { readonly product: string | undefined; readonly company: string; readonly machine: Machine },
): Promise<Outcome<InferredSpec>> {
  const packages: InferredPackage[] = [];
  const names: string[] = [];
  const notes: Diagnostic[] = [];
  for (const path of await candidateFolders(tree)) {
    for (const ecosystem of await detectEcosystems(tree, path)) {
      const manifest = await ECOSYSTEMS[ecosystem].readManifest(tree, path);
      if (!manifest.ok) {
        // A workspace's root, a marker such as `{ "type": "module" }`: a manifest that names no package is common.
        const workspace = /^\s*\[workspace\]/m.test((await tree.read(within(path, "Cargo.toml"))) ?? "");
        const nameless = ["npm.no_name", ...(workspace ? ["cargo.no_name"] : [])];
        if (manifest.diagnostics.every(({ code }) => nameless.includes(code))) continue;
        notes.push(
          ...manifest.diagnostics.map((one) => ({
            ...one,
            severity: "warning" as const,
            next: `${path === "." ? "it" : `the folder ${path}`} is not taken as a package of ${ecosystem}; where it is one, mend this and add it to packages in SPEC.md`,
          })),
        );
        continue;
      }
      names.push(manifest.value.name);
      packages.push({ ecosystem, path, publish: !manifest.value.private });
    }
  }
  const product = given.product ?? slugOf(names[0] ?? basename(root));
  const stages = await inferStages(tree, given.machine);
  const front = {
    product,
    company: given.company,
    ...(packages.length > 0 ? { packages } : {}),
    ...(stages.length > 0 ? { stages: Object.fromEntries(stages.map(({ name, command }) => [name, command])) } : {}),
    docs: { site: (await tree.read("mkdocs.yml")) === undefined ? "none" : "mkdocs" },
  };
  const purpose = firstParagraph((await tree.read("README.md")) ?? "") ?? "Say here what this product is for.";
  const text = `---\n${frontMatter(front, stages)}---\n# ${titleOf(product)}\n\n${purpose}\n`;
  return succeed({ product, packages, stages, text }, notes);
}

/** The front matter; above the stages stands what they come from. */
function frontMatter(front: object, stages: readonly InferredStage[]): string {
  const document = new Document(front);
  const sources = [...new Set(stages.flatMap(({ from }) => from))];
  const pair = isMap(document.contents)
    ? document.contents.items.find(({ key }) => (key as Scalar).value === "stages")
    : undefined;
  if (pair) (pair.key as Scalar).commentBefore = ` inferred from ${sources.join(", ")}; they are yours to change`;
  return document.toString({ flowCollectionPadding: true, lineWidth: 0 });
}

async function candidateFolders(tree: Tree): Promise<string[]> {
  const folders = new Set(["."]);
  for (const file of await tree.list()) {
    const match = /^((?:[^/]+\/){1,2})(?:package\.json|pyproject\.toml|setup\.py|setup\.cfg|Cargo\.toml)$/.exec(file);
    const folder = match?.[1]?.slice(0, -1);
    if (folder && !/(^|\/)(node_modules|vendor|examples?|fixtures?|tests?)(\/|$)/.test(folder)) folders.add(folder);
  }
  return [...folders].sort().slice(0, MOST_PACKAGES);
}

/** `@acme/money` → `money`; only what a product's name may hold. */
function slugOf(name: string): string {
  const last = name.split("/").at(-1) ?? name;
  const clean = last
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z]+/, "")
    .slice(0, 63);
  return clean || "product";
}

function titleOf(product: string): string {
  return product
    .split(/[-_.]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}

/** The first paragraph that is prose: no heading, badge, list, table or code. */
function firstParagraph(readme: string): string | undefined {
  return readme
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .find((part) => /^[A-Za-z"'(]/.test(part) && !part.startsWith("```"))
    ?.replaceAll(/\s+/g, " ");
}
