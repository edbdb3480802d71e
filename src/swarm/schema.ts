import type {
  BuildsTable,
  CiBuildsTable,
  DependencyConflictsTable,
  SecurityFindingsTable,
  StageTimingsTable,
  TriggersTable,
} from "./tables/builds.ts";
import type {
  AccountsTable,
  CompaniesTable,
  MachinesTable,
  PausesTable,
  ProductsTable,
  ServersTable,
} from "./tables/fleet.ts";
import type { HttpAnswersTable, RateLimitsTable } from "./tables/http.ts";
import type { LeasesTable, OutboxTable, RunStepsTable, RunsTable } from "./tables/journal.ts";
import type { ApprovalsTable, ApprovalVotesTable, AuditTable } from "./tables/judged.ts";
import type {
  ErrorOccurrencesTable,
  ErrorPatternsTable,
  ModelCallsTable,
  TemplateOutcomesTable,
  TemplatesTable,
} from "./tables/learned.ts";

/**
 * The tables as kysely sees them, by what they are for in `tables/`; `migrations/` makes them. One shape for SQLite and
 * PostgreSQL: times are milliseconds since the epoch, truth is 0 or 1, JSON is canonical text, and every product-scoped
 * row has its company.
 */
export interface MigrationsTable {
  name: string;
  checksum: string;
  applied_at: number;
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
