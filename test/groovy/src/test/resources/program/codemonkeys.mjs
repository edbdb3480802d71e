// Stands in for the built program in tests of the runner: a real Node child that keeps the command-line contract and
// answers from $CODEMONKEYS_ANSWERS (a JSON list by step), noting each call in $CODEMONKEYS_CALLS.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "params-file": { type: "string" }, "result-file": { type: "string" } },
});
const step = positionals.join(" ");
const params = JSON.parse(readFileSync(values["params-file"], "utf8"));
const stale = existsSync(values["result-file"]);
const seen = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("TEST_")));
const who = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^CODEMONKEYS_(REQUESTER|TRIGGER)$/.test(name)));
const calls = process.env.CODEMONKEYS_CALLS;
const before = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : [];
appendFileSync(calls, `${JSON.stringify({ step, params, stale, seen, who, program: process.argv[1], node: process.env.NODE_NAME })}\n`);
const answers = JSON.parse(readFileSync(process.env.CODEMONKEYS_ANSWERS, "utf8"))[step] ?? [];
const answer = answers[Math.min(before.filter((call) => call.step === step).length, answers.length - 1)] ?? {};
for (const [name, value] of Object.entries(seen)) process.stdout.write(`${name} is ${value}\n`);
const { exit, raw, ...result } = answer;
if (raw !== undefined) writeFileSync(values["result-file"], raw);
else if (answer.verdict !== "none") {
  const whole = {
    version: 1, step, verdict: "success", diagnostics: [], started_at: "2026-01-01T00:00:00.000Z", duration_ms: 1.5, dry_run: false,
    junit: [], coverage: [], sarif: [], artifacts: [], links: [], metrics: {}, summary: `${step} done`, data: null, ...result,
  };
  // What a result comes to in a line is the real program's to say.
  const { callName, pageOf, shownOf } = await import(`${process.env.CODEMONKEYS_SOURCE}/src/cli/shown.ts`);
  const positional = Object.keys(params).slice(0, 1);
  const name = callName({ name: step, positional }, params, process.env);
  const text = JSON.stringify({ ...whole, shown: shownOf(whole, name) });
  writeFileSync(values["result-file"], text);
  const folder = `${process.env.CODEMONKEYS_REPORT}/codemonkeys`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}.md`, pageOf(whole));
  writeFileSync(`${folder}/${name}.json`, text);
}
process.exitCode = exit ?? { success: 0, unstable: 2, waiting: 7, failure: 1, none: 70 }[result.verdict ?? "success"];
