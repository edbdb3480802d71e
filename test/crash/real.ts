import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { harbourCargo } from "../../demo/products/harbour-cargo.ts";
import { harbourTides } from "../../demo/products/harbour-tides.ts";
import { randomFrom } from "./plan.ts";
import { crashLoop, crashPhase, NOTHING, type Tally } from "./real/cases.ts";
import { openLane } from "./real/lane.ts";
import { endAllIn, settle } from "./real/life.ts";
import { uncrashed } from "./real/uncrashed.ts";

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
  /** Files that hold a registry's token after it all. */
  readonly secretsLeft: number;
  /** Commands that ended unsuccessfully although nobody killed them, and had to be given once more. */
  readonly refusedResumes: number;
  /** Processes that were still there after all was done. */
  readonly leftovers: number;
  readonly seconds: number;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const PRODUCTS = [harbourTides, harbourCargo];

/**
 * Tier two: the real loop over real git, npm registry, Python index and playbooks, its process killed at every boundary
 * once, and at random moments; the same command is then given again until it succeeds, and what is left is compared with
 * a run that never crashed. Both products have a lane each, side by side.
 */
export async function crashReal(options: RealOptions): Promise<{ summary: RealSummary; ok: boolean }> {
  const startedAt = performance.now();
  const root = await mkdtemp(join(tmpdir(), "codemonkeys-crash-real-"));
  const interrupt = async () => {
    endAllIn(root);
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
    process.exit(130);
  };
  for (const signal of SIGNALS) process.once(signal, interrupt);
  try {
    const program = await copyOfProgram(root);
    const lanes = await Promise.allSettled(
      PRODUCTS.map((product) => {
        const progress = (text: string) => options.progress(`${product.name}: ${text}`);
        return inLane(join(root, product.name), program, product, { ...options, progress });
      }),
    );
    const tallies = lanes.map((lane) => {
      if (lane.status === "rejected") throw lane.reason;
      return lane.value;
    });
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
      secretsLeft: sum("secretsLeft"),
      refusedResumes: sum("refusedResumes"),
      leftovers: sum("leftovers"),
      seconds: Math.round((performance.now() - startedAt) / 1000),
    };
    const { duplicates, missing, tagsWithoutArtefacts, different, secretsLeft, leftovers } = summary;
    const wrong = duplicates + missing + tagsWithoutArtefacts + different + secretsLeft + leftovers;
    return { summary, ok: wrong === 0 && summary.killedAt === sum("wanted") && summary.kills > 0 };
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
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

async function inLane(
  root: string,
  program: string,
  product: (typeof PRODUCTS)[number],
  options: RealOptions,
): Promise<Tally> {
  const lane = await openLane(root, program, product);
  const tally: Tally = { ...NOTHING };
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
