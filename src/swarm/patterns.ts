import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** One failure of one build. `occurrence` and `pattern` are the fingerprints that Heal's reader makes. */
export interface Occurrence {
  readonly company: string;
  readonly product: string;
  readonly occurrence: string;
  readonly pattern: string;
  readonly category: string;
  readonly tool: string;
  readonly commit: string;
  readonly stage: string;
}

/** What a company has seen of a pattern. Times are milliseconds since the epoch. */
export interface PatternHistory {
  /** Distinct failures: the same one read twice counts once. */
  readonly seen: number;
  /** Distinct products it was seen in. */
  readonly products: number;
  readonly fixed: number;
  readonly firstSeen: number | undefined;
  readonly lastSeen: number | undefined;
  /** The template of the newest fix that used one. */
  readonly lastTemplate?: string;
}

/** Notes a failure. The same failure of the same commit and stage, noted again by a resumed run, changes nothing. */
export async function recordOccurrence(swarm: Swarm, seen: Occurrence): Promise<Outcome<void>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, seen.company, now);
    await trx
      .insertInto("error_patterns")
      .values({
        company: seen.company,
        pattern: seen.pattern,
        category: seen.category,
        tool: seen.tool,
        first_seen: now,
        last_seen: now,
      })
      .onConflict((conflict) => conflict.columns(["company", "pattern"]).doUpdateSet({ last_seen: now }))
      .execute();
    await trx
      .insertInto("error_occurrences")
      .values({
        company: seen.company,
        product: seen.product,
        occurrence: seen.occurrence,
        commit_id: seen.commit,
        stage: seen.stage,
        pattern: seen.pattern,
        seen_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

/** Notes what fixed an occurrence, in every commit and stage where it was seen unfixed; answers how many those were. */
export async function markFixed(
  swarm: Swarm,
  fix: {
    readonly company: string;
    readonly product: string;
    readonly occurrence: string;
    /** The commit that holds the fix. */
    readonly commit: string;
    readonly run: string;
    readonly template?: string | undefined;
  },
): Promise<Outcome<number>> {
  return await query(swarm, async (db) => {
    const changed = await db
      .updateTable("error_occurrences")
      .set({
        fixed_at: swarm.clock.now(),
        fix_commit: fix.commit,
        fix_run: fix.run,
        fix_template: fix.template ?? null,
      })
      .where("company", "=", fix.company)
      .where("product", "=", fix.product)
      .where("occurrence", "=", fix.occurrence)
      .where("fixed_at", "is", null)
      .executeTakeFirst();
    return Number(changed.numUpdatedRows);
  });
}

/** What this company knows of a pattern; other companies' failures are not in it. */
export async function patternHistory(
  swarm: Swarm,
  of: { readonly company: string; readonly pattern: string },
): Promise<Outcome<PatternHistory>> {
  return await query(swarm, async (db) => {
    const rows = db.selectFrom("error_occurrences").where("company", "=", of.company).where("pattern", "=", of.pattern);
    const counts = await rows
      .select((row) => [
        row.fn.countAll<number>().as("seen"),
        row.fn.count<number>("product").distinct().as("products"),
        row.fn.count<number>("fixed_at").as("fixed"),
        row.fn.min<number | null>("seen_at").as("first"),
        row.fn.max<number | null>("seen_at").as("last"),
      ])
      .executeTakeFirstOrThrow();
    const newest = await rows
      .select("fix_template")
      .where("fix_template", "is not", null)
      .orderBy("fixed_at", "desc")
      .limit(1)
      .executeTakeFirst();
    return {
      seen: counts.seen,
      products: counts.products,
      fixed: counts.fixed,
      firstSeen: counts.first ?? undefined,
      lastSeen: counts.last ?? undefined,
      ...(newest?.fix_template ? { lastTemplate: newest.fix_template } : {}),
    };
  });
}
