import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Session } from "../pipeline/session.ts";
import { repositoryAt } from "../pipeline/session-git.ts";

/** Texts by their path below a folder. */
export type FileTexts = Readonly<Record<string, string>>;

/** The program's own files, put in when it is built; a run from source reads them from disk. */
declare const __PLAYBOOKS__: FileTexts | undefined;
declare const __CONTROLLER__: FileTexts | undefined;
declare const __JENKINSFILES__: FileTexts | undefined;

const ROOT = join(import.meta.dirname, "../..");

/** The playbooks that come with the program, with the roles and files they use. */
export async function ownPlaybooks(): Promise<FileTexts> {
  return typeof __PLAYBOOKS__ === "object" ? __PLAYBOOKS__ : await folderOf(join(ROOT, "playbooks"));
}

/** What comes with the program for a controller: `jcasc/`. */
export async function ownController(): Promise<FileTexts> {
  return typeof __CONTROLLER__ === "object" ? __CONTROLLER__ : await folderOf(join(ROOT, "jcasc"));
}

/** The system pipelines that come with the program: `jenkinsfiles/`. */
export async function ownJenkinsfiles(): Promise<FileTexts> {
  return typeof __JENKINSFILES__ === "object" ? __JENKINSFILES__ : await folderOf(join(ROOT, "jenkinsfiles"));
}

/** A folder of the organisation repository at the commit that decides: never a work tree's. */
export async function organisationFolder(session: Session, folder: string): Promise<Outcome<FileTexts>> {
  const prefix = `${posix.normalize(folder).replace(/\/$/, "")}/`;
  const files = await organisationFiles(session, (path) => path.startsWith(prefix));
  if (!files.ok) return files;
  return succeed(
    Object.fromEntries(Object.entries(files.value).map(([path, text]) => [path.slice(prefix.length), text])),
  );
}

/** The chosen files of the organisation repository, at the same commit, by their path in it. */
export async function organisationFiles(
  session: Session,
  chosen: (path: string) => boolean,
): Promise<Outcome<FileTexts>> {
  const { path, commit } = session.organisation;
  const git = await repositoryAt(session, path);
  if (!git.ok) return git;
  const paths = await git.value.listAt(commit);
  if (!paths.ok) return paths;
  const files: Record<string, string> = {};
  for (const file of paths.value.filter(chosen)) {
    const text = await git.value.readAt(commit, file);
    if (!text.ok) return text;
    files[file] = text.value;
  }
  return succeed(files);
}

async function folderOf(path: string): Promise<FileTexts> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [file.slice(path.length + 1).replaceAll("\\", "/"), await readFile(file, "utf8")]),
    ),
  );
}
