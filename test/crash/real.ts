import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commitAndPush } from "../../demo/layout.ts";
import { harbourCargo } from "../../demo/products/harbour-cargo.ts";
import { harbourTides } from "../../demo/products/harbour-tides.ts";
import { randomFrom } from "./plan.ts";
import { type Lane, openLane, pushGenerated } from "./real/lane.ts";
import { type End, live, type Scope, settle } from "./real/life.ts";
import { type EndState, endState, judge } from "./real/state.ts";
import { watchLane } from "./real/watch.ts";

export interface RealOptions {
  readonly progress: (text: string) => void;
  /** How many boundaries are killed at, spread evenly; all of them without it. */
  readonly cases?: number | undefined;
  /** Whole loops that are killed at random moments, per product. */
  readonly randomLoops?: number | undefined;
  readonly seed?: number | undefined;
}

export interface RealSummary {
  /** Boundaries of the loop, of both products together, and how many of them a process died at. */
  readonly boundaries: number;
  readonly killedAt: number;
  /** Cases: each a fresh copy of the fleet, driven until its commands succeeded. */
  readonly runs: number;
  readonly kills: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly tagsWithoutArtefacts: number;
  /** Cases whose end state is not that of an uncrashed run, or whose audit log does not verify. */
  readonly different: number;
  /** Commands that ended unsuccessfully although nobody killed them, and had to be given once more. */
  readonly refusedResumes: number;
  /** Processes that were still there after all was done. */
  readonly leftovers: number;
  readonly seconds: number;
}

const PRODUCTS = [harbourTides, harbourCargo];
/** Deaths that one copy of the fleet bears before the next one is taken. */
const DEATHS_PER_CASE = 60;
/** Two writes may follow each other faster than a loaded machine looks: a boundary gets this many more chances. */
const FRUITLESS_ROUNDS = 3;
/** How often a command may end unsuccessfully without having been killed: what lived on may still be in its way. */
const PATIENCE = 3;

/**
 * Tier two: the real loop over real git, npm registry, Python index and playbooks, its process killed at every boundary
 * once, and at random moments; the same command is then given again until it succeeds, and what is left is compared with
 * a run that never crashed. Both products have a lane each, side by side.
 */
export async function crashReal(options: RealOptions): Promise<{ summary: RealSummary; ok: boolean }> {
  const startedAt = performance.now();
  const root = await mkdtemp(join(tmpdir(), "codemonkeys-crash-real-"));
  try {
    const program = await copyOfProgram(root);
    const tallies = await Promise.all(
      PRODUCTS.map((product) => {
        const progress = (text: string) => options.progress(`${product.name}: ${text}`);
        return inLane(join(root, product.name), program, product, { ...options, progress });
      }),
    );
    const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
    const summary: RealSummary = {
      boundaries: sum("boundaries"),
      killedAt: sum("killedAt"),
      runs: sum("runs"),
      kills: sum("kills"),
      duplicates: sum("duplicates"),
      missing: sum("missing"),
      tagsWithoutArtefacts: sum("tagsWithoutArtefacts"),
      different: sum("different"),
      refusedResumes: sum("refusedResumes"),
      leftovers: sum("leftovers"),
      seconds: Math.round((performance.now() - startedAt) / 1000),
    };
    const { duplicates, missing, tagsWithoutArtefacts, different, leftovers } = summary;
    const wrong = duplicates + missing + tagsWithoutArtefacts + different + leftovers;
    return { summary, ok: wrong === 0 && summary.killedAt === sum("wanted") && summary.kills > 0 };
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Tally {
  boundaries: number;
  wanted: number;
  killedAt: number;
  runs: number;
  kills: number;
  duplicates: number;
  missing: number;
  tagsWithoutArtefacts: number;
  different: number;
  refusedResumes: number;
  leftovers: number;
}

/** The program as built now, in a folder of its own: whoever builds in the meantime does not disturb. */
async function copyOfProgram(root: string): Promise<string> {
  const project = fileURLToPath(new URL("../../", import.meta.url));
  execFileSync(process.execPath, [join(project, "scripts", "build.ts")], { stdio: ["ignore", "ignore", "inherit"] });
  const file = join(root, "program", "resources", "codemonkeys", "codemonkeys.mjs");
  await cp(join(project, "resources", "codemonkeys"), dirname(file), { recursive: true });
  await cp(join(project, "playbooks"), join(root, "program", "playbooks"), { recursive: true });
  return file;
}

/** One command of the loop, with the state that it starts from and what it leaves when nothing goes wrong. */
interface Phase {
  readonly name: "heal" | "release";
  readonly from: string;
  readonly boundaries: readonly string[];
  readonly wanted: EndState;
}

async function inLane(
  root: string,
  program: string,
  product: (typeof PRODUCTS)[number],
  options: RealOptions,
): Promise<Tally> {
  const lane = await openLane(root, program, product);
  const tally: Tally = {
    ...{ boundaries: 0, wanted: 0, killedAt: 0, runs: 0, kills: 0, duplicates: 0, missing: 0 },
    ...{ tagsWithoutArtefacts: 0, different: 0, refusedResumes: 0, leftovers: 0 },
  };
  try {
    const phases = await uncrashed(lane);
    const all = phases.reduce((count, phase) => count + phase.boundaries.length, 0);
    tally.boundaries = all;
    options.progress(`${all} boundaries`);
    const share = options.cases === undefined ? all : Math.min(all, Math.ceil(options.cases / PRODUCTS.length));
    let at = 0;
    for (const phase of phases) {
      // Evenly over both phases, the same ones each time.
      const remaining = new Set(phase.boundaries.filter(() => chosen(at++, all, share)));
      tally.wanted += remaining.size;
      await crashPhase(lane, phase, remaining, tally, options.progress);
    }
    const random = randomFrom((options.seed ?? 1) * 7919 + PRODUCTS.indexOf(product));
    for (let loop = 0; loop < (options.randomLoops ?? 2); loop += 1)
      await crashLoop(lane, phases, random, tally, options.progress);
    tally.leftovers += await settle(lane, 20_000);
    return tally;
  } finally {
    await settle(lane, 0);
    await lane.stop();
  }
}

/** Picks `share` of `all` places, evenly. */
function chosen(at: number, all: number, share: number): boolean {
  return Math.floor(((at + 1) * share) / all) > Math.floor((at * share) / all);
}

/** The loop without a crash: its states are kept, its boundaries noted, its ends are what every other run must reach. */
async function uncrashed(lane: Lane): Promise<Phase[]> {
  await must(lane, ["generate"]);
  await pushGenerated(lane);
  await commitAndPush(join(lane.layout.products, lane.product.name), lane.product.breaking);
  await must(lane, ["run"], 1);
  await lane.save("broken");
  const heal = await reference(lane, "heal", "broken");
  await must(lane, ["run"]);
  await lane.save("healed");
  return [heal, await reference(lane, "release", "healed")];
}

async function reference(lane: Lane, name: Phase["name"], from: string): Promise<Phase> {
  const { code, output, boundaries } = await watched(lane, { args: [name], scope: "tree" });
  if (code !== 0) throw new Error(`${lane.product.name}: codemonkeys ${name} ended with ${code}\n${output}`);
  return { name, from, boundaries: [...new Set(boundaries)], wanted: await endState(lane) };
}

async function must(lane: Lane, args: readonly string[], code = 0): Promise<void> {
  const end = await live(lane, undefined, { args, scope: "tree" });
  if (end.code === code) return;
  throw new Error(`${lane.product.name}: codemonkeys ${args.join(" ")} ended with ${end.code}\n${end.output}`);
}

/** One life of the program under a watch of its own. */
async function watched(lane: Lane, life: Parameters<typeof live>[2]): Promise<End & { readonly badTag: boolean }> {
  const watch = watchLane(lane);
  try {
    const end = await live(lane, watch, life);
    return { ...end, badTag: end.killed && watch.tagWithoutArtefacts() };
  } finally {
    watch.close();
  }
}

/**
 * Kills the phase's command at each remaining boundary once. In one copy of the fleet a process dies at every boundary
 * that is still wanted, each successor at the next one; what a resumed run never passes again (an effect that it finds
 * done) is left for the next copy.
 */
async function crashPhase(
  lane: Lane,
  phase: Phase,
  remaining: Set<string>,
  tally: Tally,
  progress: (text: string) => void,
): Promise<void> {
  let fruitless = 0;
  for (let round = 0; remaining.size > 0; round += 1) {
    const before = remaining.size;
    await lane.restore(phase.from);
    const deaths: string[] = [];
    const dieAt = (boundary: string) => {
      if (deaths.length >= DEATHS_PER_CASE || !remaining.delete(boundary)) return false;
      deaths.push(boundary);
      return true;
    };
    // By turns, so that each kind of death meets each kind of boundary over the rounds.
    const scopeOf = (): Scope => ((deaths.length + round) % 2 === 0 ? "tree" : "program");
    const problem = await untilDone(lane, phase.name, () => ({ dieAt, scope: scopeOf() }), tally, progress);
    await conclude(lane, phase.wanted, `${phase.name} killed at ${deaths.join("; ")}`, problem, tally, progress);
    tally.killedAt += deaths.length;
    progress(`${phase.name}: ${deaths.length} deaths in one fleet, ${remaining.size} boundaries left`);
    fruitless = remaining.size === before ? fruitless + 1 : 0;
    if (fruitless === FRUITLESS_ROUNDS) {
      for (const name of remaining) progress(`never reached: ${phase.name} at ${name}`);
      return;
    }
  }
}

/** The whole loop, each of its commands killed at a random moment. */
async function crashLoop(
  lane: Lane,
  [heal, release]: readonly Phase[],
  random: () => number,
  tally: Tally,
  progress: (text: string) => void,
): Promise<void> {
  if (!heal || !release) throw new Error("a loop has two phases");
  await lane.restore(heal.from);
  const moments: string[] = [];
  let problem: string | undefined;
  for (const { command, spanMs } of [
    { command: "heal", spanMs: 4_000 },
    { command: "run", spanMs: 3_000 },
    { command: "release", spanMs: 12_000 },
  ]) {
    let left = 2;
    problem ??= await untilDone(
      lane,
      command,
      () => {
        left -= 1;
        if (left < 0) return { scope: "tree" };
        const dieAfterMs = Math.round(random() * spanMs);
        const scope: Scope = random() < 0.5 ? "tree" : "program";
        moments.push(`${command} after ${dieAfterMs} ms (${scope})`);
        return { dieAfterMs, scope };
      },
      tally,
      progress,
    );
  }
  await conclude(lane, release.wanted, `loop killed at ${moments.join("; ")}`, problem, tally, progress);
  progress(`loop: ${moments.join("; ")}`);
}

/** Gives the same command again until it succeeds; answers why it never did. */
async function untilDone(
  lane: Lane,
  command: string,
  next: () => { dieAt?: (boundary: string) => boolean; dieAfterMs?: number; scope: Scope },
  tally: Tally,
  progress: (text: string) => void,
): Promise<string | undefined> {
  for (let failures = 0; ; ) {
    const end = await watched(lane, { args: [command], ...next() });
    if (end.killed) tally.kills += 1;
    if (end.badTag) tally.tagsWithoutArtefacts += 1;
    if (end.killed) continue;
    if (end.code === 0) return undefined;
    failures += 1;
    tally.refusedResumes += 1;
    progress(
      `${command} ended with ${end.code}, and is given again: ${end.output.trim().split("\n").slice(-3).join(" / ")}`,
    );
    if (failures > PATIENCE) return `codemonkeys ${command} ended with ${end.code}:\n${end.output}`;
    await settle(lane, 60_000);
  }
}

/** Compares a case's end with the uncrashed one's. */
async function conclude(
  lane: Lane,
  wanted: EndState,
  what: string,
  problem: string | undefined,
  tally: Tally,
  progress: (text: string) => void,
): Promise<void> {
  await settle(lane, 60_000);
  tally.runs += 1;
  const verdict = judge(await endState(lane), wanted);
  tally.duplicates += verdict.duplicates;
  tally.missing += verdict.missing;
  tally.tagsWithoutArtefacts += verdict.tagsWithoutArtefacts;
  const audit = await live(lane, undefined, { args: ["audit", "verify"], scope: "tree" });
  const wrong = [
    ...(problem === undefined ? [] : [problem]),
    ...verdict.different,
    ...(audit.code === 0 ? [] : [`audit verify ended with ${audit.code}: ${audit.output}`]),
  ];
  if (wrong.length === 0) return;
  tally.different += 1;
  progress(`DIFFERENT: ${what}`);
  for (const line of wrong) progress(`  ${line}`);
}
