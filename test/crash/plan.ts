import { EFFECTS, type Request } from "./protocol.ts";

/** How one run is crashed: the process dies here first, and perhaps once more after it was resumed. */
export type Death =
  /** The program kills itself at a boundary of its own: around each transaction and each call of the journal. */
  | { readonly by: "boundary"; readonly at: number }
  /** The world kills it when a request arrives: before it is carried out, or after and before the answer. */
  | { readonly by: "world"; readonly request: number; readonly when: "before" | "after" }
  /** At any moment, wherever that is. */
  | { readonly by: "time"; readonly ms: number };

/** What happens to an answer of the world. */
export type Fault = "none" | "request lost" | "reply lost" | "reply twice";

export interface RunPlan {
  readonly deaths: readonly Death[];
  fault(): Fault;
  readonly skewMs: number;
  readonly jump: { readonly at: number; readonly byMs: number } | undefined;
}

const HOUR = 3_600_000;
const JUMPS = [-365 * 24 * HOUR, -24 * HOUR, -HOUR, -60_000, 60_000, HOUR, 24 * HOUR, 365 * 24 * HOUR];

/** Requests that a run makes when nothing goes wrong: the build, a look, an act and a look for each effect, CI, the hook. */
export const REQUESTS = EFFECTS.length * 3 + 3;

/** mulberry32: a small seeded generator, so that a failing plan can be played again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * The plan of run `run`: of ten runs seven die at a boundary and two at a request, both enumerated one after the other
 * so that each place has its turn, and one dies at a random moment. Every fifth run dies a second time.
 */
export function planRun(run: number, boundaries: number, seed: number): RunPlan {
  const random = randomFrom(seed * 1_000_003 + run);
  const below = (limit: number) => Math.floor(random() * limit);
  const round = Math.floor(run / 10);
  const place = run % 10;
  const first: Death =
    place < 7
      ? { by: "boundary", at: (round * 7 + place) % boundaries }
      : place < 9
        ? worldDeath(round * 2 + (place - 7))
        : { by: "time", ms: random() * 25 };
  const again: Death[] = random() < 0.2 ? [{ by: "boundary", at: below(boundaries) }] : [];
  return {
    deaths: [first, ...again],
    fault() {
      const draw = random();
      return draw < 0.06 ? "reply lost" : draw < 0.09 ? "request lost" : draw < 0.14 ? "reply twice" : "none";
    },
    skewMs: random() < 0.5 ? 0 : (JUMPS[below(JUMPS.length)] ?? 0),
    jump: random() < 0.3 ? { at: below(boundaries), byMs: JUMPS[below(JUMPS.length)] ?? 0 } : undefined,
  };
}

function worldDeath(index: number): Death {
  return { by: "world", request: Math.floor(index / 2) % REQUESTS, when: index % 2 === 0 ? "before" : "after" };
}

/** Requests that count as the run's own; the others are between the program and its driver. */
export function isOwn(request: Request): request is Exclude<Request, { op: "next" | "done" }> {
  return request.op !== "next" && request.op !== "done";
}
