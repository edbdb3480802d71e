import type { Outcome, SourcePlace } from "../core/diagnostic.ts";
import type { AuditDraft, AuditEntry, ChainEnd } from "./audit-chain.ts";

/** A stored line and where it lies. */
export interface StoredLine {
  readonly text: string;
  readonly place: SourcePlace;
  /** The log ends in this line and its end is missing: a write that a crash or a full disk cut off. */
  readonly torn: boolean;
  /** What the store found wrong with it besides its text. */
  readonly damage?: string;
}

/** What holds the chain: a folder of segments, or a table. */
export interface AuditStore {
  /** The folder or database, for messages. */
  readonly place: string;
  /**
   * Appends the entry that `make` gives for the chain's end. Nobody else appends meanwhile; the entry is safe on disk
   * when it returns. `make` may be called again when another writer came first.
   */
  append(make: (end: ChainEnd, at: string) => AuditEntry): Promise<Outcome<AuditEntry>>;
  /** All lines from the oldest kept on. */
  lines(): AsyncIterable<StoredLine>;
  /**
   * Drops what was logged before a time, oldest first, in whole segments. `record` is appended before anything goes, so
   * that the gap at the chain's beginning is accounted for.
   */
  prune(
    before: string,
    record: (dropped: { readonly through: ChainEnd; readonly entries: number }) => AuditDraft,
  ): Promise<Outcome<{ readonly entries: number }>>;
}
