import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { type GitCall, git, nulParts } from "./run.ts";

export interface ChangedFile {
  /** Relative to the repository's root; bytes that are no UTF-8 are shown as U+FFFD. */
  readonly path: string;
  readonly status: "added" | "modified" | "deleted" | "type_changed";
  /** Lines added and removed; for a binary file, and for a submodule, see `linesOf`. */
  readonly added: number;
  readonly removed: number;
  readonly binary: boolean;
  /** A symbolic link or a submodule after the change: things that point elsewhere. */
  readonly kind: "file" | "link" | "submodule";
}

/** How two commits or trees differ. A rename is a file deleted and a file added, so that both paths are seen. */
export interface Change {
  readonly files: readonly ChangedFile[];
  /** Unified diff with three lines of context; binary files by name only. */
  readonly patch: string;
}

/** Size of a change in lines: added plus removed. */
export function linesOf(change: Change): number {
  return change.files.reduce((sum, file) => sum + file.added + file.removed, 0);
}

const DIFF = ["--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none"];

const STATUS: Readonly<Record<string, ChangedFile["status"]>> = {
  A: "added",
  M: "modified",
  D: "deleted",
  T: "type_changed",
};

/** Bytes of a binary file that count as one line, so that a limit in lines bounds binary changes too. */
const BINARY_LINE_BYTES = 80;

/** Compares two commits or trees, given by object id. */
export async function treeChange(from: string, to: string, call: GitCall): Promise<Outcome<Change>> {
  const raw = await git(["diff-tree", "-r", "-z", "--raw", "--no-abbrev", ...DIFF, from, to, "--"], call);
  if (!raw.ok) return raw;
  const numbers = await git(["diff-tree", "-r", "-z", "--numstat", ...DIFF, from, to, "--"], call);
  if (!numbers.ok) return numbers;
  const patch = await git(["diff-tree", "-r", "-p", ...DIFF, from, to, "--"], call);
  if (!patch.ok) return patch;
  const counts = nulParts(numbers.value).map((entry) => entry.split("\t", 2));
  const parts = nulParts(raw.value);
  const files: ChangedFile[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [fromMode = "", toMode = "", fromId = "", toId = "", letter = "M"] = (parts[at] ?? "").slice(1).split(" ");
    const mode = toMode === "000000" ? fromMode : toMode;
    const [added = "-", removed = "-"] = counts[at / 2] ?? [];
    const binary = added === "-";
    const size = binary
      ? await binarySizes(fromId, toId, call)
      : succeed({ added: Number(added), removed: Number(removed) });
    if (!size.ok) return size;
    files.push({
      path: parts[at + 1] ?? "",
      status: STATUS[letter.charAt(0)] ?? "modified",
      ...size.value,
      binary,
      kind: mode === "120000" ? "link" : mode === "160000" ? "submodule" : "file",
    });
  }
  return succeed({ files, patch: patch.value });
}

async function binarySizes(
  from: string,
  to: string,
  call: GitCall,
): Promise<Outcome<{ added: number; removed: number }>> {
  const lines = async (id: string): Promise<Outcome<number>> => {
    if (/^0+$/.test(id)) return succeed(0);
    const size = await git(["cat-file", "-s", id], call);
    return size.ok ? succeed(Math.ceil(Number(size.value) / BINARY_LINE_BYTES)) : size;
  };
  const removed = await lines(from);
  if (!removed.ok) return removed;
  const added = await lines(to);
  return added.ok ? succeed({ added: added.value, removed: removed.value }) : added;
}
