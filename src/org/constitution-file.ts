import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Constitution, readConstitution } from "../constitution/constitution.ts";
import { fail, messageOf, type Outcome, problem } from "../core/diagnostic.ts";

/** A constitution in a file that somebody named, such as one that is not committed yet. `next` is told where it is none. */
export function readConstitutionFile(cwd: string, file: string, next?: string): Outcome<Constitution> {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, file), "utf8");
  } catch (error) {
    return fail(
      problem("config", "constitution.unreadable", `${file} cannot be read: ${whyNot(error)}`, {
        ...(next ? { next } : {}),
      }),
    );
  }
  return readConstitution(text, { file });
}

function whyNot(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  return code === "EISDIR" ? "it is a folder" : messageOf(error);
}
