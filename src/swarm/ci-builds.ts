import type { BuildRef } from "../core/ci-backend.ts";
import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** A build that this program started in a CI system. */
export interface CiBuild {
  readonly ref: BuildRef;
  readonly company: string;
  readonly product: string;
  readonly cause: string;
  /** Bytes of its log that were shown. */
  readonly logOffset: number;
}

/** Notes a build; one that is known keeps how far its log was shown. */
export async function noteCiBuild(swarm: Swarm, build: Omit<CiBuild, "logOffset">): Promise<Outcome<void>> {
  const { ref, company, product, cause } = build;
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, company, now);
    await trx
      .insertInto("ci_builds")
      .values({
        backend: ref.backend,
        job: ref.job,
        build: ref.id,
        company,
        product,
        url: ref.url ?? null,
        cause,
        log_offset: 0,
        created_at: now,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.columns(["backend", "job", "build"]).doNothing())
      .execute();
  });
}

/** Notes how far a build's log was shown, for a follower that goes on after this one was killed. */
export async function noteLogOffset(swarm: Swarm, ref: BuildRef, offset: number): Promise<Outcome<void>> {
  return await query(swarm, async (db) => {
    await db
      .updateTable("ci_builds")
      .set({ log_offset: offset, updated_at: swarm.clock.now() })
      .where("backend", "=", ref.backend)
      .where("job", "=", ref.job)
      .where("build", "=", ref.id)
      .execute();
  });
}

/** Builds of a product that this program started, newest first. */
export async function listCiBuilds(
  swarm: Swarm,
  of: { readonly company: string; readonly product: string; readonly build?: string | undefined },
): Promise<Outcome<CiBuild[]>> {
  return await query(swarm, async (db) => {
    let rows = db
      .selectFrom("ci_builds")
      .selectAll()
      .where("company", "=", of.company)
      .where("product", "=", of.product);
    if (of.build !== undefined) rows = rows.where("build", "=", of.build);
    const found = await rows.orderBy("created_at", "desc").limit(100).execute();
    return found.map(({ backend, job, build, url, company, product, cause, log_offset }) => ({
      ref: { backend, job, id: build, ...(url === null ? {} : { url }) },
      company,
      product,
      cause,
      logOffset: log_offset,
    }));
  });
}
