import { isAbsolute, join } from "node:path";
import { messageOf } from "./diagnostic.ts";
import { writeFileAtomic } from "./files.ts";

/**
 * Where a file of a name that somebody else chose lies below a folder; undefined for one that would lead out of it, or
 * that this system has no file of. `/` joins the name's parts.
 */
export function placeBelow(folder: string, name: string): string | undefined {
  const parts = name.split("/");
  const odd = (part: string) => part === "" || part === "." || part === ".." || /[\0\\]/.test(part);
  return isAbsolute(name) || parts.some(odd) ? undefined : join(folder, ...parts);
}

/** Writes a file of somebody else's name below a folder; answers why it could not be done, in a few words. */
export async function keepBelow(
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<{ readonly path: string } | { readonly refused: string }> {
  const path = placeBelow(folder, name);
  if (path === undefined) return { refused: "its name leads out of the folder" };
  try {
    await writeFileAtomic(path, bytes);
    return { path };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}
