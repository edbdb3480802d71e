import type { Outcome } from "../core/diagnostic.ts";
import type { EcosystemId } from "./ecosystem.ts";

/** A package that a file asks for. */
export interface Asked {
  readonly ecosystem: EcosystemId;
  readonly name: string;
  /** In the ecosystem's own spelling; the very version in a lock file. */
  readonly range: string;
  /** Relative to the product's root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** A lock file holds it at this version; else a manifest asks for it. */
  readonly locked: boolean;
}

/** Reads what one file asks for of the wanted packages. */
export type AskedReader = (file: string, text: string, wanted: (name: string) => boolean) => Outcome<readonly Asked[]>;
