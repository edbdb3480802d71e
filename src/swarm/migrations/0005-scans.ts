import type { Migration } from "./migration.ts";

/** What scans found in a product, and since when: what is new since the last release is told first. */
export const scans: Migration = {
  name: "0005-scans",
  statements: [
    `create table security_findings (
      company text not null references companies (name),
      product text not null,
      finding text not null,
      first_seen bigint not null,
      last_seen bigint not null,
      gone_at bigint,
      primary key (company, product, finding)
    )`,
  ],
};
