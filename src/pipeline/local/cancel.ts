import { getBuild } from "../../swarm/builds.ts";
import type { Swarm } from "../../swarm/open.ts";

const LOOK_EVERY_MS = 1_000;

/** A signal that aborts when the build is cancelled in the database, by whichever process, or with `parent`. */
export function cancelWatch(
  swarm: Swarm,
  build: string,
  parent: AbortSignal,
): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const timer = setInterval(async () => {
    // A look that fails is no event of its own: the next record that is written meets the same database and says why.
    const seen = await getBuild(swarm, build);
    if (seen.ok && seen.value?.state === "cancelled") controller.abort();
  }, LOOK_EVERY_MS);
  timer.unref();
  return { signal: AbortSignal.any([controller.signal, parent]), stop: () => clearInterval(timer) };
}
