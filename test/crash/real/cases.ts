import { runProcess } from "../../../src/core/process.ts";
import type { Lane } from "./lane.ts";
import { type Life, live, type Scope, settle } from "./life.ts";
import { type EndState, endState, judge } from "./state.ts";
import { type Phase, watched } from "./uncrashed.ts";

/** What is counted over the cases of a lane. */
export const NOTHING = {
  boundaries: 0,
  /** Boundaries that were to be killed at, and those that were. */
  wanted: 0,
  killedAt: 0,
  runs: 0,
  kills: 0,
  duplicates: 0,
  missing: 0,
  tagsWithoutArtefacts: 0,
  different: 0,
  secretsLeft: 0,
  refusedResumes: 0,
  leftovers: 0,
};
export type Tally = { -readonly [key in keyof typeof NOTHING]: number };

/** How one attempt at a command is to die, if at all. */
type Fate = Omit<Life, "args">;

/** Deaths that one copy of the fleet bears before the next one is taken. */
const DEATHS_PER_CASE = 60;
/** Two writes may follow each other faster than a loaded machine looks: a boundary gets this many more chances. */
const FRUITLESS_ROUNDS = 3;
/** How often a command may end unsuccessfully without having been killed: what lived on may still be in its way. */
const PATIENCE = 3;

/**
 * Kills the phase's command at each remaining boundary once. In one copy of the fleet a process dies at every boundary
 * that is still wanted, each successor at the next one; what a resumed run never passes again (an effect that it finds
 * done) is left for the next copy.
 */
export async function crashPhase(
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
export async function crashLoop(
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
  next: () => Fate,
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
  const secrets = await secretsLeft(lane);
  tally.secretsLeft += secrets.length;
  for (const file of secrets) progress(`a token was left in ${file}`);
  if (wrong.length === 0) return;
  tally.different += 1;
  progress(`DIFFERENT: ${what}`);
  for (const line of wrong) progress(`  ${line}`);
}

/** Files that hold a token after it all, in the fleet and in what killed processes left in the temporary folder. */
async function secretsLeft(lane: Lane): Promise<string[]> {
  const found = await runProcess("grep", ["-rlFf", "-", "fleet/state", "fleet/products", "fleet/remotes", "tmp"], {
    cwd: lane.root,
    input: `${lane.tokens.join("\n")}\n`,
    timeoutMs: 60_000,
  });
  if (found.exitCode !== 0 && found.exitCode !== 1) throw new Error(`grep: ${found.stderr || found.startError}`);
  return found.stdout.split("\n").filter((line) => line !== "");
}
