import { canonicalJson, type Json, sha256 } from "../core/canonical.ts";

/** Whom and what an entry concerns. */
export interface AuditSubject {
  readonly company?: string;
  readonly product?: string;
  /** The journal's run id. */
  readonly run?: string;
  readonly requester?: string;
}

export type AuditKind =
  | "decision"
  | "evidence"
  | `gate.${string}`
  | `effect.${string}`
  | `approval.${string}`
  | `pause.${string}`
  | `canary.${string}`
  | `run.${string}`
  | `state.${string}`
  | `audit.${string}`;

/** What a caller logs; number, time and hashes are the log's. */
export interface AuditDraft extends AuditSubject {
  readonly kind: AuditKind;
  readonly data: Json;
}

/** One line of the log. */
export interface AuditEntry extends AuditDraft {
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 of the canonical JSON of all other members. */
  readonly hash: string;
}

/** The last entry's number and hash. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

export const GENESIS: ChainEnd = { seq: 0, hash: "0".repeat(64) };

/** The entry that follows `end`. */
export function chain(end: ChainEnd, draft: AuditDraft, at: string): AuditEntry {
  const body = { ...draft, seq: end.seq + 1, at, prev: end.hash };
  return { ...body, hash: sha256(canonicalJson(body as unknown as Json)) };
}

/** An entry as it is stored: canonical JSON on one line. */
export function lineOf(entry: AuditEntry): string {
  return canonicalJson(entry as unknown as Json);
}

/** Reads a stored line; a sentence when it is not an entry, or not the one that was written. */
export function readLine(
  line: string,
): { readonly entry: AuditEntry } | { readonly damage: string; readonly seq?: number } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return { damage: "it is not JSON" };
    throw error;
  }
  if (!isEntry(value)) return { damage: "it is not an audit entry" };
  const { hash, ...body } = value;
  if (sha256(canonicalJson(body as unknown as Json)) !== hash) {
    return { damage: "its content does not fit its hash", seq: value.seq };
  }
  if (lineOf(value) !== line) return { damage: "its bytes are not those that were written", seq: value.seq };
  return { entry: value };
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as Record<string, unknown>;
  const texts = [entry.at, entry.kind, entry.prev, entry.hash].every((text) => typeof text === "string");
  return texts && Number.isSafeInteger(entry.seq) && entry.data !== undefined;
}
