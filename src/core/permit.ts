import type { ActionName } from "./action.ts";

declare const brand: unique symbol;

/**
 * The right to carry out one action on one target, once, soon. The brand is not exported, so no other room can write a
 * value of this type; and the constitution keeps the permits it issued by identity, so that a cast does not help either:
 * a forged, copied, reused, expired or re-aimed permit is refused when it is redeemed.
 */
export interface Permit<A extends ActionName = ActionName> {
  readonly [brand]: A;
  readonly id: string;
  readonly action: A;
  /** SHA-256 of the canonical JSON of `{action, target}`. */
  readonly targetHash: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
