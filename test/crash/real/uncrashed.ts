import { join } from "node:path";
import { commitAndPush } from "../../../demo/layout.ts";
import { type Lane, pushGenerated } from "./lane.ts";
import { type End, type Life, live } from "./life.ts";
import { type EndState, endState } from "./state.ts";
import { watchLane } from "./watch.ts";

/** One command of the loop, with the state that it starts from and what it leaves when nothing goes wrong. */
export interface Phase {
  readonly name: "heal" | "release";
  readonly from: string;
  readonly boundaries: readonly string[];
  readonly wanted: EndState;
}

/** The loop without a crash: its states are kept, its boundaries noted, its ends are what every other run must reach. */
export async function uncrashed(lane: Lane): Promise<Phase[]> {
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
export async function watched(lane: Lane, life: Life): Promise<End & { readonly badTag: boolean }> {
  const watch = watchLane(lane);
  try {
    const end = await live(lane, watch, life);
    return { ...end, badTag: end.killed && watch.tagWithoutArtefacts() };
  } finally {
    watch.close();
  }
}
