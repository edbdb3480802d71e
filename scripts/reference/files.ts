import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "tinyglobby";
import { configReference } from "../../src/core/config/reference.ts";
import { jsonSchemas } from "../../src/pipeline/schemas.ts";
import { STEPS } from "../../src/steps/index.ts";
import { collectCodes } from "./diagnostic-codes.ts";
import { diagnosticsPage } from "./diagnostics-page.ts";
import { actionsPage, constitutionPage, exitCodesPage, factsPage, fixersPage } from "./tables.ts";

/**
 * The files that follow from the program's own tables and schemas, by their path in the repository at `root`: pages of
 * docs/reference/ and JSON Schemas. Those of the steps are made by generate-steps.ts. Throws where a diagnostic's code
 * cannot be read from the source: codes are written so that people and this page can find them.
 */
export async function referenceFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const paths = (await glob(["src/**/*.ts"], { cwd: root })).sort();
  const sources = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(root, path), "utf8")] as const),
  );
  const { uses, unresolved } = collectCodes(new Map(sources));
  if (unresolved.length > 0) throw new Error(`the code of these diagnostics cannot be told: ${unresolved.join(", ")}`);
  const files = new Map([
    ["docs/reference/actions.md", actionsPage(STEPS)],
    ["docs/reference/configuration.md", configReference()],
    ["docs/reference/constitution.md", constitutionPage()],
    ["docs/reference/diagnostics.md", diagnosticsPage(uses)],
    ["docs/reference/exit-codes.md", exitCodesPage()],
    ["docs/reference/facts.md", factsPage()],
    ["docs/reference/fixers.md", fixersPage()],
  ]);
  for (const [name, text] of Object.entries(jsonSchemas())) files.set(`resources/schemas/${name}`, text);
  return files;
}

/** Those of the files that are not on disk as they should be. */
export async function referenceDrift(root: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const differing: string[] = [];
  for (const [path, text] of files) if ((await readIfThere(join(root, path))) !== text) differing.push(path);
  return differing;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
