import type { Rules } from "../../pipeline/release-rules.ts";
import type { Changes, HistoryCommit } from "./changes.ts";
import type { Transition } from "./history.ts";
import type { ReleaseTag } from "./tags.ts";
import { nextVersion } from "./version.ts";

/** A release that really happened, with the commits it had: what a prediction is made from. */
export interface Replayed {
  readonly transition: Transition;
  /** Since the last stable version, newest first; of a package with its own tags only those that touch it. */
  readonly commits: readonly HistoryCommit[];
  /** Releases before it on those commits: the pre-releases since the last stable version. */
  readonly earlier: readonly ReleaseTag[];
  /** When the tagged commit was made, milliseconds since the epoch. */
  readonly at: number;
}

/** The version the rules give; a pre-release's channel is taken from its tag, since a person chooses it. */
export function predictVersion(
  { transition, earlier, at }: Replayed,
  changes: Changes,
  rules: Rules,
): string | undefined {
  const { tag, previousStable } = transition;
  const channel = tag.version.prerelease[0];
  const before = earlier.map(({ spelling }) => spelling);
  const next = nextVersion(
    {
      lastStable: previousStable?.version,
      existing: [...before, ...(previousStable ? [previousStable.spelling] : [])],
      reached: before,
      level: changes.level,
      channel: typeof channel === "string" ? channel : undefined,
      releaseAs: changes.releaseAs,
      manifest: undefined,
      at,
    },
    rules,
  );
  return next.ok ? next.value?.version : undefined;
}
