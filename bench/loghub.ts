/**
 * Measures the template miner on loghub's 2k sets (Zhu et al., ISSRE 2023; github.com/logpai/loghub): grouping accuracy
 * of each system and the mean, one configuration for all, the message column as the sets give it.
 *
 *   node bench/loghub.ts --dir DIR [--json]
 *
 * --dir   folder that holds *_2k.log_structured.csv files, at any depth
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { loghubAccuracy } from "./logs/loghub.ts";

const { values: options } = parseArgs({
  options: { dir: { type: "string" }, json: { type: "boolean", default: false } },
});
if (options.dir === undefined || !existsSync(options.dir)) {
  process.stderr.write("say with --dir where loghub's *_2k.log_structured.csv files are\n");
  process.exit(64);
}
const started = performance.now();
const scores = loghubAccuracy(resolve(options.dir));
const seconds = (performance.now() - started) / 1000;
process.stdout.write(
  options.json
    ? `${JSON.stringify(scores)}\n`
    : `${Object.entries(scores)
        .map(([system, accuracy]) => `${system.padEnd(14)}${accuracy.toFixed(4)}\n`)
        .join("")}${seconds.toFixed(1)} s\n`,
);
