import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "tinyglobby";
import type { Tree } from "./ecosystem.ts";

/** A path in a package's folder, relative to the product's root. */
export function within(folder: string, path: string): string {
  const clean = folder.replace(/^\.\/?/, "").replace(/\/+$/, "");
  return clean === "" ? path : `${clean}/${path}`;
}

/** A shell line that runs a command in a package's folder. */
export function inFolder(folder: string, command: string): string {
  const clean = within(folder, "").replace(/\/$/, "");
  return clean === "" ? command : `cd '${clean.replaceAll("'", "'\\''")}' && ${command}`;
}

/** The folder that holds a path; "" for the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The files of a directory on disk; what package managers and build tools leave there is not looked at. */
export function directoryTree(root: string): Tree {
  return {
    async read(path) {
      try {
        return await readFile(join(root, path), "utf8");
      } catch (error) {
        if (["ENOENT", "EISDIR", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
        throw error;
      }
    },
    list: () =>
      glob("**", {
        cwd: root,
        dot: true,
        followSymbolicLinks: false,
        ignore: ["**/node_modules/**", "**/.git/**", "**/target/**", "**/.venv/**", "**/__pycache__/**", "**/.tox/**"],
      }),
  };
}
