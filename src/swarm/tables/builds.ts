import type { BuildState } from "../../core/ci-backend.ts";

/** Builds here and in CI, what started them, how long they took, and what was found in them. `schema.ts` says how columns are written. */

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
