/**
 * Runs the benches one after the other, or the named ones: `npm run bench`, `npm run bench -- startup release`. Each is a
 * program of its own and says in its first comment what it measures and beside whom; what they need and this machine
 * lacks (labelled logs), they say. Exits with 1 when one of them failed.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const BENCHES = ["startup", "constitution", "release", "canary", "edits", "repair", "logs"];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !BENCHES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`there is no bench ${unknown.join(", ")}; there are ${BENCHES.join(", ")}\n`);
  process.exit(64);
}
const failed: string[] = [];
for (const name of named.length > 0 ? named : BENCHES) {
  if (
    name === "logs" &&
    named.length === 0 &&
    !existsSync(join(import.meta.dirname, "..", "..", "shared", "data", "build-logs"))
  ) {
    process.stdout.write(
      "\n== logs: left out, there are no labelled logs beside this checkout (--pairs and --maven name others)\n",
    );
    continue;
  }
  process.stdout.write(`\n== ${name}\n`);
  const ended = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: "inherit" });
  if (ended.status !== 0) failed.push(name);
}
if (failed.length > 0) {
  process.stderr.write(`\nfailed: ${failed.join(", ")}\n`);
  process.exit(1);
}
