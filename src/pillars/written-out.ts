import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../core/canonical.ts";
import { writeFileAtomic } from "../core/files.ts";
import type { Session } from "../pipeline/session.ts";

/** Files below the cache, in a folder named by their content; what is there is compared, and written again if it differs. */
export async function writtenOut(session: Session, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(session.homes.cache, "playbook-library", digestOf(files).slice(0, 16));
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    if (!existsSync(file) || (await readFile(file, "utf8")) !== text) await writeFileAtomic(file, text);
  }
  await removeStrangers(folder, new Set(Object.keys(files)));
  return folder;
}

/** A file that somebody put beside ours could be included by a playbook; the folder holds what its name says, or nothing. */
async function removeStrangers(folder: string, known: ReadonlySet<string>): Promise<void> {
  if (!existsSync(folder)) return;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const file = join(entry.parentPath, entry.name);
    if (!known.has(file.slice(folder.length + 1))) await rm(file);
  }
}
