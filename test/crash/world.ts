import { EFFECTS, type EffectName } from "./protocol.ts";

/**
 * The world that one run acts on. It is less kind than git and registries are: it refuses no second commit, tag or
 * version, so that each effect done twice stays to be seen.
 */
export interface World {
  readonly done: Record<EffectName, string[]>;
  /** The idempotency key and value of every delivery that arrived. */
  readonly hooks: { readonly key: string; readonly value: string }[];
  ciAsked: number;
  /** How often the work of the build's step was done: a finished step is never done again. */
  built: number;
  /** Deaths and lost answers of this run: after each the build may be done once more, if that was where it happened. */
  interrupted: number;
}

export function createWorld(): World {
  return {
    done: { commit: [], push: [], tag: [], npm: [], pypi: [] },
    hooks: [],
    ciAsked: 0,
    built: 0,
    interrupted: 0,
  };
}

/** What is wrong with a world after its run is done: nothing, when the run might never have crashed. */
export interface Verdict {
  /** Effects and finished steps that were done more than once, and deliveries under a second key. */
  readonly duplicates: number;
  /** Effects and deliveries that never happened. */
  readonly missing: number;
  /** 1 when there is a tag and not both packages, or a package with other bytes than the build's. */
  readonly tagsWithoutArtefacts: number;
}

export function judge(world: World, digest: string): Verdict {
  let duplicates = 0;
  let missing = 0;
  for (const effect of EFFECTS) {
    duplicates += Math.max(0, world.done[effect].length - 1);
    if (world.done[effect].length === 0) missing += 1;
  }
  // Each run is taken up once more without any fault, after its wait for CI.
  duplicates += Math.max(0, world.built - 1 - world.interrupted);
  if (world.built === 0) missing += 1;
  const keys = new Set(world.hooks.map((hook) => hook.key));
  duplicates += Math.max(0, keys.size - 1);
  if (keys.size === 0) missing += 1;
  const whole = world.done.npm[0] === digest && world.done.pypi[0] === digest;
  return { duplicates, missing, tagsWithoutArtefacts: world.done.tag.length > 0 && !whole ? 1 : 0 };
}

/** The end state without what at-least-once leaves open, to compare with that of a run that never crashed. */
export function endState(world: World): string {
  const hooks = [...new Set(world.hooks.map((hook) => hook.value))];
  return JSON.stringify({ ...world.done, hooks });
}
