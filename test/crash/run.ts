import { parseArgs } from "node:util";
import { isMutation, MUTATIONS } from "./mutations.ts";
import { crashReal } from "./real.ts";
import { simulate } from "./simulated.ts";

/**
 * The crash harness. Tier one kills the loop's journal in thousands of runs against a world on loopback; tier two kills
 * the real loop at each of its boundaries once. Ends with 1 when any end state is not that of a run that never crashed.
 */
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    runs: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    mutate: { type: "string" },
    "real-cases": { type: "string" },
    "real-loops": { type: "string" },
  },
});
const progress = (text: string) => process.stderr.write(`${text}\n`);
const { mutate } = values;
if (mutate !== undefined && !isMutation(mutate)) {
  process.stderr.write(`unknown mutation ${mutate}; there are: ${Object.keys(MUTATIONS).join(", ")}\n`);
  process.exit(64);
}
const summary: Record<string, object> = {};
let ok = true;

if (values.only !== "real") {
  const result = await simulate({ runs: Number(values.runs), seed: Number(values.seed), mutation: mutate, progress });
  const { runs, duplicates, missing, tagsWithoutArtefacts } = result;
  summary.simulated = { runs, duplicates, missing, tagsWithoutArtefacts };
  const wrong = duplicates + missing + tagsWithoutArtefacts + result.different.length;
  ok &&= wrong === 0 && runs >= Number(values.runs);
  const { kills, places, seconds } = result;
  const total = kills.boundary + kills.world + kills.time;
  progress(
    `${runs} runs crashed by ${total} SIGKILLs (${kills.boundary} at boundaries, ${kills.world} at requests, ${kills.time} at ` +
      `random moments) in ${seconds.toFixed(0)} s; ${places.killedAt} places, ${places.boundaries} boundaries in a run`,
  );
  for (const line of result.different.slice(0, 20)) progress(`different: ${line}`);
}

// Only the simulated tier builds the program by itself.
if (values.only !== "simulated" && mutate === undefined) {
  const real = await crashReal({
    progress,
    seed: Number(values.seed),
    ...(values["real-cases"] === undefined ? {} : { cases: Number(values["real-cases"]) }),
    ...(values["real-loops"] === undefined ? {} : { randomLoops: Number(values["real-loops"]) }),
  });
  summary.real = real.summary;
  ok &&= real.ok;
}

if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else for (const [tier, counts] of Object.entries(summary)) process.stdout.write(`${tier}: ${JSON.stringify(counts)}\n`);
process.exitCode = ok ? 0 : 1;
