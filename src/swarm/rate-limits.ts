import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { transact } from "./transact.ts";

/** A bucket that fills at a steady rate; everybody who takes from it names the same numbers. */
export interface Bucket {
  /** What is limited, for instance an account at a service. */
  readonly resource: string;
  readonly capacity: number;
  readonly perSecond: number;
}

/**
 * Takes one token from a bucket that all processes share, and answers for how many milliseconds to wait before using it.
 * A token that is not there yet is lent: the next taker waits behind it, so that the order is kept and nobody polls. When
 * that would be longer than `patienceMs` none is taken: the answer is then only when to ask again.
 */
export async function takeToken(swarm: Swarm, bucket: Bucket, patienceMs = Infinity): Promise<Outcome<number>> {
  return await change(swarm, bucket, (tokens, blockedUntil, now) => {
    const left = tokens - 1;
    const refill = left >= 0 ? 0 : (-left / bucket.perSecond) * 1000;
    const answer = Math.ceil(Math.max(refill, blockedUntil - now, 0));
    return { tokens: answer > patienceMs ? tokens : left, blockedUntil, answer };
  });
}

/** The service said "not before": everybody who takes from the bucket waits until then. Never shortens a block. */
export async function blockBucket(swarm: Swarm, bucket: Bucket, forMs: number): Promise<Outcome<void>> {
  return await change(swarm, bucket, (tokens, blockedUntil, now) => ({
    tokens,
    blockedUntil: Math.max(blockedUntil, now + Math.ceil(forMs)),
    answer: undefined,
  }));
}

async function change<T>(
  swarm: Swarm,
  { resource, capacity, perSecond }: Bucket,
  decide: (tokens: number, blockedUntil: number, now: number) => { tokens: number; blockedUntil: number; answer: T },
): Promise<Outcome<T>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await trx
      .insertInto("rate_limits")
      .values({ resource, tokens: capacity, blocked_until: 0, updated_at: now })
      .onConflict((conflict) => conflict.column("resource").doNothing())
      .execute();
    let select = trx.selectFrom("rate_limits").selectAll().where("resource", "=", resource);
    if (swarm.kind === "postgres") select = select.forUpdate();
    const row = await select.executeTakeFirstOrThrow();
    // Another machine's clock may be ahead: time does not run backwards here.
    const at = Math.max(now, row.updated_at);
    const filled = Math.min(capacity, row.tokens + ((at - row.updated_at) / 1000) * perSecond);
    const { tokens, blockedUntil, answer } = decide(filled, row.blocked_until, at);
    await trx
      .updateTable("rate_limits")
      .set({ tokens, blocked_until: blockedUntil, updated_at: at })
      .where("resource", "=", resource)
      .execute();
    return answer;
  });
}
