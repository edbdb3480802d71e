import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

declare const __BUILD__: string | undefined;

/** Names the program's code, where it was built as a whole; a run from source remembers nothing. */
const BUILD = typeof __BUILD__ === "string" ? __BUILD__ : undefined;

interface Remembered {
  readonly build: string;
  /** What it was made from. */
  readonly of: readonly string[];
  readonly value: unknown;
}

/**
 * What this very program once made of exactly this (the name of a commit, say, which stands for all of its files);
 * undefined when it did not, or when somebody else could have written the file. For what is shown only: nothing that a
 * gate decides may come from here.
 */
export function recall<T>(file: string, of: readonly string[]): T | undefined {
  if (BUILD === undefined || !isOwn(file)) return undefined;
  const kept = parsed(readFileSync(file, "utf8"));
  const same = kept?.build === BUILD && JSON.stringify(kept.of) === JSON.stringify(of);
  return same ? (kept.value as T) : undefined;
}

/** Undefined for a file that somebody damaged: what it held is made anew. */
function parsed(text: string): Remembered | undefined {
  try {
    return JSON.parse(text) as Remembered;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** Keeps what was made, in a file that only this user can write. */
export async function remember(file: string, of: readonly string[], value: unknown): Promise<void> {
  if (BUILD === undefined) return;
  const { makeFolder, writeFileAtomic } = await import("./files.ts");
  await makeFolder(dirname(file), 0o700);
  await writeFileAtomic(file, JSON.stringify({ build: BUILD, of, value } satisfies Remembered), 0o600);
}

function isOwn(file: string): boolean {
  return [file, dirname(file)].every((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  });
}
