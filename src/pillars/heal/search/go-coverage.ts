import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Variables that make every `go test` of a command write a coverage profile of the whole module. `go` passes over flags
 * in GOFLAGS that a command of its does not know, so that the same line may call `go vet` as well.
 *
 * @param skip a test that is left out (Go 1.20 and later)
 */
export function goCoverage(file: string, skip?: string): Record<string, string> {
  const flags = ["-count=1", "-coverpkg=./...", `-coverprofile=${file}`, ...(skip ? [`-skip=^${skip}$`] : [])];
  return { GOFLAGS: flags.join(" ") };
}

/** The lines that ran, by path below the root; empty when there is no profile. Formats: `go tool cover`, mode set or count. */
export async function readGoCoverage(file: string, root: string): Promise<Map<string, Set<number>>> {
  const found = new Map<string, Set<number>>();
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (text === "") return found;
  const module = /^module\s+(\S+)/m.exec(await readFile(join(root, "go.mod"), "utf8").catch(() => ""))?.[1];
  // Blocks: `example.org/name/file.go:12.34,15.2 3 1`: from line.column to line.column, statements, runs.
  for (const [, name = "", from, to, count] of text.matchAll(/^(\S+\.go):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/gm)) {
    if (count === "0") continue;
    const path = module !== undefined && name.startsWith(`${module}/`) ? name.slice(module.length + 1) : name;
    const lines = found.get(path) ?? new Set<number>();
    found.set(path, lines);
    for (let line = Number(from); line <= Number(to); line++) lines.add(line);
  }
  return found;
}
