import { setTimeout as sleep } from "node:timers/promises";

/** Waits so many milliseconds; an abort ends the wait at once, and whoever waits then looks at the signal. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) throw error;
  }
}
