import type { ApprovalMode, Lifecycle, Priority, ServerState } from "../states.ts";

/** The fleet: companies, their accounts and products, hosts, the machine that acts, and what is paused. `schema.ts` says how columns are written. */

export interface CompaniesTable {
  name: string;
  created_at: number;
}

export interface AccountsTable {
  company: string;
  /** `github`, `npm`, `pypi` … */
  service: string;
  /** How the token is found: the name of an environment variable or of an encrypted secret; never the token. */
  token_reference: string;
  token_kind: "env" | "secret";
  updated_at: number;
}

export interface ProductsTable {
  company: string;
  name: string;
  repository: string;
  github_repo_id: number | null;
  tier: number;
  priority: Priority;
  lifecycle: Lifecycle;
  approval_mode: ApprovalMode;
  /** Failed builds in a row. */
  fail_count: number;
  setup_required: number;
  created_at: number;
  updated_at: number;
}

export interface ServersTable {
  company: string;
  name: string;
  host: string;
  /** JSON list of labels. */
  labels: string;
  state: ServerState;
  detail: string | null;
  updated_at: number;
}

export interface MachinesTable {
  /** From 1: a machine that takes over from another has the next. */
  turn: number;
  /** What stays the same over restarts; empty where the machine has no such thing. */
  machine: string;
  /** The kernel's own number for this start; empty where it has none. */
  boot: string;
  host: string;
  at: number;
}

export interface PausesTable {
  id: string;
  scope: "fleet" | "company" | "product";
  company: string | null;
  product: string | null;
  reason: string;
  paused_by: string;
  paused_at: number;
  resumed_by: string | null;
  resumed_at: number | null;
}
