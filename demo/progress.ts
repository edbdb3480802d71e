import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../src/core/files.ts";

/** What a demo run has done so far, so that a stopped one goes on and a finished one starts clean. */
export interface Progress {
  readonly version: 1;
  readonly startedAt: string;
  /** Names of finished acts, with what each left for the summary. */
  readonly acts: Readonly<Record<string, unknown>>;
  readonly complete: boolean;
}

const FILE = "progress.json";

/** Progress of the run in `root`; undefined when there is none to go on with, and then the folder is emptied. */
export async function resumeOrClean(root: string): Promise<Progress | undefined> {
  try {
    const progress = JSON.parse(await readFile(join(root, FILE), "utf8")) as Progress;
    if (progress.version === 1 && !progress.complete) return progress;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
  }
  await rm(root, { recursive: true, force: true });
  return undefined;
}

export async function saveProgress(root: string, progress: Progress): Promise<void> {
  await writeFileAtomic(join(root, FILE), `${JSON.stringify(progress, null, 2)}\n`);
}
