/**
 * Writes what follows from the step definitions: `vars/`, `docs/reference/steps/`, `resources/schemas/`.
 * With `--check` it writes nothing, lists what differs and exits with 8 (drift) when anything does.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "../src/core/exit-codes.ts";
import { driftOf, stepFiles, writeStepFiles } from "../src/steps/generate/files.ts";
import { STEPS } from "../src/steps/index.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");
const files = stepFiles(STEPS);
if (!files.ok) {
  for (const diagnostic of files.diagnostics) process.stderr.write(`${diagnostic.message}\n`);
  process.exit(EXIT.internal);
}
const drift = check ? await driftOf(root, files.value) : await writeStepFiles(root, files.value);
const lines = [
  ...drift.changed.map((path) => `${check ? "differs " : "rewrote "} ${path}`),
  ...drift.missing.map((path) => `${check ? "missing " : "wrote   "} ${path}`),
  ...drift.stale.map((path) => `${check ? "stale   " : "removed "} ${path}`),
];
for (const line of lines) process.stdout.write(`${line}\n`);
if (lines.length === 0) process.stdout.write(`${files.value.length} files are as their definitions say\n`);
if (check && lines.length > 0) {
  process.stderr.write("run: node scripts/generate-steps.ts\n");
  process.exit(EXIT.drift);
}
