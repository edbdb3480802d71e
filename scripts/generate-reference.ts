/**
 * Writes what follows from the program's tables and schemas: facts, actions, exit codes, diagnostics, fixers, the keys of
 * configuration and constitution under `docs/reference/`, and the JSON Schemas of the files that people write. With
 * `--check` it writes nothing, lists what differs and exits with 8 (drift) when anything does.
 */
import { join } from "node:path";
import { EXIT } from "../src/core/exit-codes.ts";
import { writeFileAtomic } from "../src/core/files.ts";
import { referenceDrift, referenceFiles } from "./reference/files.ts";

const root = join(import.meta.dirname, "..");
const check = process.argv.includes("--check");
const files = await referenceFiles(root);
const differing = await referenceDrift(root, files);
for (const path of differing) {
  if (!check) await writeFileAtomic(join(root, path), files.get(path) ?? "");
  process.stdout.write(`${check ? "differs " : "wrote "}${path}\n`);
}
if (differing.length === 0) process.stdout.write(`${files.size} files are as the program says\n`);
if (check && differing.length > 0) {
  process.stderr.write("run: node scripts/generate-reference.ts\n");
  process.exit(EXIT.drift);
}
