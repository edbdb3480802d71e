import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import type { Tree } from "../../tree.ts";

/** All folders that hold a file, without the root. */
export function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = posix.dirname(path); folder !== "."; folder = posix.dirname(folder)) folders.add(folder);
  }
  return [...folders];
}

/**
 * The path of the product that a missing one was meant to be, relative to `folder` as the missing one is: a part of it is
 * misspelt, or the file lies, by its name, in one other place. Undefined where none or several fit, or where it exists.
 */
export async function nearestPath(tree: Tree, missing: string, folder = ""): Promise<string | undefined> {
  const wanted = posix.normalize(posix.join(folder, missing)).replace(/\/$/, "");
  if (wanted.startsWith("..") || wanted.startsWith("/") || wanted === ".") return undefined;
  const files = await tree.paths();
  const known = [...files, ...foldersOf(files)];
  if (known.includes(wanted)) return undefined;
  const found = respelt(wanted, known) ?? moved(wanted, files);
  return found === undefined ? undefined : posix.relative(folder, found) || undefined;
}

/** Part by part from the root: the part as it is, else the sibling that it was meant to be. */
function respelt(wanted: string, known: readonly string[]): string | undefined {
  let at = "";
  for (const part of wanted.split("/")) {
    const prefix = at === "" ? "" : `${at}/`;
    const siblings = known.flatMap((path) => {
      const rest = path.startsWith(prefix) ? path.slice(prefix.length) : "";
      return rest !== "" && !rest.includes("/") ? [rest] : [];
    });
    const extension = posix.extname(part);
    // `a.c` is never meant by `a.h`: the extension says what a file is.
    const same = siblings.filter((name) => posix.extname(name) === extension);
    const next = siblings.includes(part) ? part : (didYouMean(part, same) ?? didYouMean(part, siblings));
    if (next === undefined) return undefined;
    at = prefix + next;
  }
  return at;
}

function moved(wanted: string, files: readonly string[]): string | undefined {
  const name = posix.basename(wanted);
  const same = files.filter((path) => posix.basename(path) === name);
  return same.length === 1 ? same[0] : undefined;
}

/** A text with one path in the place of another: only where the old one stands as a whole. */
export function withPath(text: string, from: string, to: string): string {
  const quoted = from.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(
    new RegExp(`(?<![\\w./-])((?:\\./)?)${quoted}(?![\\w/-]|\\.\\w)`, "g"),
    (_all, dot: string) => dot + to,
  );
}
