import { establish } from "../../constitution/probe.ts";
import { canonicalJson } from "../../core/canonical.ts";
import type { Facts } from "../../core/facts.ts";

/** Which part of the traffic a deployment asks for, and by whose word. */
export interface ShareAsked {
  /** From 1; 0 where a version gets all traffic at once. */
  readonly rung: number;
  readonly rungs: number;
  /** Percent. */
  readonly share: number;
  readonly by: "start" | "criteria" | "person";
}

/** A deployment's share of the traffic, as rules see it: read from the ladder that the journal keeps. */
export function shareFacts({ rung, rungs, share, by }: ShareAsked): Facts {
  return establish("canary.ladder", canonicalJson({ rung, rungs, share, by }), {
    "canary.rung": rung,
    "canary.rungs": rungs,
    "canary.share": share,
    "canary.promoted_by": by,
  });
}
