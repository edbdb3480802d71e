import type { Migration } from "./migration.ts";

/** Which packages could not be had together, or not at all, and where: what warns products that ask for the same. */
export const dependencyConflicts: Migration = {
  name: "0006-dependency-conflicts",
  statements: [
    `create table dependency_conflicts (
      company text not null references companies (name),
      product text not null,
      ecosystem text not null,
      package text not null,
      requested text not null,
      against text not null,
      wants text,
      met text,
      occurrence text not null,
      commit_id text not null,
      first_seen bigint not null,
      last_seen bigint not null,
      primary key (company, product, ecosystem, package, requested, against)
    )`,
  ],
};
