import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/canonical.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { directoryTree, type Tree } from "../ecosystems/index.ts";
import type { FleetProduct } from "../pipeline/fleet.ts";
import type { Workplace } from "../pipeline/session.ts";
import { createRepository, type Git, openRepository } from "../tools/git/git.ts";
import { nearestProduct } from "./product.ts";

/** A product's files, and its history where it was read from its repository. */
export interface ProductTree extends Tree {
  readonly git: Git;
}

const HEAD = "refs/heads/codemonkeys-head";

/**
 * The files of a product to read and nothing else: as they lie here where the command stands in its work tree, else at
 * the newest commit of its repository's own branch, out of a bare mirror in the cache.
 */
export async function openProductTree(
  workplace: Workplace,
  name: string,
  { company, repo }: FleetProduct,
): Promise<Outcome<ProductTree>> {
  const options = { redactor: workplace.redactor, signal: workplace.signal };
  const here = await nearestProduct(workplace.cwd);
  if (here?.name === name) {
    const git = await openRepository(here.path, options);
    return git.ok ? succeed({ ...directoryTree(here.path), git: git.value }) : git;
  }
  const directory = join(workplace.homes.cache, "products", company, `${name}-${sha256(repo).slice(0, 12)}.git`);
  const git = await openMirror(directory, repo, options);
  if (!git.ok) return git;
  const fetched = await git.value.fetch("origin", { refspecs: [`+HEAD:${HEAD}`] });
  if (!fetched.ok) return fetched;
  const paths = await git.value.listAt(HEAD);
  if (!paths.ok) return paths;
  const known = new Set(paths.value);
  return succeed({
    git: git.value,
    list: async () => paths.value,
    async read(path) {
      if (!known.has(path)) return undefined;
      const text = await git.value.readAt(HEAD, path);
      // A link or a submodule is listed, and is no file.
      return text.ok ? text.value : undefined;
    },
  });
}

/** One that a killed process left half made is made anew. */
async function openMirror(
  directory: string,
  origin: string,
  options: Pick<Workplace, "redactor" | "signal">,
): Promise<Outcome<Git>> {
  if (existsSync(join(directory, "HEAD"))) {
    const opened = await openRepository(directory, options);
    if (opened.ok && (await opened.value.remoteUrl("origin")).ok) return opened;
  }
  await rm(directory, { recursive: true, force: true });
  return createRepository(directory, { ...options, bare: true, origin });
}
