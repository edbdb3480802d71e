import { lstat, readFile, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { glob } from "tinyglobby";

/** What a fixer may see of a product: its text files, by paths relative to the root, with `/`. Nothing in it writes. */
export interface Tree {
  readonly root: string;
  /** All files but those of dependencies, build output and git, sorted. */
  paths(): Promise<readonly string[]>;
  /** A file's text; undefined when it is absent, is not a regular file, is not UTF-8 or is over 2 MiB. */
  read(path: string): Promise<string | undefined>;
  /**
   * The file that a log means: the path itself when it is in the tree, else the one file whose path ends like it (logs
   * carry absolute paths of other machines and paths relative to sub-folders). Undefined when none or several fit.
   */
  locate(path: string): Promise<string | undefined>;
}

const MAX_FILE_BYTES = 2 * 1024 * 1024;

/** Folders of dependencies, caches and git itself, also where no `.gitignore` names them. */
const IGNORED: ReadonlySet<string> = new Set([
  ".git",
  "node_modules",
  ".venv",
  "venv",
  "__pycache__",
  "target",
  ".gradle",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
  "coverage",
]);

/**
 * The tree at a folder as it is now; files are read once and remembered, so a tree is good for one state of it. `list`
 * names its files, as git does, which leaves out what a build made; without it, or when it has none, the folder is read.
 */
export function openTree(root: string, list?: () => Promise<readonly string[] | undefined>): Tree {
  let listed: Promise<readonly string[]> | undefined;
  const texts = new Map<string, Promise<string | undefined>>();
  const tree: Tree = {
    root,
    paths() {
      listed ??= (async () => {
        const found =
          (await list?.()) ??
          (await glob("**/*", {
            cwd: root,
            dot: true,
            ignore: [...IGNORED].map((folder) => `**/${folder}/**`),
            followSymbolicLinks: false,
          }));
        const paths = found.map((path) => path.split(sep).join("/"));
        return paths.filter((path) => !path.split("/").some((part) => IGNORED.has(part))).sort();
      })();
      return listed;
    },
    read(path) {
      let text = texts.get(path);
      if (!text) {
        text = readText(root, path);
        texts.set(path, text);
      }
      return text;
    },
    async locate(path) {
      return locatePath(path, root, await tree.paths());
    },
  };
  return tree;
}

/** `Tree.locate` over any list of paths, as of a commit. */
export function locatePath(path: string, root: string, paths: readonly string[]): string | undefined {
  const plain = plainPath(path, root);
  if (paths.includes(plain)) return plain;
  const parts = plain.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  for (let from = 0; from < parts.length; from++) {
    const suffix = parts.slice(from).join("/");
    const fitting = paths.filter((known) => known === suffix || known.endsWith(`/${suffix}`));
    if (fitting.length === 1) return fitting[0];
    // A shorter suffix can only fit more files.
    if (fitting.length > 1) return undefined;
  }
  return undefined;
}

function plainPath(path: string, root: string): string {
  let plain = path.replace(/^file:\/\//, "").replaceAll("\\", "/");
  if (isAbsolute(plain)) {
    const inside = relative(root, plain).split(sep).join("/");
    if (inside !== "" && !inside.startsWith("..")) plain = inside;
  }
  return posix.normalize(plain).replace(/^\.\//, "");
}

async function readText(root: string, path: string): Promise<string | undefined> {
  const place = await insidePath(root, path);
  if (place === undefined) return undefined;
  const state = await lstat(place).catch(missing);
  if (!state?.isFile() || state.size > MAX_FILE_BYTES) return undefined;
  const bytes = await readFile(place);
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

/** Relative, with `/`, without `..`, and not in `.git`: what an edit may name. */
export function isSafePath(path: string): boolean {
  if (path === "" || isAbsolute(path) || /[\0\\]/.test(path) || /^[A-Za-z]:/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && part.toLowerCase() !== ".git");
}

/**
 * The absolute place of a relative path, or undefined when it would leave the root: by `..`, by being absolute, through
 * a symbolic link in one of its folders, or into `.git`.
 */
export async function insidePath(root: string, path: string): Promise<string | undefined> {
  if (!isSafePath(path)) return undefined;
  const base = await realpath(root);
  const place = resolve(base, path);
  let folder = dirname(place);
  for (;;) {
    const real = await realpath(folder).catch(missing);
    if (real !== undefined) return real === folder ? join(folder, relative(folder, place)) : undefined;
    // A link that points at nothing yet: what is made through it would lie elsewhere.
    if ((await lstat(folder).catch(missing)) !== undefined) return undefined;
    folder = dirname(folder);
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code ?? "")) return undefined;
  throw error;
}
