import { chmod, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Gives a work tree the permissions that its commit means, whatever umask it was checked out under: archives keep them,
 * and the same commit is to give the same bytes. Symbolic links and git's own files are left alone.
 */
export async function settleModes(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.name === ".git" || path.includes("/.git/")) continue;
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}
