import { existsSync } from "node:fs";
import { cp, lstat, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const FOLDERS = [".venv", "venv"];

/** What decides which packages belong in an environment. */
const CONFIGURATION =
  /^(?:pyproject\.toml|setup\.cfg|setup\.py|Pipfile\.lock|poetry\.lock|uv\.lock|requirements[\w.-]*\.txt)$/;

/** Longer files of an environment are no scripts and no path files. */
const MOST_BYTES = 256 * 1024;

/**
 * Copies the person's virtual environment into a checkout that asks for the same packages, and has its scripts and
 * editable installations name the checkout: else a repair would be tried on the person's own files. Does nothing where
 * there is none, where the checkout has its own, or where what it is made from differs.
 */
export async function copyVirtualEnvironment(product: string, checkout: string): Promise<void> {
  const wanted = await configurationOf(checkout);
  for (const folder of FOLDERS) {
    const [from, to] = [join(product, folder), join(checkout, folder)];
    if (!(await isThere(join(from, "pyvenv.cfg"))) || (await isThere(to))) continue;
    if (wanted === "" || wanted !== (await configurationOf(product))) continue;
    // A copy of a link would be the environment itself, which names the person's files.
    if (!(await lstat(from)).isDirectory()) continue;
    await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: 2 });
    for (const file of await filesThatNamePlaces(to)) await rename(file, product, checkout);
  }
}

/** A place of the search path; for the scripts of the product's environment, those of its copy where there is one. */
export function checkoutsOwn(place: string, product: string, checkout: string): string {
  const folder = FOLDERS.find((name) => place === join(product, name, "bin"));
  const own = folder === undefined ? undefined : join(checkout, folder, "bin");
  return own !== undefined && existsSync(own) ? own : place;
}

async function configurationOf(root: string): Promise<string> {
  const names = (await readdir(root)).filter((name) => CONFIGURATION.test(name)).sort();
  const texts = await Promise.all(names.map(async (name) => `${name}\n${await readFile(join(root, name), "utf8")}`));
  return texts.join("\n");
}

/** `pyvenv.cfg`, the scripts, and what pip and setuptools write for an installation that is a link to its sources. */
async function filesThatNamePlaces(environment: string): Promise<string[]> {
  const files = [join(environment, "pyvenv.cfg")];
  const scripts = join(environment, "bin");
  for (const name of await namesIn(scripts)) files.push(join(scripts, name));
  const libraries = join(environment, "lib");
  for (const version of await namesIn(libraries)) {
    const packages = join(libraries, version, "site-packages");
    for (const name of await namesIn(packages)) {
      if (/\.(?:pth|egg-link)$|^__editable__.*\.py$/.test(name)) files.push(join(packages, name));
    }
  }
  return files;
}

async function rename(file: string, product: string, checkout: string): Promise<void> {
  const state = await lstat(file);
  // Through a link of the environment's a write would reach the person's own files.
  if ((await realpath(dirname(file))) !== dirname(file)) return;
  if (!state.isFile() || state.size > MOST_BYTES) return;
  const before = await readFile(file, "utf8");
  // Only whole names of folders: a neighbour's may begin with the product's.
  const after = before.split(product).reduce((text, rest) => text + (/^[\w.-]/.test(rest) ? product : checkout) + rest);
  if (after !== before && !before.includes("\uFFFD")) await writeFile(file, after);
}

async function namesIn(folder: string): Promise<string[]> {
  return (await isThere(folder)) ? readdir(folder) : [];
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(absent)) !== undefined;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
