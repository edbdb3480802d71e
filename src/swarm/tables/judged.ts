import type { ApprovalState } from "../states.ts";

/** Questions that gates asked, the answers to them, and the audit log. `schema.ts` says how columns are written. */

export interface ApprovalsTable {
  id: string;
  company: string;
  product: string | null;
  run_id: string | null;
  action: string;
  plan_hash: string;
  rule: string;
  group_name: string;
  needed: number;
  requester: string;
  reason: string;
  state: ApprovalState;
  until: number;
  created_at: number;
  closed_at: number | null;
}

export interface ApprovalVotesTable {
  approval_id: string;
  person: string;
  answer: "yes" | "no";
  /** Where the vote was taken: `cli`, or the Jenkins build that vouches for it. */
  source: string;
  at: number;
  /** The person's signature of their answer, where the organisation has its people sign. */
  signature: string | null;
}

export interface AuditTable {
  chain: string;
  seq: number;
  previous: string;
  hash: string;
  entry: string;
  at: number;
}
