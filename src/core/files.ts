import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Makes a folder and those above it; one that is there is left alone. Not Node's own recursive `mkdir`: where the kernel
 * lets nobody make folders (/proc) it tries again for ever, on a thread that no signal ends.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  if (await madeFolder(path, mode)) return;
  const above = dirname(path);
  if (above !== path) await makeFolder(above, mode);
  // Where what is above was there all the time, or came from another process meanwhile: this answer counts.
  if (!(await madeFolder(path, mode))) await mkdir(path, { mode });
}

/** False when a folder above is missing. */
async function madeFolder(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return false;
    if (["EEXIST", "EROFS", "EACCES", "EPERM"].includes(code ?? "") && (await isFolder(path))) return true;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/**
 * Writes a file whole or not at all: a temporary file beside it, synced, then renamed over it. A crash or a full disk
 * leaves the old file as it was.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = join(dirname(path), `.${process.pid}-${Math.random().toString(36).slice(2, 12)}.tmp`);
  try {
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
