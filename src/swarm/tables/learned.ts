/** What healing has learned, and what models were asked. `schema.ts` says how columns are written. */

export type TemplateSource = "builtin" | "learned" | "search" | "model" | "person";

export interface ErrorPatternsTable {
  company: string;
  pattern: string;
  category: string;
  tool: string;
  first_seen: number;
  last_seen: number;
}

export interface ErrorOccurrencesTable {
  company: string;
  product: string;
  occurrence: string;
  commit_id: string;
  stage: string;
  pattern: string;
  seen_at: number;
  fixed_at: number | null;
  fix_commit: string | null;
  fix_run: string | null;
  fix_template: string | null;
}

export interface TemplatesTable {
  id: string;
  company: string;
  pattern: string;
  ecosystem: string;
  /** Canonical JSON of the structured edit. */
  edit: string;
  /** What other companies see of it once it is shared: without source literals and log text. */
  shared_edit: string | null;
  source: TemplateSource;
  learned_product: string | null;
  learned_commit: string | null;
  learned_run: string | null;
  created_at: number;
  revoked_at: number | null;
  revoked_because: string | null;
}

export interface TemplateOutcomesTable {
  template_id: string;
  /** Names the use: a run's id, else random. */
  use_id: string;
  company: string;
  product: string | null;
  outcome: "worked" | "failed";
  at: number;
  /** Order of outcomes of the same millisecond. */
  seq: number;
}

export interface ModelCallsTable {
  id: string;
  company: string;
  product: string | null;
  run_id: string | null;
  model: string;
  /** What the model counted; until it has, the most that the call may take. */
  tokens: number;
  counted: number;
  at: number;
}
