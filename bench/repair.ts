import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runProcess } from "../src/core/process.ts";
import type { HealReport } from "../src/pillars/heal/report.ts";
import { startModel } from "../test/feature/fake-model.ts";
import { createWorld, type World } from "../test/feature/heal-world.ts";
import { FAULTS, type Fault, filesOf } from "./repair/faults.ts";

/**
 * Does a repair in one repository heal the same fault in others? `npm run bench:repair -- --replay --json`.
 *
 * Each fault of bench/repair/faults.ts is seeded in four repositories of one company. In the first a model's recorded
 * answer repairs it; then the model is gone (nothing listens at its address) and the other three have to be healed from
 * the Swarm DB. A repository counts as healed only when the commit's `Heal-Source` says `template`, that very template,
 * and the stage passes in a clone of the remote. Exits 1 when the stage fails at a commit that
 * was made, or a first repair is missing.
 *
 *   --replay        recorded answers; the default
 *   --model NAME    the first repair is this model's of the user's own Ollama instead (--endpoint, else OLLAMA_HOST)
 *   --only TEXT     only kinds that contain TEXT
 *   --json          one object
 *
 * `seconds`: the wall clock of one heal, from reading its log to its last word, less the time that the product's own
 * commands took in it (`command_ms` of the report: the stage seen failing, the failed test alone, the stage passing).
 */
const { values } = parseArgs({
  options: {
    replay: { type: "boolean", default: false },
    model: { type: "string" },
    endpoint: { type: "string", default: process.env.OLLAMA_HOST ?? "http://127.0.0.1:11434" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
if (values.replay && values.model !== undefined) {
  process.stderr.write("say either --replay or --model NAME\n");
  process.exit(64);
}

interface Healed {
  readonly product: string;
  /** `template t-…`, `model …`, or why there is none. */
  readonly source: string;
  readonly healed: boolean;
  /** A commit was made, and the stage does not pass there. */
  readonly unverified: boolean;
  readonly seconds: number;
  readonly command_seconds: number;
}

interface Row {
  readonly kind: string;
  readonly language: Fault["language"];
  readonly taught: Healed;
  readonly others: readonly Healed[];
}

/** What the recorded model answers: each answer once, and only to the question it was recorded for. */
function recorded(fault: Fault): { readonly answer: (prompt: string) => string; readonly strays: string[] } {
  const [{ right, wrong, source }] = fault.products;
  const { file } = filesOf(fault, fault.products[0]);
  const lineWith = (text: string, part: string) => text.split("\n").find((line) => line.includes(part)) ?? part;
  const search = lineWith(source.replace(right, wrong), wrong);
  const edit = { file, search, replace: lineWith(source, right) };
  const strays: string[] = [];
  let given = false;
  const answer = (prompt: string) => {
    if (given || !prompt.includes(search) || !prompt.includes(file)) {
      strays.push(prompt);
      return "";
    }
    given = true;
    return JSON.stringify({ explanation: fault.explanation, edits: [edit] });
  };
  return { answer, strays };
}

async function healOne(world: World, name: string, command: string, model?: string): Promise<[Healed, HealReport]> {
  const { log, passed } = await world.build(name);
  if (passed) throw new Error(`${name} is not broken: the fault is none`);
  const started = performance.now();
  const { outcome, report } = await world.heal(name, { log, ...(model === undefined ? {} : { model }) });
  const wall = performance.now() - started;
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  const good = report.fix_commit === undefined ? undefined : await passesAt(world, name, report.fix_commit, command);
  const trailer = report.fix_commit
    ? await world.git(name, "log", "-1", "--format=%(trailers:key=Heal-Source,valueonly)", report.fix_commit)
    : report.reason;
  const commands = report.command_ms ?? 0;
  const healed: Healed = {
    product: name,
    source: trailer.trim(),
    healed: report.pushed && good === true,
    unverified: good === false,
    seconds: (wall - commands) / 1000,
    command_seconds: commands / 1000,
  };
  return [healed, report];
}

/** Whether the stage passes in a fresh clone of the remote at the heal's commit: nothing of the heal's own word is used. */
async function passesAt(world: World, name: string, commit: string, command: string): Promise<boolean> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-bench-"));
  try {
    const clone = join(scratch, name);
    const cloned = await runProcess("git", ["clone", "-q", world.remote(name), clone], { cwd: scratch });
    if (cloned.exitCode !== 0) throw new Error(cloned.stderr);
    const at = await runProcess("git", ["checkout", "-q", "--detach", commit], { cwd: clone });
    return at.exitCode === 0 && (await runProcess("sh", ["-c", command], { cwd: clone })).exitCode === 0;
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function measure(fault: Fault): Promise<Row> {
  const { answer, strays } = recorded(fault);
  const fake = values.model === undefined ? await startModel(answer) : undefined;
  const options = {
    config: `model:\n  endpoint: ${fake?.url ?? values.endpoint}\n  name: ${values.model ?? "tiny"}\n`,
  };
  const world = await createWorld(options);
  try {
    for (const product of fault.products) {
      const { file, files, command } = filesOf(fault, product);
      if (product.source.split(product.right).length !== 2) throw new Error(`${product.right} is not there once`);
      await world.product(product.module, files, command);
      await world.change(product.module, { [file]: product.source.replace(product.right, product.wrong) });
    }
    const [first, ...rest] = fault.products;
    const { command } = filesOf(fault, first);
    const [taught, { learned }] = await healOne(world, first.module, command, values.model);
    if (strays.length > 0) throw new Error(`${fault.kind}: a question was asked that no answer was recorded for`);
    if (fake && !taught.source.startsWith("model ")) {
      throw new Error(`${fault.kind}: ${taught.source} repaired what only the recorded model was to repair`);
    }
    await fake?.close();
    // Port 9 of this machine: nothing listens there, so that no model can help from here on.
    options.config = "model:\n  endpoint: http://127.0.0.1:9\n";
    const others: Healed[] = [];
    for (const { module } of rest) {
      const [one] = await healOne(world, module, command);
      others.push({ ...one, healed: one.healed && one.source === `template ${learned}` });
    }
    return { kind: fault.kind, language: fault.language, taught, others };
  } finally {
    if (fake && options.config.includes(fake.url)) await fake.close();
    await world.close();
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length === 0 ? 0 : ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

const rounded = (seconds: number) => Number(seconds.toFixed(2));
const rows: Row[] = [];
for (const fault of FAULTS.filter(({ kind }) => kind.includes(values.only))) {
  rows.push(await measure(fault));
  if (!values.json) process.stderr.write(`${fault.kind}\n`);
}
const replayed = rows.flatMap(({ others }) => others);
const healed = replayed.filter((one) => one.healed);
const all = rows.flatMap(({ taught, others }) => [taught, ...others]);
const summary = {
  command: `npm run bench:repair -- ${values.model === undefined ? "--replay" : `--model ${values.model}`}${values.only === "" ? "" : ` --only ${values.only}`} --json`,
  first_repair: values.model === undefined ? "recorded answer" : `model ${values.model}`,
  kinds: rows.length,
  taught: rows.filter(({ taught }) => taught.healed).length,
  replayed: replayed.length,
  healed_by_template: healed.length,
  median_seconds_without_commands: rounded(median(healed.map(({ seconds }) => seconds))),
  median_seconds_of_commands: rounded(median(healed.map((one) => one.command_seconds))),
  unverified_commits: all.filter(({ unverified }) => unverified).length,
};

if (values.json) {
  const short = (one: Healed) => ({
    ...one,
    seconds: rounded(one.seconds),
    command_seconds: rounded(one.command_seconds),
  });
  const faults = rows.map(({ taught, others, ...row }) => ({
    ...row,
    taught: short(taught),
    others: others.map(short),
  }));
  process.stdout.write(`${JSON.stringify({ ...summary, faults }, null, 2)}\n`);
} else {
  const width = Math.max(...rows.map(({ kind }) => kind.length), 4) + 2;
  process.stdout.write(`${"fault".padEnd(width)}first repair   others healed  median s  of commands s\n`);
  for (const { kind, taught, others } of rows) {
    const good = others.filter((one) => one.healed);
    const cells = [
      (taught.healed ? taught.source : "none").padEnd(15),
      `${good.length} of ${others.length}`.padEnd(15),
      median(good.map(({ seconds }) => seconds))
        .toFixed(2)
        .padStart(8),
      median(good.map((one) => one.command_seconds))
        .toFixed(2)
        .padStart(15),
    ];
    process.stdout.write(`${kind.padEnd(width)}${cells.join("")}\n`);
    for (const one of others.filter(({ healed: done }) => !done)) {
      process.stdout.write(`  ${one.product}: ${one.source}\n`);
    }
  }
  process.stdout.write(
    `\n${healed.length} of ${replayed.length} healed by the template; median ${summary.median_seconds_without_commands} s without the product's commands; ${summary.unverified_commits} unverified commits\n`,
  );
}
process.exitCode = summary.unverified_commits === 0 && summary.taught === rows.length ? 0 : 1;
