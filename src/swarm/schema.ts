import type { Generated, Selectable } from "kysely";
import type { BuildState } from "../core/ci-backend.ts";

/**
 * The tables as kysely sees them; `migrations/` makes them. One shape for SQLite and PostgreSQL: times are milliseconds
 * since the epoch, truth is 0 or 1, JSON is canonical text, and every product-scoped row has its company.
 */

export const LIFECYCLE = [
  "discovered",
  "draft",
  "estimated",
  "provisioning",
  "initialized",
  "designing",
  "designed",
  "implementing",
  "implemented",
  "verifying",
  "verified",
  "deploying",
  "active",
  "maintenance",
  "missing",
] as const;
export type Lifecycle = (typeof LIFECYCLE)[number];

export const PRIORITIES = ["critical", "high", "medium", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** `auto`: nobody is asked; `checkpoints`: after the spec and before a deploy; `final`: before a deploy. */
export const APPROVAL_MODES = ["auto", "checkpoints", "final"] as const;
export type ApprovalMode = (typeof APPROVAL_MODES)[number];

export const SERVER_STATES = ["discovered", "provisioning", "ready", "error"] as const;
export type ServerState = (typeof SERVER_STATES)[number];

export const RUN_STATUSES = ["running", "waiting", "succeeded", "failed", "abandoned"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TRIGGERS = ["person", "ci", "cron", "webhook", "rollout"] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const WAITS = ["ci", "approval", "registry", "time"] as const;
export type WaitFor = (typeof WAITS)[number];

export const APPROVAL_STATES = ["open", "granted", "denied", "void", "expired"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export interface MigrationsTable {
  name: string;
  checksum: string;
  applied_at: number;
}

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

export type StepKind = "step" | "effect" | "delivery" | "wait";

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

export type TemplateSource = "builtin" | "learned" | "search" | "model" | "person";

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

export interface StageTimingsTable {
  id: string;
  company: string;
  product: string;
  stage: string;
  commit_id: string;
  state: "passed" | "unstable" | "failed" | "cancelled";
  duration_ms: number;
  at: number;
}

export interface BuildsTable {
  id: string;
  company: string;
  product: string;
  job: string;
  number: number;
  commit_id: string | null;
  branch: string | null;
  cause: string;
  /** JSON object of strings. */
  parameters: string;
  state: BuildState;
  /** JSON list of `{name, state, durationMs}`. */
  stages: string;
  log_path: string | null;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
}

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

export interface AuditTable {
  chain: string;
  seq: number;
  previous: string;
  hash: string;
  entry: string;
  at: number;
}

export interface CiBuildsTable {
  backend: "local" | "jenkins" | "github-actions";
  job: string;
  build: string;
  company: string;
  product: string;
  url: string | null;
  cause: string;
  /** Bytes of its log that were shown; a follower that was killed goes on here. */
  log_offset: number;
  created_at: number;
  updated_at: number;
}

export interface TriggersTable {
  id: string;
  company: string;
  product: string;
  kind: "build" | "heal" | "docs" | "release";
  /** What happened, so that it triggers once: `payments/main#7`, or a commit. */
  key: string;
  source: "ci" | "git" | "webhook";
  reason: string;
  /** JSON object of strings. */
  parameters: string;
  state: "pending" | "started" | "refused" | "failed";
  detail: string | null;
  backend: string | null;
  job: string | null;
  build: string | null;
  attempts: number;
  created_at: number;
  updated_at: number;
}

export interface RateLimitsTable {
  resource: string;
  /** What was left at `updated_at`; below zero: places in the queue that are taken. */
  tokens: number;
  blocked_until: number;
  updated_at: number;
}

export interface HttpAnswersTable {
  /** Digest of who asks: another account may get another answer. */
  account: string;
  url: string;
  etag: string;
  body: string;
  stored_at: number;
}

export interface SecurityFindingsTable {
  company: string;
  product: string;
  /** The finding's key: id, package and path. */
  finding: string;
  first_seen: number;
  last_seen: number;
  /** When a complete scan did not find it any more. */
  gone_at: number | null;
}

export interface DependencyConflictsTable {
  company: string;
  product: string;
  ecosystem: string;
  package: string;
  /** The range in which the package was asked for. */
  requested: string;
  /** The package that it could not be had with; empty when it could not be had at all. */
  against: string;
  /** The range of `against` that the package takes. */
  wants: string | null;
  /** The version or range of `against` that was there. */
  met: string | null;
  occurrence: string;
  /** The commit that failed last. */
  commit_id: string;
  first_seen: number;
  last_seen: number;
}

export interface Schema {
  swarm_migrations: MigrationsTable;
  companies: CompaniesTable;
  accounts: AccountsTable;
  products: ProductsTable;
  servers: ServersTable;
  runs: RunsTable;
  run_steps: RunStepsTable;
  leases: LeasesTable;
  outbox: OutboxTable;
  error_patterns: ErrorPatternsTable;
  error_occurrences: ErrorOccurrencesTable;
  templates: TemplatesTable;
  template_outcomes: TemplateOutcomesTable;
  stage_timings: StageTimingsTable;
  builds: BuildsTable;
  approvals: ApprovalsTable;
  approval_votes: ApprovalVotesTable;
  pauses: PausesTable;
  machines: MachinesTable;
  model_calls: ModelCallsTable;
  audit: AuditTable;
  ci_builds: CiBuildsTable;
  triggers: TriggersTable;
  rate_limits: RateLimitsTable;
  http_answers: HttpAnswersTable;
  security_findings: SecurityFindingsTable;
  dependency_conflicts: DependencyConflictsTable;
}
