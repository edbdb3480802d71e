import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { digestOf } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { writeFileAtomic } from "../../core/files.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { organisationFolder, ownPlaybooks } from "../library-files.ts";

/**
 * The playbook of a name, as a file: one of the organisation's folder (`ship.ansible.playbook_dir`, read at the same
 * commit as its constitution) goes before the program's own. It runs in the act half with credentials, so a product's
 * folder counts only where the organisation lets products override the key.
 */
export async function findPlaybook(session: Session, name: string): Promise<Outcome<string>> {
  const library = await writtenOut(session, await ownPlaybooks());
  const folders = [await configuredFolder(session), succeed(library)];
  const looked: string[] = [];
  for (const folder of folders) {
    if (!folder.ok) return folder;
    if (folder.value === undefined) continue;
    looked.push(folder.value);
    for (const ending of [".yml", ".yaml"]) {
      const file = join(folder.value, `${name}${ending}`);
      if (existsSync(file)) return succeed(file);
    }
  }
  return fail(
    problem("config", "publish.no_playbook", `there is no playbook ${name}.yml`, {
      next: "check ship.ansible.playbook_dir, or reinstall the program",
      details: looked.map((place) => `looked in ${place}`).join("\n"),
    }),
  );
}

async function configuredFolder(session: Session): Promise<Outcome<string | undefined>> {
  const product = productOf(session);
  const { value, from } = product.config.explain("ship.ansible.playbook_dir");
  if (typeof value !== "string") return succeed(undefined);
  if (isAbsolute(value)) return succeed(value);
  if (from === "product") return succeed(resolve(product.path, value));
  const files = await organisationFolder(session, value);
  return files.ok ? succeed(await writtenOut(session, files.value)) : files;
}

/** Files below the cache, in a folder named by their content; what is there is compared, and written again if it differs. */
async function writtenOut(session: Session, files: Readonly<Record<string, string>>): Promise<string> {
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
