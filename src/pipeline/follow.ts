import type { BuildRef, BuildState, BuildStatus, CiBackend } from "../core/ci-backend.ts";
import { fail, type Outcome, problem } from "../core/diagnostic.ts";
import { pause } from "../core/pause.ts";

const OVER: readonly BuildState[] = ["passed", "unstable", "failed", "cancelled"];

export function isOver(state: BuildState): boolean {
  return OVER.includes(state);
}

export interface PollOptions {
  readonly pollMs: number;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks a build's state until it has ended. Stopping to wait, by time or by the user, leaves the build alone. */
export async function pollRunStatus(
  backend: CiBackend,
  ref: BuildRef,
  { pollMs, timeoutMs, signal }: PollOptions,
): Promise<Outcome<BuildStatus>> {
  const until = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  for (;;) {
    const status = await backend.status(ref);
    if (!status.ok || isOver(status.value.state)) return status;
    if (signal?.aborted || performance.now() + pollMs > until) return stillRuns(ref, status.value.state);
    await pause(pollMs, signal);
  }
}

/**
 * Hands out a build's log line by line as it comes, from an offset on, until the build has ended; with `once` only what
 * there is now. `shown` is told up to which byte whole lines were handed out: a follower that begins there repeats nothing
 * that this one finished.
 */
export async function followBuild(
  backend: CiBackend,
  ref: BuildRef,
  options: PollOptions & {
    readonly offset: number;
    readonly line: (text: string) => void;
    readonly shown?: (offset: number) => Promise<Outcome<void>>;
    readonly once?: boolean;
  },
): Promise<Outcome<BuildStatus>> {
  const { pollMs, timeoutMs, signal } = options;
  const until = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  let offset = options.offset;
  let rest = "";
  for (;;) {
    const read = await backend.log(ref, offset);
    if (!read.ok) return read;
    const { text, next, more } = read.value;
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) options.line(line.replace(/\r$/, ""));
    offset = next;
    const over = !more || (options.once === true && text === "");
    if (over && rest !== "") {
      options.line(rest);
      rest = "";
    }
    if (text !== "" && options.shown) {
      const noted = await options.shown(offset - Buffer.byteLength(rest));
      if (!noted.ok) return noted;
    }
    if (over && options.once) return await backend.status(ref);
    // A log may end a moment before the build has its result.
    if (!more) return await pollRunStatus(backend, ref, { pollMs, timeoutMs: until - performance.now(), signal });
    if (signal?.aborted || performance.now() + pollMs > until) return stillRuns(ref, "running");
    if (text === "") await pause(pollMs, signal);
  }
}

function stillRuns(ref: BuildRef, state: BuildState): Outcome<never> {
  return fail(
    problem(
      "infrastructure",
      "ci.still_running",
      `build ${ref.id} of ${ref.job} is ${state}; it goes on without being watched`,
      {
        next: "the same command goes on following it; codemonkeys build PRODUCT --cancel BUILD stops it",
      },
    ),
  );
}
