import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** Packages that could not be had together, or one that could not be had at all, as a failed build told it. */
export interface Conflict {
  readonly ecosystem: string;
  /** The package that was asked for. */
  readonly package: string;
  /** In which range, in the ecosystem's own spelling. */
  readonly requested: string;
  /** The package that it could not be had with; absent when no version of it could be had. */
  readonly against?: {
    readonly package: string;
    /** The range of it that the first package takes. */
    readonly wants?: string | undefined;
    /** The version or range that was there. */
    readonly met?: string | undefined;
  };
}

/** Where and when a conflict was seen. */
export interface SeenConflict {
  readonly company: string;
  readonly product: string;
  readonly occurrence: string;
  readonly commit: string;
  readonly conflict: Conflict;
}

export interface KnownConflict extends SeenConflict {
  /** Milliseconds since the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** What repaired the failing commit, where a heal did. */
  readonly fix?: { readonly commit: string; readonly template?: string };
}

/** Notes a conflict of a product; seen again, its newest commit stands. */
export async function recordConflict(swarm: Swarm, seen: SeenConflict): Promise<Outcome<void>> {
  const { company, product, occurrence, commit, conflict } = seen;
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, company, now);
    const newest = {
      wants: conflict.against?.wants ?? null,
      met: conflict.against?.met ?? null,
      occurrence,
      commit_id: commit,
      last_seen: now,
    };
    await trx
      .insertInto("dependency_conflicts")
      .values({
        company,
        product,
        ecosystem: conflict.ecosystem,
        package: conflict.package,
        requested: conflict.requested,
        against: conflict.against?.package ?? "",
        first_seen: now,
        ...newest,
      })
      .onConflict((clash) =>
        clash.columns(["company", "product", "ecosystem", "package", "requested", "against"]).doUpdateSet(newest),
      )
      .execute();
  });
}

/** All that a company has seen, newest first; other companies' conflicts stay theirs. */
export async function listConflicts(swarm: Swarm, company: string): Promise<Outcome<readonly KnownConflict[]>> {
  return await query(swarm, async (db) => {
    const rows = await db
      .selectFrom("dependency_conflicts as seen")
      .selectAll("seen")
      .where("seen.company", "=", company)
      .orderBy("seen.last_seen", "desc")
      .orderBy("seen.package")
      .orderBy("seen.product")
      .execute();
    const fixes = await db
      .selectFrom("error_occurrences")
      .select(["product", "occurrence", "commit_id", "fix_commit", "fix_template"])
      .where("company", "=", company)
      .where("fix_commit", "is not", null)
      .orderBy("fixed_at")
      .execute();
    const fixOf = new Map(fixes.map((row) => [JSON.stringify([row.product, row.occurrence, row.commit_id]), row]));
    return rows.map((row) => {
      const fix = fixOf.get(JSON.stringify([row.product, row.occurrence, row.commit_id]));
      return {
        company: row.company,
        product: row.product,
        occurrence: row.occurrence,
        commit: row.commit_id,
        conflict: {
          ecosystem: row.ecosystem,
          package: row.package,
          requested: row.requested,
          ...(row.against === ""
            ? {}
            : { against: { package: row.against, wants: row.wants ?? undefined, met: row.met ?? undefined } }),
        },
        firstSeen: row.first_seen,
        lastSeen: row.last_seen,
        ...(fix?.fix_commit
          ? { fix: { commit: fix.fix_commit, ...(fix.fix_template ? { template: fix.fix_template } : {}) } }
          : {}),
      };
    });
  });
}
