import type { Generated, Selectable } from "kysely";
import type { RunStatus, Trigger, WaitFor } from "../states.ts";

/** The journal: runs, their steps, who drives them, and deliveries that are still to be made. `schema.ts` says how columns are written. */

export type StepKind = "step" | "effect" | "delivery" | "wait";

export interface RunsTable {
  id: string;
  company: string;
  product: string | null;
  kind: string;
  /** The business key: `payments@1.5.0`. At most one unfinished run has it. */
  key: string;
  title: string;
  requester: string;
  trigger: Trigger;
  status: RunStatus;
  waiting_for: WaitFor | null;
  waiting_key: string | null;
  waiting_until: number | null;
  waiting_detail: string | null;
  /** When the event it waited for came. */
  advanced_at: number | null;
  /** When the wait it is in began. */
  waiting_since: number | null;
  /** What its earlier waits took together. */
  waited_ms: Generated<number>;
  /** How often a process has taken it up. */
  attempts: number;
  /** Working time by the monotonic clock, waits not counted. */
  duration_ms: number;
  /** Money spent on it (models), in the currency of the constitution's budget. */
  cost: number;
  evidence: string | null;
  created_at: number;
  updated_at: number;
  finished_at: number | null;
}

export type RunsRow = Selectable<RunsTable>;

export interface RunStepsTable {
  run_id: string;
  name: string;
  kind: StepKind;
  seq: number;
  state: "started" | "done";
  /** Canonical JSON; null stands for no value. */
  value: string | null;
  /** Idempotency key of a delivery. */
  delivery_key: string | null;
  attempts: number;
  started_at: number;
  finished_at: number | null;
  duration_ms: number | null;
  /** Fence of the lease under which the row was last written. */
  fence: number;
}

export interface LeasesTable {
  resource: string;
  /** Grows by one each time the lease changes hands; a write under an older one is refused. */
  fence: number;
  /** Random name of the holder; empty when nobody holds it. */
  holder: string;
  host: string;
  pid: number;
  process_start: string;
  /** Counts up while the holder lives; what a contender watches when clocks cannot be trusted. */
  beat: number;
  ttl_ms: number;
  expires_at: number;
}

export interface OutboxTable {
  id: string;
  company: string;
  product: string | null;
  topic: string;
  key: string;
  payload: string;
  state: "pending" | "delivered" | "dead";
  attempts: number;
  next_at: number;
  last_error: string | null;
  created_at: number;
  finished_at: number | null;
}
