import type { Migration } from "./migration.ts";

/** Builds in CI systems and what watching them triggered; what processes share of a service's rate limit and answers. */
export const ci: Migration = {
  name: "0002-ci",
  statements: [
    `create table ci_builds (
      backend text not null check (backend in ('local', 'jenkins', 'github-actions')),
      job text not null,
      build text not null,
      company text not null references companies (name),
      product text not null,
      url text,
      cause text not null,
      log_offset bigint not null,
      created_at bigint not null,
      updated_at bigint not null,
      primary key (backend, job, build)
    )`,
    "create index ci_builds_by_product on ci_builds (company, product, created_at)",
    `create table triggers (
      id text not null primary key,
      company text not null references companies (name),
      product text not null,
      kind text not null check (kind in ('build', 'heal', 'docs', 'release')),
      key text not null,
      source text not null check (source in ('ci', 'git', 'webhook')),
      reason text not null,
      parameters text not null,
      state text not null check (state in ('pending', 'started', 'refused', 'failed')),
      detail text,
      backend text,
      job text,
      build text,
      attempts bigint not null,
      created_at bigint not null,
      updated_at bigint not null,
      unique (company, product, kind, key)
    )`,
    "create index triggers_pending on triggers (created_at) where state = 'pending'",
    `create table rate_limits (
      resource text not null primary key,
      tokens double precision not null,
      blocked_until bigint not null,
      updated_at bigint not null
    )`,
    `create table http_answers (
      account text not null,
      url text not null,
      etag text not null,
      body text not null,
      stored_at bigint not null,
      primary key (account, url)
    )`,
  ],
};
