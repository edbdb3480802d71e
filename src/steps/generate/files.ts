import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { writeFileAtomic } from "../../core/files.ts";
import type { StepDefinition } from "../definition.ts";
import { helpText } from "./help-text.ts";
import { GENERATED, jenkinsVar, reservedParameter } from "./jenkins-var.ts";
import { kebabCase } from "./parameters.ts";
import { referencePage } from "./reference-page.ts";
import { paramsSchema, resultSchema } from "./schemas.ts";

/** A file that follows from the step definitions; `path` is relative to the repository's root, with `/`. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** All files of all steps, sorted by path. Fails when two steps, or a step and the runner, claim the same name. */
export function stepFiles(steps: readonly StepDefinition[]): Outcome<GeneratedFile[]> {
  const files = new Map<string, string>();
  for (const step of steps) {
    // A step that is the command line's only may take the product by its place.
    const reserved = step.jenkinsName === undefined ? undefined : reservedParameter(step);
    if (reserved) {
      return fail(
        problem(
          "internal",
          "steps.reserved_parameter",
          `${step.name} has a parameter ${reserved}, which the runner takes`,
        ),
      );
    }
    for (const file of filesOf(step)) {
      if (files.has(file.path)) {
        return fail(
          problem("internal", "steps.same_file", `two steps generate ${file.path}; the second is ${step.name}`),
        );
      }
      files.set(file.path, file.text);
    }
  }
  return succeed([...files].map(([path, text]) => ({ path, text })).sort((a, b) => (a.path < b.path ? -1 : 1)));
}

function filesOf(step: StepDefinition): GeneratedFile[] {
  const name = kebabCase(step.name);
  const files = [
    { path: `docs/reference/steps/${name}.md`, text: referencePage(step) },
    { path: `resources/schemas/${name}.params.schema.json`, text: paramsSchema(step) },
    { path: `resources/schemas/${name}.result.schema.json`, text: resultSchema(step) },
  ];
  if (step.jenkinsName) {
    files.push(
      { path: `vars/${step.jenkinsName}.groovy`, text: jenkinsVar(step) },
      { path: `vars/${step.jenkinsName}.txt`, text: helpText(step) },
    );
  }
  return files;
}

/** How a tree differs from what would be generated now. */
export interface Drift {
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  /** Generated once, from a step that is no more. */
  readonly stale: readonly string[];
}

/** Compares the tree at `root` with `files`; reads only. */
export async function driftOf(root: string, files: readonly GeneratedFile[]): Promise<Drift> {
  const changed: string[] = [];
  const missing: string[] = [];
  for (const file of files) {
    const present = await readIfThere(join(root, file.path));
    if (present === undefined) missing.push(file.path);
    else if (present !== file.text) changed.push(file.path);
  }
  const wanted = new Set(files.map((file) => file.path));
  const stale = (await generatedPaths(root)).filter((path) => !wanted.has(path));
  return { changed, missing, stale };
}

/** Makes the tree at `root` equal to `files`: writes what differs, removes what is stale. Answers with what it did. */
export async function writeStepFiles(root: string, files: readonly GeneratedFile[]): Promise<Drift> {
  const drift = await driftOf(root, files);
  const touched = new Set([...drift.changed, ...drift.missing]);
  for (const file of files) {
    if (touched.has(file.path)) await writeFileAtomic(join(root, file.path), file.text);
  }
  for (const path of drift.stale) await rm(join(root, path));
  return drift;
}

/** Files that only the generator writes: by their place for schemas, by their notice elsewhere. */
async function generatedPaths(root: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of await namesIn(join(root, "resources/schemas"))) {
    if (/\.(params|result)\.schema\.json$/.test(name)) paths.push(`resources/schemas/${name}`);
  }
  for (const name of await namesIn(join(root, "docs/reference/steps"))) {
    const path = `docs/reference/steps/${name}`;
    if (name.endsWith(".md") && (await readIfThere(join(root, path)))?.startsWith(`<!-- ${GENERATED}`))
      paths.push(path);
  }
  for (const name of await namesIn(join(root, "vars"))) {
    const path = `vars/${name}`;
    if (!name.endsWith(".groovy") || !(await readIfThere(join(root, path)))?.startsWith(`// ${GENERATED}`)) continue;
    paths.push(path);
    const help = path.replace(/\.groovy$/, ".txt");
    if ((await readIfThere(join(root, help))) !== undefined) paths.push(help);
  }
  return paths.sort();
}

async function namesIn(folder: string): Promise<string[]> {
  return (await whenThere(() => readdir(folder))) ?? [];
}

function readIfThere(path: string): Promise<string | undefined> {
  return whenThere(() => readFile(path, "utf8"));
}

async function whenThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
